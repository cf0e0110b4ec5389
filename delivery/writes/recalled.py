"""What a recall changes in orders and stock. Each write runs inside the caller's transaction, with all rows locked."""

from collections.abc import Collection

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from certification.models import Patient
from delivery import rules
from delivery.models import Lot, Order, OrderLine, Product, Shortage, StockMovement
from delivery.writes.holds import held_of
from delivery.writes.locks import lock_order, lock_orders
from delivery.writes.lots import change_lot_of_items
from delivery.writes.messages import notify_orderer
from delivery.writes.orders import unpack
from delivery.writes.returns import move
from delivery.writes.shortages import answer, count_anew, take_out_missing

K = StockMovement.Kind
REASON = "Recalled"


def lock_for_recall(lots: Collection[Lot]) -> list[Lot]:
    """Lock the open orders with products of the lots, with their patients and products, then the lots; return these.

    Orders that are under way are among them, so that no hand-over goes on beside the recall.
    """
    products = sorted({lot.product_id for lot in lots})
    orders = Order.objects.open().filter(pk__in=OrderLine.objects.filter(product__in=products).values("order"))
    while True:
        patients = Patient.objects.filter(pk__in=orders.values("patient"))
        list(patients.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        held = lock_orders(orders)
        list(Product.objects.select_for_update(no_key=True).filter(pk__in=products).order_by("pk").values_list("pk"))
        if held.issuperset(orders.values_list("pk", flat=True)):
            break
    return list(Lot.objects.select_for_update(no_key=True).filter(pk__in=[lot.pk for lot in lots]).order_by("pk"))


def mark_recalled(lots: Collection[Lot]) -> None:
    """Write that the lots are recalled; a lot that was recalled before keeps its time."""
    now = timezone.now()
    for lot in lots:
        if lot.recalled_at is None:
            lot.recalled_at = now
            lot.save(update_fields=["recalled_at"])


def carry_out_recall(outcomes: Collection[rules.RecallOutcome], *, by: User) -> None:
    """Change the orders as the rule says: packed ones are unpacked, other lots taken, and what no lot has leaves."""
    for outcome in outcomes:
        order = lock_order(outcome.order)
        if order.status == Order.Status.PACKED:
            unpack(order, by=by)
        for lot, quantity in outcome.replaced:
            change_lot_of_items(order, outcome.line.product_id, outcome.lot.number, lot, quantity, by=by)
        if outcome.missing:
            _take_out(outcome, order, by=by)


def _take_out(outcome: rules.RecallOutcome, order: Order, *, by: User) -> None:
    """Take what is missing out of the line, and ask or tell the orderer."""
    line, now = order.lines.select_related("product").get(pk=outcome.line.pk), timezone.now()
    line.shortages.unanswered().update(answer=Shortage.Answer.DROPPED, how=Shortage.How.NOBODY, answered_at=now)
    if outcome.recalled:
        take_out_missing(order, line, outcome.recalled, by=by)
    shortage = Shortage(
        order=order, line=line, product=line.product, ordered_quantity=line.quantity, asked_at=now, asked_by=by,
        kind=Shortage.Kind.DROP if outcome.is_dropped else Shortage.Kind.LESSEN,
        quantity=line.quantity - outcome.missing,
    )  # fmt: skip
    if outcome.is_dropped:
        answer(shortage, order, how=Shortage.How.STAFF, is_accepted=False, by=by)
        return
    _give_back_without_lot(order, line.product_id, outcome.missing - outcome.recalled, by=by)
    shortage.save()
    line.quantity = shortage.quantity
    line.save(update_fields=["quantity"])
    count_anew(order)
    notify_orderer(order, "order_short", by=by, about=("shortage", shortage.pk))


def _give_back_without_lot(order: Order, product: int, quantity: int, *, by: User) -> None:
    """Release items that have no lot yet: they go back into the stock."""
    held = sum(there for pk, lot, there in held_of(order) if pk == product and not lot)
    released = min(held, quantity)
    if released:
        Product.objects.filter(pk=product).update(stock=F("stock") + released)
        StockMovement.objects.create(order=order, product_id=product, kind=K.RELEASED, lot="", quantity=released, by=by)


def quarantine_rest(lot: Lot, *, by: User) -> int:
    """Put all that is left of the lot, which no order holds any more, into quarantine; return how many."""
    left = rules.left_of(lot)
    if left:
        move(lot.product_id, lot.number, [(K.QUARANTINED, -left)], by=by, reason=REASON)
    return left
