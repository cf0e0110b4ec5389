"""What happens to the lines of an order that are short. Each write runs inside the caller's transaction.

The caller has locked the patient and the order.
"""

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from accounts.permissions import may_as_staff
from audit.actions import record
from delivery import rules
from delivery.models import Order, OrderLine, Product, Shortage, StockMovement
from delivery.writes.holds import held_of, reserve
from delivery.writes.locks import lock_hold
from delivery.writes.lots import pick_lots
from delivery.writes.messages import notify_orderer
from delivery.writes.orders import end_order, unpack

K = StockMovement.Kind
BY_ORDERER = (Shortage.How.LINK, Shortage.How.PHONE)


def take_out_missing(order: Order, line: OrderLine, quantity: int, *, by: User) -> None:
    """Release `quantity` items that could not be packed, and take them out of the stock: nobody else can order them.

    Items of a lot in quarantine go there, other items count as not found. Lots in quarantine and newer lots go first.
    """
    held = [(lot, there) for product, lot, there in held_of(order) if product == line.product_id]
    held.sort(key=lambda pair: rules.is_in_quarantine(line.product, pair[0]))
    moves = []
    for lot, there in reversed(held):
        taken = min(there, quantity)
        quantity -= taken
        if taken:
            moves += _moves_out(order, line.product, lot, taken, by)
    StockMovement.objects.bulk_create(moves)


def _moves_out(order: Order, product: Product, lot: str, quantity: int, by: User) -> list[StockMovement]:
    released = StockMovement(order=order, product=product, kind=K.RELEASED, lot=lot, quantity=quantity, by=by)
    kind = K.QUARANTINED if rules.is_in_quarantine(product, lot) else K.COUNTED
    out = StockMovement(
        product=product, kind=kind, lot=lot, quantity=-quantity, by=by, reason=f"Short in order {order.number}"
    )
    return [released, out]


def give_back(order: Order, line: OrderLine, *, by: User | None) -> None:
    """Release all items of a line: they can be ordered again."""
    held = [(lot, there) for product, lot, there in held_of(order) if product == line.product_id]
    Product.objects.filter(pk=line.product_id).update(stock=F("stock") + sum(there for _lot, there in held))
    StockMovement.objects.bulk_create(
        StockMovement(order=order, product_id=line.product_id, kind=K.RELEASED, lot=lot, quantity=there, by=by)
        for lot, there in held
    )


def put_substitute(order: Order, line: OrderLine, product: Product, quantity: int, *, by: User) -> None:
    """Turn the line into `quantity` of another product, with stock and lots; each costs at most what was ordered.

    What was stated of the product before says nothing of this one: a pharmacist states its days' supply, as suggested
    where the pharmacist puts it in, and later otherwise.
    """
    line.unit_price_cents = rules.substitute_price_cents(line, product)
    line.product, line.quantity, line.amount_mg = product, quantity, product.amount_mg
    is_stated = may_as_staff(by, rules.STATES_DAYS)
    line.days, line.days_by = (product.days_supply, by) if is_stated else (None, None)
    line.save(update_fields=["product", "quantity", "unit_price_cents", "amount_mg", "days", "days_by"])
    reserve(order, [line], by=by)
    pick_lots([order], by=by)


def drop_line(order: Order, line: OrderLine, *, by: User | None) -> None:
    """Take a line out of the order, and release what it still holds; the last line ends the order instead."""
    if not order.lines.exclude(pk=line.pk).exists():
        end_order(order, "cancel", reason=rules.NOTHING_LEFT, by=by)
        return
    give_back(order, line, by=by)
    line.delete()


def count_anew(order: Order) -> None:
    """Write the total and the amount of the order, as its lines are now."""
    lines = list(order.lines.all())
    order.subtotal_cents = sum(line.total_cents for line in lines)
    order.amount_mg = sum(line.total_mg for line in lines)
    order.save(update_fields=["subtotal_cents", "amount_mg"])


def answer(shortage: Shortage, order: Order, *, how: str, is_accepted: bool = False, by: User | None) -> None:
    """Write the answer; a line that is not accepted leaves the order, and the orderer is told the new total.

    An order that was packed with it is unpacked when the orderer answers so; a driver who leaves is told instead.
    """
    answers = Shortage.Answer
    shortage.answer, shortage.how = answers.ACCEPTED if is_accepted else answers.DROPPED, how
    shortage.answered_at, shortage.answered_by = timezone.now(), by
    shortage.save()
    if not is_accepted:
        assert shortage.line is not None  # a question without an answer has its line
        drop_line(order, shortage.line, by=by)
    if order.is_before_departure:
        if not is_accepted and how in BY_ORDERER and order.status == Order.Status.PACKED:
            unpack(order, by=by)  # the bag holds what they do not take
        count_anew(order)
        notify_orderer(order, "order_changed", by=by, about=("shortage", shortage.pk))


def settle_unanswered(order: Order, *, by: User | None) -> Order:
    """Drop each line that still waits for an answer when the order leaves; returns the order.

    It is cancelled where no line is left. The caller has locked patient and order, and the order has not left yet.
    """
    rules.check_is_before_departure(order)
    waiting = list(order.shortages.unanswered().select_related("line"))
    lock_hold(order)
    for shortage in waiting:
        if order.is_before_departure:  # the last line has not gone yet
            answer(shortage, order, how=Shortage.How.NOBODY, by=None)
            record(action="order.drop_unanswered", by=by, subject=order)
    return order
