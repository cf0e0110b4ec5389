"""The manifest of a run: what is carried to whom, and what became of it [docs/domain.md#labels]. It is in English."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q, prefetch_related_objects
from django.utils import timezone, translation
from django.utils.formats import date_format

from delivery.models import DoorAttempt, HandOver, HandOverCorrection, Order, Run
from delivery.presenters.run_sheet import Stop, stops_on, with_cards
from delivery.presenters.runs import staff_name
from dispensing import rules
from dispensing.models import DispensedUnit, UnitMove, full_names
from ui.templatetags.portal import clock, money

S, A, P = Order.Status, DoorAttempt.Outcome, DispensedUnit.Place
CARRIED = (S.CONFIRMED, S.PACKED, S.OUT_FOR_DELIVERY, S.DELIVERED, S.RETURNED)
LEFT = frozenset({S.OUT_FOR_DELIVERY, S.DELIVERED, S.RETURNED})


class Outcome(StrEnum):
    """The end of a stop, as the manifest words it; a refused order also comes back."""

    DELIVERED = "Delivered"
    REFUSED = "Refused"
    NOBODY_HOME = "Nobody home"
    ID_FAILED = "ID failed"
    RETURNED = "Returned"


OF_ATTEMPT = {A.NOBODY_HOME: Outcome.NOBODY_HOME, A.ID_DIFFERS: Outcome.ID_FAILED, A.REFUSED: Outcome.REFUSED}


@dataclass(frozen=True)
class Item:
    """A unit that is carried: its serial, or an empty text before it is packed, the product and the amount."""

    serial: str
    product: str
    quantity: str


@dataclass(frozen=True)
class Row:
    """A stop of the manifest. What is not recorded yet is None or empty, and is filled in by hand.

    `place` is the number of its door in the run. Money is in cents; cash includes the tip.
    """

    place: int
    order: str
    certificate: str
    recipient: str
    address: str
    items: tuple[Item, ...]
    due_cents: int
    payment: str
    departed_at: datetime | None
    arrived_at: datetime | None
    is_checked: bool
    photo_id: str
    signature: str
    outcomes: frozenset[Outcome]
    cash_cents: int | None
    debit_cents: int | None
    tip_cents: int | None
    notes: tuple[str, ...]

    @property
    def received_cents(self) -> int | None:
        return None if self.cash_cents is None or self.debit_cents is None else self.cash_cents + self.debit_cents


@dataclass(frozen=True)
class Manifest:
    """The manifest of a run with its number, which is the run's: no other run has it."""

    run: Run
    number: str
    driver: str
    rows: tuple[Row, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every stop has an outcome."""
        return bool(self.rows) and all(row.outcomes for row in self.rows)

    def total(self, name: str) -> int:
        """Return the sum of a column of money, in cents."""
        return sum(getattr(row, name) or 0 for row in self.rows)


@translation.override("en")
def manifest_of(run: Run) -> Manifest:
    """Return the manifest as the portal knows it now. The statements do not grow with its stops."""
    orders = with_cards(run.orders.filter(status__in=CARRIED).order_by("position", "pk"))
    stops = list(stops_on(orders, day=run.window.date))
    made = [stop.hand_over for stop in stops if stop.hand_over]
    prefetch_related_objects(made, "assignment__caregiver", "refused_lines__line__product", "corrections")
    prefetch_related_objects([line for stop in stops for line in stop.lines], "product")
    carried, attempts = _carried(stops), _attempts(stops)
    names = full_names([run.driver_id])
    return Manifest(
        run=run,
        number=str(run),
        driver=names.get(run.driver_id or 0, staff_name(run.driver)),
        rows=tuple(_row(run, stop, carried.get(stop.order.pk, []), attempts.get(stop.order.pk, [])) for stop in stops),
    )


def _carried(stops: Iterable[Stop]) -> dict[int, list[DispensedUnit]]:
    """Return by order id the units that are in its bag, or were when it left."""
    left = UnitMove.objects.filter(unit=OuterRef("pk"), place=P.ROAD)
    of_run = DispensedUnit.objects.filter(order__in=[stop.order.pk for stop in stops])
    found: dict[int, list[DispensedUnit]] = {}
    for unit in of_run.filter(Q(place=P.BAG) | Exists(left)).select_related("product").order_by("serial"):
        found.setdefault(unit.order_id, []).append(unit)
    return found


def _attempts(stops: Iterable[Stop]) -> dict[int, list[DoorAttempt]]:
    """Return by order id when the driver was at the door and kept it, the earliest first."""
    found: dict[int, list[DoorAttempt]] = {}
    rows = DoorAttempt.objects.filter(order__in=[stop.order.pk for stop in stops])
    for attempt in rows.order_by("stated_at", "pk"):
        found.setdefault(attempt.order_id, []).append(attempt)
    return found


def _row(run: Run, stop: Stop, units: Sequence[DispensedUnit], attempts: Sequence[DoorAttempt]) -> Row:
    order, made = stop.order, stop.hand_over
    last = attempts[-1] if attempts else None
    arrived_at = made.stated_at if made else last.stated_at if last else None
    return Row(
        place=stop.place,
        order=str(order.number),
        certificate=order.patient.number,
        recipient=_receiver(made, order) if made else _receivers(stop),
        address=f"{order.street_address}, {order.town}",
        items=tuple(map(_item, units))
        or tuple(Item("", line.product.full_name, f"× {line.quantity}") for line in stop.lines),
        due_cents=made.amount_due_cents if made else order.subtotal_cents,
        payment=order.get_payment_method_display(),
        departed_at=run.opened_at if order.status in LEFT else None,
        arrived_at=arrived_at,
        is_checked=made is not None,
        photo_id=_photo_id(made) if made else "",
        signature=_signature(made) if made else "",
        outcomes=_outcomes(order, made, last),
        cash_cents=made.cash_cents if made else None,
        debit_cents=made.debit_cents if made else None,
        tip_cents=made.tip_cents if made else None,
        notes=tuple(_notes(order, made, attempts)),
    )


def _item(unit: DispensedUnit) -> Item:
    return Item(str(unit), unit.product.full_name, rules.quantity_in_words(unit.quantity, unit.unit_code))


def _receiver(made: HandOver, order: Order) -> str:
    """Return who took the order."""
    if made.assignment:
        return f"{made.assignment.caregiver.name}, caregiver of {order.patient.name}"
    return f"{order.patient.name}, patient"


def _receivers(stop: Stop) -> str:
    """Return who may take the order."""
    patient = stop.order.patient.name
    found = [
        f"{each.name}, {'patient' if each.value == HandOver.ReceivedBy.PATIENT else f'caregiver of {patient}'}"
        for each in stop.receivers
    ]
    return " or ".join(found) or f"{patient}, patient"


def _photo_id(made: HandOver) -> str:
    return " ".join(part for part in (made.id_state, made.get_photo_id_kind_display()) if part)


def _signature(made: HandOver) -> str:
    words = {
        HandOver.Signed.DRAWN: "On the screen",
        HandOver.Signed.TYPED: "Typed name",
        HandOver.Signed.PAPER: "On paper",
    }
    return words.get(HandOver.Signed(made.signed), "") if made.signed else ""


def _outcomes(order: Order, made: HandOver | None, last: DoorAttempt | None) -> frozenset[Outcome]:
    """Return what became of the order; nothing while the driver may still try again."""
    if made:
        return frozenset({Outcome.DELIVERED})
    if order.status != S.RETURNED:
        return frozenset()
    at_door = {OF_ATTEMPT[A(last.outcome)]} if last and A(last.outcome) in OF_ATTEMPT else set()
    return frozenset({*at_door, Outcome.RETURNED})


def _notes(order: Order, made: HandOver | None, attempts: Sequence[DoorAttempt]) -> Iterable[str]:
    """Yield what the columns do not say: earlier tries, what was refused, corrected, typed in and taken in."""
    for attempt in attempts:
        again = "" if attempt.comes_back else ", tried again"
        yield f"{clock(attempt.stated_at)}: {attempt.get_outcome_display()}{again}"
    if made:
        for refused in made.refused_lines.all():
            yield f"Refused and brought back: {refused.quantity} × {refused.line.product.full_name}"
        if made.typed_by_id:
            yield f"Typed in from paper, {_day_and_time(made.recorded_at)}"
        for correction in made.corrections.all():
            yield _corrected(correction)
    if order.taken_in_at:
        yield f"Taken in {_day_and_time(order.taken_in_at)}"


def _corrected(row: HandOverCorrection) -> str:
    paid = f", {money(row.cents)} given back" if row.cents else ""
    kind = "exchanged" if row.kind == HandOverCorrection.Kind.EXCHANGE else "refunded"
    return f"Corrected {date_format(row.paid_date, 'M j, Y')}: {row.quantity} {kind}{paid}"


def _day_and_time(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{date_format(local, 'M j, Y')}, {clock(local)}"
