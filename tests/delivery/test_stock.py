"""Only actions change the stock; the sum of the movements is the stock."""

from datetime import date
from uuid import uuid4

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from delivery import actions, rules, tasks
from delivery.models import DeliveryWindow, Lot, Order, Product, StockMovement
from delivery.stock.files import StockFileError, read_receipts
from notifications.actions import send_due
from notifications.models import Notification
from tests import factories
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def by():
    return factories.staff("Pharmacist")


@shared
def product():
    """A product with ten items of LOT-1."""
    return factories.product(stock=10)


def stock(product):
    assert rules.stock_mismatches() == []
    return Product.objects.get(pk=product.pk).stock


def receive(content, by, *, is_dry_run=False):
    return actions.receive_file(content=content.encode(), is_dry_run=is_dry_run, by=by)


# --- Receiving ------------------------------------------------------------------------------------------------------


def test_a_form_sent_twice_is_received_once(product, by):
    for key in (uuid4(), None):
        for _time in range(2):
            actions.receive_stock(product=product, quantity=3, lot="LOT-2", by=by, entry_key=key)
    assert stock(product) == 10 + 3 + 3 + 3


@pytest.mark.parametrize("quantity", [-1, 0, 10_001])
def test_check_moved_quantity_is_1_to_10000(quantity):
    with pytest.raises(rules.QuantityError):
        rules.check_moved_quantity(quantity)
    rules.check_moved_quantity(1)
    rules.check_moved_quantity(10_000)


@pytest.mark.parametrize("lot", ["", " L", "=1+1", "+1", "-1", "@x", "L\0", "L\n", "🏠", "קבוצה", "L" * 41, "<b>"])
def test_check_lot_is_as_a_label_prints_it(lot):
    with pytest.raises(rules.StockError):
        rules.check_lot(lot)
    rules.check_lot("LOT 20/51-A #3")


def test_a_delivery_note_is_received_whole_and_once(product, by):
    other = factories.product(stock=0)
    note = f"\ufeffLot,SKU,Quantity\r\nL-7,{product.sku},3\r\nL-8,{other.sku},4\r\n"
    dry = receive(note, by, is_dry_run=True)
    assert (dry.total, dry.is_done, stock(product), stock(other)) == (7, False, 10, 0)
    assert (receive(note, by).is_done, stock(product), stock(other)) == (True, 13, 4)
    again = receive(note, by)
    assert (again.is_done, again.was_received, stock(product)) == (False, True, 13)
    assert receive(f"sku,lot,quantity,reason\n{product.sku},L-7,3,Note 2", by).is_done
    assert stock(product) == 16


def test_a_wrong_line_receives_nothing_and_each_is_named(product, by):
    sku = product.sku
    lines = [
        "sku,lot,quantity,reason", f"{sku},L-1,3,", "GONE,L-1,1,", f"{sku},L-2,=1+1,", f"{sku},@L,1,", f"{sku},L-3,-5,",
        f"{sku},L-4,0,", f"{sku},L-1,2,", f"{sku},L-5,1", f"{sku},L-6,1,=HYPERLINK()", f"{sku},L-7,٣,", "=A1,L-8,1,",
    ]  # fmt: skip
    receipt = receive("\n".join(lines), by)
    assert [line for line, _sentence in receipt.problems] == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    sentences = dict(receipt.problems)
    assert sentences[4] == "The cell “quantity” holds a formula. Type its value."
    assert sentences[6] == "Enter a quantity from 1 to 10,000."
    assert sentences[3] == "There is no product with the SKU “GONE”."
    assert stock(product) == 10


@pytest.mark.parametrize(
    "note",
    [
        "sku,lot,quantity,,\n{sku},L-7,3,,\n,,,,\n",
        "sku,lot,quantity\n{sku},L-7,3,,\n\n,,\n , ,\n",
        "SKU , Lot,Quantity,reason,,\n {lower} , L-7 ,3.00,,,\n,,,,,\n",
        "sku,,lot,,quantity\n{sku},,L-7,,3\n",
    ],
)
def test_what_a_spreadsheet_adds_to_a_delivery_note_is_nothing(product, by, note):
    receipt = receive(note.format(sku=product.sku, lower=product.sku.lower()), by)
    assert (receipt.problems, receipt.is_done, stock(product)) == ([], True, 13)


def test_a_quantity_with_a_comma_and_a_reason_with_separate_accents(product, by):
    receipt = receive(f'sku,lot,quantity,reason\n{product.sku},L-7,"1,000",Cafe\u0301\n', by)
    assert (receipt.problems, stock(product)) == ([], 1010)
    assert StockMovement.objects.get(lot="L-7").reason == "Caf\u00e9"
    assert receive(f'sku,lot,quantity\n{product.sku},L-8,"1,00"\n', by).problems == [
        (2, "Enter a quantity from 1 to 10,000.")
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe\x00", b"sku,lot\n1,2", b"sku,lot,quantity\n", b"sku,sku,lot,quantity\n",
        b"sku,lot,quantity,expires\nA,L,1,11/30/2027", b"a\0b", b'"',
        b"x" * 1_000_001,
    ],
)  # fmt: skip
def test_a_file_that_is_no_delivery_note_is_refused(content):
    with pytest.raises(StockFileError):
        read_receipts(content, today=timezone.localdate())


# --- Counting -------------------------------------------------------------------------------------------------------


def test_a_count_includes_what_open_orders_hold(product, by):
    factories.order(lines=[(product, 2)])
    assert rules.held_by_orders(product) == 2
    assert actions.count_stock(product=product, quantity=9, by=by) == -1
    assert stock(product) == 7
    assert actions.count_stock(product=product, quantity=9, by=by) == 0
    assert StockMovement.objects.filter(kind="counted").count() == 2


def lots_add_up(product):
    """Return whether the lots, without what orders hold of no lot yet, are the stock, and none is negative."""
    lots = dict.fromkeys(product.movements.values_list("lot", flat=True), 0)
    for lot in lots:
        lots[lot] = product.movements.filter(lot=lot).total()
    without = lots.pop("", 0)
    held_without = product.movements.held().filter(lot="").total()
    return (
        min(lots.values(), default=0) >= 0
        and without == held_without
        and sum(lots.values()) + without == stock(product)
    )


def test_a_count_goes_to_the_only_lot(product, by):
    factories.order(lines=[(product, 2)])
    actions.count_stock(product=product, quantity=9, by=by)
    assert StockMovement.objects.get(kind="counted").lot == "LOT-1" and lots_add_up(product)


def test_lot_of_difference_has_to_be_named_where_there_are_several(product, by):
    actions.receive_stock(product=product, quantity=5, lot="A-2", details=factories.lot_details(), by=by)
    with pytest.raises(
        rules.StockError, match=r"differs by -2. Enter the lot that it belongs to: LOT-1 × 10, A-2 × 5\."
    ):
        actions.count_stock(product=product, quantity=13, by=by)
    assert not StockMovement.objects.filter(kind="counted").exists()
    assert actions.count_stock(product=product, quantity=15, by=by) == 0
    assert actions.count_stock(product=product, quantity=13, lot="A-2", by=by) == -2
    assert (rules.lots_with_stock(product), lots_add_up(product)) == ([("LOT-1", 10), ("A-2", 3)], True)


def test_lot_of_difference_of_a_sold_out_product_is_the_one_received(product, by):
    actions.write_off(product=product, quantity=10, lot="LOT-1", reason="Broken", by=by)
    assert actions.count_stock(product=product, quantity=1, by=by) == 1
    assert rules.lots_with_stock(product) == [("LOT-1", 1)]


def test_a_product_that_was_never_received_is_not_counted(by):
    product = factories.product(stock=0)
    with pytest.raises(rules.StockError, match="Receive it with its lot"):
        actions.count_stock(product=product, quantity=1, by=by)
    assert actions.count_stock(product=product, quantity=0, by=by) == 0


@pytest.mark.parametrize("name", ["quarantine_stock", "write_off", "count_stock"])
def test_check_lot_covers_what_is_taken_out_of_a_lot(product, by, name):
    actions.receive_stock(product=product, quantity=5, lot="A-2", details=factories.lot_details(), by=by)
    taken = {"quantity": 9} if name == "count_stock" else {"quantity": 6, "reason": "Broken"}
    with pytest.raises(rules.StockError, match="Lot A-2 has 5 left that no order takes"):
        getattr(actions, name)(product=product, lot="A-2", by=by, **taken)
    assert stock(product) == 15 and lots_add_up(product)


def test_check_count_covers_orders(product, by):
    factories.order(lines=[(product, 2)])
    with pytest.raises(rules.StockError, match="Open orders hold 2"):
        actions.count_stock(product=product, quantity=1, by=by)
    for quantity in (-1, 10_001):
        with pytest.raises(rules.QuantityError):
            rules.check_count_covers_orders(product, quantity)
    assert stock(product) == 8


# --- Quarantine and writing off -------------------------------------------------------------------------------------


def test_quarantine_takes_out_of_the_stock_and_back(product, by):
    out = {"product": product, "lot": "LOT-1", "reason": "A cracked seal", "by": by}
    actions.quarantine_stock(quantity=4, **out)
    assert (stock(product), rules.quarantined(product)) == (6, 4)
    actions.clear_stock(quantity=1, **out)
    actions.write_off(quantity=3, is_in_quarantine=True, **out)
    assert (stock(product), rules.quarantined(product)) == (7, 0)
    actions.write_off(quantity=2, **out)
    assert stock(product) == 5


def test_a_form_sent_twice_takes_stock_out_once(product, by):
    out = {"product": product, "lot": "LOT-1", "reason": "Broken", "by": by}
    for action in (actions.quarantine_stock, actions.clear_stock, actions.write_off):
        key = uuid4()
        for _time in range(2):
            action(quantity=6, entry_key=key, **out)
    assert (stock(product), rules.quarantined(product)) == (4, 0)


def test_check_is_in_quarantine(product, by):
    with pytest.raises(rules.StockError, match="Only 0 of lot LOT-1 are in quarantine"):
        actions.clear_stock(product=product, quantity=1, lot="LOT-1", reason="Fine", by=by)
    with pytest.raises(rules.StockError):
        rules.check_is_in_quarantine(product, "LOT-1", 1)


def test_check_lot_is_known(product, by):
    with pytest.raises(rules.StockError, match="No lot LOT-9"):
        rules.check_lot_is_known(product, "LOT-9")
    with pytest.raises(rules.StockError, match="left"):
        actions.write_off(product=product, quantity=11, lot="LOT-1", reason="Broken", by=by)
    assert stock(product) == 10


# --- Lots -----------------------------------------------------------------------------------------------------------


def test_a_confirmed_order_takes_the_lots_that_came_first(product, by):
    actions.receive_stock(product=product, quantity=5, lot="A-2", details=factories.lot_details(), by=by)
    product.refresh_from_db()
    order = factories.confirm(factories.order(lines=[(product, 12)]), by=by)
    assert rules.lots_of(order.lines.get()) == [("A-2", 2), ("LOT-1", 10)]
    assert rules.lots_with_stock(product) == [("A-2", 3)]
    assert [(row.order, row.quantity) for row in rules.orders_of_lot(product, "A-2")] == [(order, 2)]
    assert stock(product) == 3


def test_a_refused_order_releases_its_lots(product, by):
    order = factories.confirm(factories.order(lines=[(product, 2)]), by=by)
    actions.refuse_order(order=order, reason="A recall", by=by)
    assert (rules.orders_of_lot(product, "LOT-1"), rules.lots_with_stock(product)) == ([], [("LOT-1", 10)])
    assert stock(product) == 10


def test_check_lot_has(product, by):
    actions.receive_stock(product=product, quantity=1, lot="A-2", details=factories.lot_details(), by=by)
    order = factories.confirm(factories.order(lines=[(product, 2)]), by=by)
    with pytest.raises(rules.StockError, match="Lot A-2 has 1 left for orders, and this order needs 2"):
        actions.change_lot(order=order, product=product, lot="A-2", by=by)
    with pytest.raises(rules.StockError):
        rules.check_lot_has(product, "A-2", 2)
    actions.receive_stock(product=product, quantity=1, lot="A-2", details=factories.lot_details(), by=by)
    for _time in range(2):
        actions.change_lot(order=order, product=product, lot="A-2", by=by)
    assert rules.lots_of(order.lines.get()) == [("A-2", 2)]
    assert stock(product) == 10


def test_check_holds_product(product, by):
    order = factories.order()
    with pytest.raises(rules.ProductError):
        actions.change_lot(order=order, product=product, lot="LOT-1", by=by)
    refused = actions.refuse_order(order=order, reason="No", by=by)
    with pytest.raises(rules.TransitionError):
        rules.check_holds_product(refused, refused.lines.get().product)


# --- The database holds it too, and the nightly check looks ---------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "quantity"),
    [
        ("received", -1), ("reserved", -1), ("sold", -1), ("returned", 1), ("quarantined", 0), ("written_off", 1),
        ("x", 1),
    ],
)  # fmt: skip
def test_a_movement_of_the_wrong_sign_or_without_its_order_is_refused(product, kind, quantity):
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        StockMovement.objects.create(product=product, kind=kind, quantity=quantity, lot="L", reason="Why")


@pytest.mark.parametrize("over", [{"lot": ""}, {"reason": ""}])
def test_stock_that_goes_out_names_its_lot_and_a_reason(product, over):
    fields = {"lot": "L", "reason": "Why", **over}
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        StockMovement.objects.create(product=product, kind="written_off", quantity=-1, **fields)


def test_the_nightly_check_mails_the_managers_once_a_day():
    manager, order = factories.staff("Manager"), factories.order()
    assert tasks.check_counts() == 0
    with unguarded():
        Product.objects.update(stock=3)
        DeliveryWindow.objects.filter(pk=order.window_id).update(booked=0)
    assert [tasks.check_counts(), tasks.check_counts()] == [2, 2]
    assert Notification.objects.filter(kind="counts_differ").count() == 1
    send_due(by=None)
    (message,) = [sent for sent in mail.outbox if sent.to == [manager.email]]
    assert message.subject == "The nightly count of the depot does not add up"
    assert Product.objects.get().sku in message.body
    assert "2026-11-25-0930" in message.body
    assert Order.objects.get().number not in message.body


# --- What a delivery note says of its lots --------------------------------------------------------------------------

LABELS = "sku,lot,quantity,producer,expires,thc,cbd\n"


def test_a_note_keeps_what_the_labels_say(product, by):
    receipt = receive(f"{LABELS}{product.sku},L-7,3,Shoreline Growers,11/30/2027,250.0,0\n", by)
    assert (receipt.is_done, receipt.problems) == (True, [])
    lot = Lot.objects.get(number="L-7")
    assert rules.details_of(lot) == rules.LotDetails("Shoreline Growers", date(2027, 11, 30), 250, 0)
    again = receive(f"{LABELS}{product.sku},L-7,2,,,,\n", by)
    assert (again.is_done, rules.details_of(Lot.objects.get(number="L-7"))) == (True, rules.details_of(lot))


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("Shoreline,,250,0", "Missing: expires."),
        ("Shoreline,30.11.2027,250,0", "“30.11.2027” in the column expires is no day"),
        ("Shoreline,02/30/2027,250,0", "in the column expires is no day"),
        ("Shoreline,١١/30/2027,250,0", "in the column expires is no day"),
        ("Shoreline,11/30/2127,250,0", "Check the year"),
        ("Shoreline,11/22/2026,250,0", "Lot L-7 ended on Sunday, November 22, 2026"),
        ("Shoreline,11/30/2027,12.5,0", "“12.5” in the column thc is no amount"),
        ("Shoreline,11/30/2027,1e9,0", "“1e9” in the column thc is no amount"),
        ("Shoreline,11/30/2027,250,100001", "from 0 to 100,000"),
        ("Shoreline,11/30/2027,250,-5", "in the column cbd is no amount"),
        ("Shoreline 🌿,11/30/2027,250,0", "Enter the producer as the label has it"),
        (f"{'x' * 121},11/30/2027,250,0", "Enter the producer as the label has it"),
        ("=cmd(),11/30/2027,250,0", "The cell “producer” holds a formula"),
    ],
)
def test_a_wrong_label_in_a_note_gets_a_sentence_and_nothing_is_received(product, by, cells, sentence):
    ((line, said),) = receive(f"{LABELS}{product.sku},L-7,3,{cells}\n", by).problems
    assert line == 2 and sentence in said
    assert not Lot.objects.filter(number="L-7").exists()


def test_a_note_tells_that_a_lot_was_received_with_other_details(product, by):
    ((_line, said),) = receive(f"{LABELS}{product.sku},LOT-1,3,Shoreline Growers,11/30/2027,250,0\n", by).problems
    assert "LOT-1 was received with other details: Shoreline Growers, good until Tuesday, November 23, 2027" in said
