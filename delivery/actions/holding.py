"""What an order holds, and the locks under which it takes it and gives it back; what other actions share."""

from collections.abc import Iterable

from django.db.models import Case, F, QuerySet, Sum, When

from accounts.models import User
from certification.models import Caregiver, Patient
from delivery import rules
from delivery.models import DeliveryWindow, Order, OrderLine, Product, StockMovement
from notifications.actions import queue


def take_place(window: DeliveryWindow) -> None:
    """One place of it, in one statement that nobody comes between; the row stays locked. Raises WindowError."""
    while not DeliveryWindow.objects.with_room().filter(pk=window.pk).update(booked=F("booked") + 1):
        rules.check_window_has_room(DeliveryWindow.objects.filter(pk=window.pk).first())


def take_stock(order: Order, lines: list[OrderLine], *, by: User) -> None:
    """The stock of each line; prices and amounts stand from now on."""
    changed = [line for line in lines if not _is_as_it_was(line)]
    for line in changed:
        line.unit_price_cents, line.amount_mg = line.product.price_cents, line.product.amount_mg
    OrderLine.objects.bulk_update(changed, ["unit_price_cents", "amount_mg"])
    _reserve(order, lines, by=by)


def _is_as_it_was(line: OrderLine) -> bool:
    return (line.unit_price_cents, line.amount_mg) == (line.product.price_cents, line.product.amount_mg)


def give_back(order: Order, *, by: User | None) -> None:
    """What the movements say that it took, lot by lot."""
    assert order.window_id
    DeliveryWindow.objects.filter(pk=order.window_id).update(booked=F("booked") - 1)
    held = held_of(order)
    for product, _lot, quantity in held:
        Product.objects.filter(pk=product).update(stock=F("stock") + quantity)
    StockMovement.objects.bulk_create(
        StockMovement(
            product_id=product, lot=lot, kind=StockMovement.Kind.RELEASED, quantity=quantity, order=order, by=by
        )
        for product, lot, quantity in held
    )


def held_of(order: Order) -> list[tuple[int, str, int]]:
    """(product, lot, quantity) of what the order has taken and not given back, by product and lot."""
    summed = order.movements.held().values_list("product", "lot").annotate(moved=Sum("quantity"))
    return sorted((product, lot, -moved) for product, lot, moved in summed if moved < 0)


def _reserve(order: Order, lines: list[OrderLine], *, by: User) -> None:
    lines = sorted(lines, key=lambda line: line.product_id)
    moved = Case(*(When(pk=line.product_id, then=-line.quantity) for line in lines))
    Product.objects.filter(pk__in=[line.product_id for line in lines]).update(stock=F("stock") + moved)
    StockMovement.objects.bulk_create(
        StockMovement(
            product_id=line.product_id, kind=StockMovement.Kind.RESERVED, quantity=-line.quantity, order=order, by=by
        )
        for line in lines
    )


def tell(order: Order, kind: str, *, by: User | None, reason: str = "") -> None:
    """One mail of a kind for each window that the order was in; who called and has no address is told on the phone.

    `reason` is why a day was closed, as orderers read it.
    """
    reader = _reader(order)
    recipient = order.placed_by.email if order.assisted_by_id is None else reader.email
    if not recipient:
        return
    queue(
        kind=kind,
        recipient=recipient,
        context={"order": order.pk} | ({"reason": reason} if reason else {}),
        dedupe_key=f"{kind}:{order.pk}:{order.moves}" if order.moves else f"{kind}:{order.pk}",
        language=reader.language,
        by=by,
    )


def _reader(order: Order) -> Patient | Caregiver:
    """The patient who ordered or called, or else who acts for her."""
    patient = order.patient
    is_hers = patient.user_id == order.placed_by_id or (order.assisted_by_id is not None and patient.email)
    assignment = None if is_hers else patient.current_assignment
    return assignment.caregiver if assignment else patient


def lock_all(orders: QuerySet[Order], *, windows: Iterable[DeliveryWindow] = ()) -> set[int]:
    """Several orders at once, in the order of everybody: the orders, all their windows, all their products.

    `windows` are locked with theirs. Gives the keys of the orders.
    """
    held = list(orders.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", "window"))
    for model, ids in (
        (DeliveryWindow, {window for _order, window in held} | {window.pk for window in windows}),
        (
            Product,
            set(OrderLine.objects.filter(order__in=[pk for pk, _window in held]).values_list("product", flat=True)),
        ),
    ):
        list(model.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    return {pk for pk, _window in held}


def locked(order: Order) -> Order:
    """The order with its patient, window and policy; patient first, as every action of an order locks."""
    Patient.objects.select_for_update(no_key=True).get(orders=order)
    return (
        Order.objects.select_for_update(no_key=True, of=("self",))
        .select_related("window", "policy", "patient", "placed_by")
        .get(pk=order.pk)
    )
