"""Changes of the stock. Each locks the product, then writes one or two movements and the new stock."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.models import Lot, Product, StockMovement
from delivery.stock.files import Receipt, read_receipts
from delivery.writes.lots import keep_lot

K = StockMovement.Kind


@audited("stock.receive", subject="product")
def receive_stock(
    *,
    product: Product,
    quantity: int,
    lot: str,
    by: User | None,
    details: rules.LotDetails | None = None,
    reason: str = "",
    entry_key: UUID | None = None,
) -> None:
    """Receive `quantity` (1 to 10,000) of a lot. The same `entry_key` again changes nothing.

    Without `details` nothing of the lot can be packed until somebody describes it. Raises QuantityError, and StockError
    for a lot that has ended or was received with other details.
    """
    rules.check_moved_quantity(quantity)
    rules.check_lot(lot)
    keep_lot(product, lot, details, today=timezone.localdate())
    _move([product], [(K.RECEIVED, product, lot, quantity)], by=by, reason=reason, entry_key=entry_key)


@audited("stock.receive_file")
def receive_file(*, content: bytes, is_dry_run: bool, by: User) -> Receipt:
    """Receive all rows of a CSV with details of the lots; none when a row is wrong or it is a dry run.

    A file whose content was received before adds nothing, and `was_received` is set. `problems` has a sentence for each
    wrong line. Raises StockFileError when the file cannot be read as a delivery note.
    """
    today = timezone.localdate()
    receipt = read_receipts(content, today=today)
    receipt.was_received = StockMovement.objects.filter(entry_key=receipt.key).exists()
    if is_dry_run or receipt.problems or receipt.was_received:
        return receipt
    moves = [(K.RECEIVED, row.product, row.lot, row.quantity) for row in receipt.rows]
    reasons = {(row.product.pk, row.lot): row.reason for row in receipt.rows}
    products = {row.product.pk: row.product for row in receipt.rows}
    for row in receipt.rows:
        keep_lot(row.product, row.lot, row.details, today=today)
    receipt.is_done = _move(products.values(), moves, by=by, reason=reasons, entry_key=receipt.key)
    receipt.was_received = not receipt.is_done
    return receipt


@audited("stock.count", subject="product")
def count_stock(
    *, product: Product, quantity: int, by: User, lot: str = "", reason: str = "", entry_key: UUID | None = None
) -> int:
    """Enter that `quantity` stand on the shelf, with the items of open orders; returns the difference to the stock.

    The difference belongs to `lot`, or to the only lot in stock. Raises QuantityError, and StockError when open orders
    hold more than were counted, or when the lot has to be named.
    """
    if lot:
        rules.check_lot_is_known(product, lot)
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    rules.check_count_covers_orders(product, quantity)
    difference = quantity - product.stock - rules.held_by_orders(product)
    if not _was_entered(K.COUNTED, entry_key):
        lot = rules.lot_of_difference(product, lot, difference)
        if difference > 0:
            rules.check_is_not_recalled(product, lot)
    moved = _move([product], [(K.COUNTED, product, lot, difference)], by=by, reason=reason, entry_key=entry_key)
    return difference if moved else 0


@audited("stock.quarantine", subject="product")
def quarantine_stock(
    *, product: Product, quantity: int, lot: str, reason: str, by: User, entry_key: UUID | None = None
) -> None:
    """Put `quantity` of a lot into quarantine: they cannot be ordered any more. Raises QuantityError, StockError."""
    rules.check_moved_quantity(quantity)
    rules.check_lot_is_known(product, lot)
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    if not _was_entered(K.QUARANTINED, entry_key):
        rules.check_lot_covers(product, lot, quantity)
        rules.check_stock(product, quantity)
    _move([product], [(K.QUARANTINED, product, lot, -quantity)], by=by, reason=reason, entry_key=entry_key)


@audited("stock.quarantine_lot", subject="lot")
def quarantine_lot(*, lot: Lot, reason: str, by: User) -> int:
    """Put all of a lot that no order takes into quarantine; returns how many. Orders keep what they hold of it.

    What orders need that nobody has confirmed yet stays. Raises StockError where nothing can be taken.
    """
    product = Product.objects.select_for_update(no_key=True).get(pk=lot.product_id)
    free, promised = rules.free_of_lot(product, lot.number)
    rules.check_some_is_free(lot.number, free, promised)
    _move([product], [(K.QUARANTINED, product, lot.number, -free)], by=by, reason=reason, entry_key=None)
    record(by=by, subject=lot)
    return free


@audited("stock.clear", subject="product")
def clear_stock(
    *, product: Product, quantity: int, lot: str, reason: str, by: User, entry_key: UUID | None = None
) -> None:
    """Take `quantity` of a lot out of quarantine: they can be ordered again. Raises QuantityError, StockError."""
    rules.check_moved_quantity(quantity)
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    if not _was_entered(K.QUARANTINED, entry_key):
        rules.check_is_not_recalled(product, lot)
        rules.check_is_in_quarantine(product, lot, quantity)
    _move([product], [(K.QUARANTINED, product, lot, quantity)], by=by, reason=reason, entry_key=entry_key)


@audited("stock.write_off", subject="product")
def write_off(
    *,
    product: Product,
    quantity: int,
    lot: str,
    reason: str,
    by: User,
    is_in_quarantine: bool = False,
    entry_key: UUID | None = None,
) -> None:
    """Write off `quantity` of a lot, from the stock or out of quarantine. Raises QuantityError, StockError."""
    rules.check_moved_quantity(quantity)
    rules.check_lot_is_known(product, lot)
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    moves = [(K.WRITTEN_OFF, product, lot, -quantity)]
    if is_in_quarantine:
        moves.insert(0, (K.QUARANTINED, product, lot, quantity))
    if not _was_entered(K.WRITTEN_OFF, entry_key):
        if is_in_quarantine:
            rules.check_is_in_quarantine(product, lot, quantity)
        else:
            rules.check_lot_covers(product, lot, quantity)
            rules.check_stock(product, quantity)
    _move([product], moves, by=by, reason=reason, entry_key=entry_key)


def _was_entered(kind: str, entry_key: UUID | None) -> bool:
    return entry_key is not None and StockMovement.objects.filter(kind=kind, entry_key=entry_key).exists()


def _move(
    products: Iterable[Product],
    moves: Sequence[tuple[str, Product, str, int]],
    *,
    by: User | None,
    reason: str | dict[tuple[int, str], str],
    entry_key: UUID | None,
) -> bool:
    """Write the movements and the new stock; return False when this form or file was written before."""
    ids = sorted(product.pk for product in products)
    list(Product.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
    if _was_entered(moves[0][0], entry_key):
        return False
    for kind, product, lot, quantity in moves:
        words = reason if isinstance(reason, str) else reason[product.pk, lot]
        Product.objects.filter(pk=product.pk).update(stock=F("stock") + quantity)
        StockMovement.objects.create(
            product=product, kind=kind, quantity=quantity, lot=lot, by=by, reason=words, entry_key=entry_key
        )
        record(action=f"stock.{kind}", by=by, subject=product)
    return True
