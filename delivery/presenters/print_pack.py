"""What the print pack of a window says: what to pick, the bags, the stops of each run, and whom to call."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from certification.models import Patient
from delivery import rules
from delivery.models import DeliveryWindow, Order, OrderLine, Product, Run, Shortage
from delivery.presenters.run_sheet import OrderWithCard, Stop, stops_on, with_cards
from delivery.presenters.runs import staff_name
from delivery.writes.holds import held_of_many

S = Order.Status


@dataclass(frozen=True)
class Pick:
    """How many items of a product are taken from a lot; an empty lot is for orders that no pharmacist confirmed yet."""

    product: Product
    lot: str
    quantity: int


@dataclass(frozen=True)
class BagLine:
    """A line of an order with its lots and their quantities; `waits` is whether the orderer is still asked about it."""

    line: OrderLine
    lots: list[tuple[str, int]]
    waits: bool


@dataclass(frozen=True)
class Bag:
    """An order that is to be packed, or is packed, and where it stands in its run."""

    order: Order
    place: int
    lines: list[BagLine]


@dataclass(frozen=True)
class Section:
    """A run with its stops and bags, or with `run` None the orders that nobody drives yet, by ZIP code."""

    run: Run | None
    driver: str
    vehicle: str
    stops: list[Stop]
    bags: list[Bag]

    @property
    def name(self) -> str:
        return self.run.name if self.run else _("Not in a run yet")

    @property
    def due_cents(self) -> int:
        return sum(stop.order.subtotal_cents for stop in self.stops)

    def due_by(self, method: str) -> int:
        """Return the cents that are due from orders whose orderer chose this way to pay."""
        return sum(stop.order.subtotal_cents for stop in self.stops if stop.order.payment_method == method)


@dataclass(frozen=True)
class PrintPack:
    """Everything that the pack of a window prints; orders that are done, cancelled or refused are not in it."""

    window: DeliveryWindow
    picks: list[Pick]
    sections: list[Section]

    @property
    def stops(self) -> list[Stop]:
        return [stop for section in self.sections for stop in section.stops]

    @property
    def patients(self) -> list[Patient]:
        """Return the patients whom the pack names, each once."""
        return list({stop.order.patient_id: stop.order.patient for stop in self.stops}.values())

    def count(self, status: str) -> int:
        return sum(stop.order.status == status for stop in self.stops)


def print_pack(window: DeliveryWindow) -> PrintPack:
    """Return the pack of a window as it is now: its open orders, run by run. The statements do not grow with them."""
    orders = Order.objects.open().filter(window=window).order_by("run__number", "position", "zip_code", "pk")
    runs: dict[int | None, list[OrderWithCard]] = {}
    for each in with_cards(orders):
        runs.setdefault(each.order.run_id, []).append(each)
    alone = {each.order.pk: each for each in runs.pop(None, [])}
    by_door = [alone[order.pk] for stop in rules.stops_of(each.order for each in alone.values()) for order in stop]
    groups = [*runs.values(), *([by_door] if by_door else [])]
    stops = list(stops_on([each for group in groups for each in group], day=window.date))
    bags = _bags([stop.order for stop in stops if stop.order.is_before_departure])
    sections, begin = list[Section](), 0
    for group in groups:
        sections.append(_section(stops[begin : begin + len(group)], bags))
        begin += len(group)
    return PrintPack(window, _picks(bags.values()), sections)


def _section(stops: Sequence[Stop], bags: dict[int, list[BagLine]]) -> Section:
    run, before = stops[0].order.run, stops[0].place - 1  # the doors are numbered over the whole window
    numbered = [replace(stop, place=stop.place - before) for stop in stops]
    return Section(
        run=run,
        driver=staff_name(run.driver) if run else "",
        vehicle=run.vehicle if run else "",
        stops=numbered,
        bags=[Bag(stop.order, stop.place, bags[stop.order.pk]) for stop in numbered if stop.order.pk in bags],
    )


def _bags(orders: Sequence[Order]) -> dict[int, list[BagLine]]:
    """Return the lines of each order by its id, with the lots that the order holds."""
    lots: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for order, product, lot, quantity in held_of_many(orders):
        lots.setdefault((order, product), []).append((lot, quantity))
    asked = set(Shortage.objects.unanswered().filter(order__in=orders).values_list("line", flat=True))
    lines = OrderLine.objects.filter(order__in=orders).select_related("product").order_by("product__form", "pk")
    bags: dict[int, list[BagLine]] = {order.pk: [] for order in orders}
    for line in lines:
        found = lots.get((line.order_id, line.product_id), [])
        bags[line.order_id].append(BagLine(line, found, line.pk in asked))
    return bags


def _picks(bags: Iterable[list[BagLine]]) -> list[Pick]:
    """Return what all bags take together, by form, product and lot."""
    products: dict[int, Product] = {}
    summed = Counter[tuple[int, str]]()
    for bag_line in (bag_line for lines in bags for bag_line in lines):
        product = bag_line.line.product
        products[product.pk] = product
        for lot, quantity in bag_line.lots:
            summed[product.pk, lot] += quantity
    picks = [Pick(products[pk], lot, quantity) for (pk, lot), quantity in summed.items()]
    return sorted(picks, key=lambda pick: (pick.product.form, pick.product.full_name, pick.product.sku, pick.lot))
