"""After a hand-over: refunds and exchanges by line. Money, stock and allotment follow, and old rows stay."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from delivery import actions, rules
from delivery.models import AllotmentEntry, HandOver, HandOverCorrection, Product, ReturnedItem
from notifications.models import Notification
from tests import factories
from tests.delivery import door
from tests.delivery.test_door import bring_back, hand_over, is_in_books, reread
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
Kind, Goods = HandOverCorrection.Kind, HandOverCorrection.Goods


@shared
def other():
    """Another product that costs $30 and counts 2 g: 50 items of LOT-1."""
    return factories.product(price_cents=3000, amount_mg=2000)


@shared
def order():
    """Two items for $40 each that count 1 g each."""
    return factories.order()


@shared
def run(order, monday):
    return door.under_way(door.run_of(order), monday)


@shared
def handed(order, run):
    return hand_over(order, run, cash_cents=8500)


@shared
def pharmacist():
    return factories.staff("Pharmacist")


def of(handed, kind=Kind.REFUND, quantity=1, goods=Goods.KEPT, **more):
    """Return what is corrected of the only line."""
    if goods in rules.COME_BACK:
        more.setdefault("lot", "LOT-1")
    line = handed.order.lines.select_related("product").get()
    return rules.LineCorrection(line=line, kind=kind, quantity=quantity, goods=goods, **more)


def correct(handed, *lines, by, method="cash", reason="Seal was broken.", seen=None, key=None, **more):
    entered = {"lines": list(lines), "method": method, "reason": reason, "entry_key": key or uuid4(), "by": by}
    counted = handed.corrections.count() if seen is None else seen
    return actions.correct_hand_over(hand_over=handed, seen=counted, **entered, **more)


def used_mg(handed):
    """Return by day what counts of the patient's allotment."""
    day = handed.order.window.date
    used = rules.used_by_day(
        patient=handed.order.patient, first=day - timedelta(days=30), last=day + timedelta(days=30)
    )
    return {on: mg for on, mg in used.items() if mg}


def columns(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


# --- Refunds ----------------------------------------------------------------------------------------------------------


def test_a_refund_adds_a_row_and_changes_none(handed, order, run, pharmacist):
    before = [columns(reread(row)) for row in (handed, order, order.lines.get())]
    key = uuid4()
    for _sent_twice in range(2):
        (made,) = correct(handed, of(handed), by=pharmacist, key=key, seen=0)
    assert [columns(reread(row)) for row in (handed, order, order.lines.get())] == before
    assert (made.cents, made.method, made.run, made.quantity, made.by) == (4000, "cash", run, 1, pharmacist)
    assert (HandOverCorrection.objects.count(), ReturnedItem.objects.count()) == (1, 0)
    assert used_mg(handed) == {order.window.date: 2000} and is_in_books()
    mail = Notification.objects.get(kind="hand_over_corrected")
    assert (mail.context["refund_cents"], mail.context["method"], mail.context["exchanged"]) == (4000, "cash", False)


def test_goods_that_come_back_wait_for_a_second_person_and_count_back_when_sealed(handed, order, pharmacist):
    product = Product.objects.get()
    correct(handed, of(handed, goods=Goods.SEALED), by=pharmacist)
    item = ReturnedItem.objects.get()
    assert (item.quantity, item.taken_in_by, item.carried_by, item.correction.lot) == (1, pharmacist, None, "LOT-1")
    assert (reread(product).stock, rules.quarantined(product, "LOT-1")) == (48, 1)
    assert used_mg(handed) == {order.window.date: 1000}
    with pytest.raises(rules.ReturnError, match="You took this in yourself"):
        actions.decide_returned(
            item=item, kind="restocked", quantity=1, reason="Sealed.", entry_key=uuid4(), by=pharmacist
        )
    correct(handed, of(handed, goods=Goods.OPENED), by=pharmacist)
    assert used_mg(handed) == {order.window.date: 1000}  # what was opened was dispensed
    assert (rules.quarantined(product, "LOT-1"), is_in_books()) == (2, True)


def test_what_was_never_there_counts_back(handed, order, pharmacist):
    correct(handed, of(handed, quantity=2, goods=Goods.MISSING), by=pharmacist)
    assert (used_mg(handed), ReturnedItem.objects.count()) == ({}, 0)
    entry = AllotmentEntry.objects.get()
    assert (entry.origin, entry.amount_mg, entry.day) == ("delivery", -2000, order.window.date)


def test_a_correction_of_a_delivery_is_not_typed_by_staff(handed, pharmacist):
    """Neither its origin, nor does a correction by hand take back what it entered."""
    patient, day = handed.order.patient, timezone.localdate()
    entry = {"patient": patient, "day": day, "amount_mg": 500, "reason": "Seen.", "by": pharmacist}
    with pytest.raises(rules.AllotmentError, match="where the amount comes from"):
        actions.record_allotment_entry(origin="delivery", **entry)
    for origin, passes in (("counter", True), ("delivery", False)):
        assert (rules.refusal_of(rules.check_entry_origin, origin) == "") == passes


# --- Exchanges --------------------------------------------------------------------------------------------------------


def test_an_exchange_moves_goods_allotment_and_the_difference(handed, order, run, other, pharmacist, monday):
    monday.shift(timedelta(days=1))
    wrong = Product.objects.get(lines__order=order)
    one = of(handed, Kind.EXCHANGE, goods=Goods.SEALED, product=other, product_lot="LOT-1")
    (made,) = correct(handed, one, by=pharmacist)
    assert (made.cents, made.product, made.product_lot, made.lot) == (1000, other, "LOT-1", "LOT-1")
    assert (reread(other).stock, reread(wrong).stock, rules.quarantined(wrong)) == (49, 48, 1)
    assert used_mg(handed) == {order.window.date: 1000, timezone.localdate(): 2000}
    assert is_in_books()
    assert Notification.objects.get(kind="hand_over_corrected").context["exchanged"] is True


def test_an_exchange_of_the_same_product_costs_and_counts_nothing(handed, order, run, pharmacist):
    product = Product.objects.get()
    one = of(handed, Kind.EXCHANGE, goods=Goods.SEALED, product=product, product_lot="LOT-1")
    (made,) = correct(handed, one, by=pharmacist, method="")
    assert (made.cents, made.method, made.run) == (0, "", None)
    assert (reread(product).stock, rules.quarantined(product, "LOT-1")) == (47, 1)
    assert used_mg(handed) == {order.window.date: 2000} and is_in_books()


def test_a_dearer_exchange_costs_nothing_more(handed, other, pharmacist):
    with unguarded():
        Product.objects.filter(pk=other.pk).update(price_cents=9000)
    one = of(handed, Kind.EXCHANGE, product=reread(other), product_lot="LOT-1")
    (made,) = correct(handed, one, by=pharmacist, method="")
    assert made.cents == 0


def test_check_exchange(handed, other, pharmacist):
    gone = factories.product(is_active=False)
    cases = [
        ({}, "choose what is given instead"),
        ({"product": gone, "product_lot": "LOT-1"}, "choose what is given instead"),
        ({"product": other, "product_lot": "LOT-9"}, "Lot LOT-9 has 0 left"),
        ({"product": factories.product(stock=0), "product_lot": "LOT-1"}, "is sold out"),
    ]
    for given, sentence in cases:
        with pytest.raises(rules.DeliveryError, match=sentence):
            correct(handed, of(handed, Kind.EXCHANGE, **given), by=pharmacist)
    assert not HandOverCorrection.objects.exists()


def test_an_exchange_stays_within_the_allotment(handed, order, pharmacist):
    """3.5 oz are 99,223 mg, and 2,000 of them are used: what comes back sealed makes room, what was kept does not."""
    large = factories.product(price_cents=4000, amount_mg=98_223)
    entered = {"kind": Kind.EXCHANGE, "product": large, "product_lot": "LOT-1"}
    with pytest.raises(rules.AllotmentError):
        correct(handed, of(handed, goods=Goods.KEPT, **entered), by=pharmacist)
    assert (AllotmentEntry.objects.count(), reread(large).stock) == (0, 50)
    correct(handed, of(handed, goods=Goods.SEALED, **entered), by=pharmacist)
    assert used_mg(handed) == {order.window.date: 99_223}


# --- What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["Technician", "Driver", "Auditor"])
def test_check_may_correct(handed, group):
    with pytest.raises(rules.CorrectionError, match="Only a Pharmacist or a Manager"):
        correct(handed, of(handed), by=factories.staff(group))
    assert correct(handed, of(handed), by=factories.staff("Manager"))


def test_check_was_handed_over(order, run, pharmacist):
    with pytest.raises(rules.CorrectionError, match="was not handed over"):
        rules.check_was_handed_over(order)
    bring_back(order, run)
    with pytest.raises(rules.CorrectionError, match="nothing to correct"):
        rules.check_was_handed_over(reread(order))


def test_check_corrected_quantity(handed, pharmacist):
    for quantity in (0, -1, 3):
        with pytest.raises(rules.QuantityError, match="from 1 to 2"):
            correct(handed, of(handed, quantity=quantity), by=pharmacist)
    correct(handed, of(handed), by=pharmacist)
    with pytest.raises(rules.QuantityError, match="enter 1"):
        correct(handed, of(handed, quantity=2), by=pharmacist)
    correct(handed, of(handed), by=pharmacist)
    with pytest.raises(rules.QuantityError, match="all of it was corrected already"):
        correct(handed, of(handed), by=pharmacist)
    assert sum(row.cents for row in HandOverCorrection.objects.all()) == handed.amount_due_cents


def test_check_is_as_seen(handed, pharmacist):
    """The same in two tabs is entered once."""
    for _tab in range(2):
        with suppress(rules.CorrectionError):
            correct(handed, of(handed), by=pharmacist, seen=0)
    assert HandOverCorrection.objects.count() == 1
    with pytest.raises(rules.CorrectionError, match="Somebody has corrected this order"):
        rules.check_is_as_seen(handed, 0)


def test_check_refund(handed, pharmacist):
    for cents in (0, -100, 4001):
        with pytest.raises(rules.CorrectionError, match=r"from \$0.01 to \$40.00"):
            correct(handed, of(handed, cents=cents), by=pharmacist)
    (made,) = correct(handed, of(handed, cents=1), by=pharmacist)
    assert made.cents == 1


def test_check_goods(handed, pharmacist):
    for goods, lot, sentence in [
        ("lost", "", "what became of the goods"),
        (Goods.SEALED, "LOT-2", "The order took 2 ×"),
    ]:
        with pytest.raises(rules.DeliveryError, match=sentence):
            correct(handed, of(handed, goods=goods, lot=lot), by=pharmacist)


def test_check_line_correction(handed, pharmacist):
    with pytest.raises(rules.CorrectionError, match="a refund or an exchange"):
        correct(handed, of(handed, "gift"), by=pharmacist)


def test_check_corrections(handed, pharmacist, monday):
    for lines in ([], [of(handed), of(handed)]):
        with pytest.raises(rules.CorrectionError):
            correct(handed, *lines, by=pharmacist)
    stranger = factories.order().lines.select_related("product").get()
    with pytest.raises(rules.CorrectionError, match="of this order once"):
        correct(handed, replace(of(handed), line=stranger), by=pharmacist)


def test_check_correction_reason(handed, pharmacist):
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(rules.CorrectionError):
            correct(handed, of(handed), by=pharmacist, reason=reason)


def test_check_method(order, run, pharmacist):
    """A card gets back no more than it paid."""
    handed = hand_over(order, run, cash_cents=5000, debit_cents=3000)
    with pytest.raises(rules.CorrectionError, match="how the money is given back"):
        correct(handed, of(handed), by=pharmacist, method="")
    with pytest.raises(rules.CorrectionError, match=r"The card paid \$30.00"):
        correct(handed, of(handed), by=pharmacist, method="debit")
    correct(handed, of(handed, cents=2000), by=pharmacist, method="debit")
    with pytest.raises(rules.CorrectionError, match=r"The card paid \$10.00"):
        correct(handed, of(handed, cents=1001), by=pharmacist, method="debit")


def test_the_database_keeps_a_correction_true(handed, other, pharmacist):
    correct(handed, of(handed, goods=Goods.SEALED), by=pharmacist)
    correct(handed, of(handed), by=pharmacist)
    broken = [
        {"corrected_before": 0},  # the same item twice
        {"quantity": 3},
        {"quantity": 0},
        {"cents": 8001},
        {"cents": 0},
        {"method": ""},
        {"kind": "exchange"},
        {"product": other},
        {"goods": "opened", "lot": ""},
        {"reason": ""},
        {"entry_key": uuid4()},
    ]
    for fields in broken:
        with unguarded(), suppress(IntegrityError), transaction.atomic():
            HandOverCorrection.objects.update(**fields)
            pytest.fail(f"The database took {fields}.")


# --- The money of the run ---------------------------------------------------------------------------------------------


def test_money_received_is_totals_and_tips_less_refunds(handed, run, pharmacist):
    correct(handed, of(handed), by=pharmacist)
    takings = rules.takings_of(run)
    assert (takings.cash_cents, takings.tip_cents, takings.refunds_cents) == (8000, 500, 4000)
    assert takings.received_cents == takings.due_cents + takings.tip_cents - takings.refunds_cents == 4500
    rules.check_money_adds_up(takings)
    with pytest.raises(rules.RunError, match=r"\$45.00 received, \$45.01 expected"):
        rules.check_money_adds_up(replace(takings, due_cents=8001))
    manager = factories.staff("Manager")
    with pytest.raises(rules.RunError, match=r"\$80.00 is \$40.00 more than the \$40.00 expected"):
        actions.settle_run(run=run, cash_counted_cents=8000, by=manager)
    actions.settle_run(run=run, cash_counted_cents=4000, by=manager)


def test_a_refund_after_the_run_was_settled_is_paid_by_its_day(handed, run, pharmacist, monday):
    """The count of the run stays as it was signed off."""
    actions.settle_run(run=run, cash_counted_cents=8000, by=factories.staff("Manager"))
    before = rules.takings_of(run)
    monday.shift(timedelta(days=2))
    (made,) = correct(handed, of(handed), by=pharmacist)
    assert (made.run, made.paid_date) == (None, timezone.localdate())
    assert (rules.takings_of(run), before.refunds_cents) == (before, 0)


def test_a_refund_that_the_run_cannot_pay_comes_out_of_the_till(order, run, pharmacist):
    """All was paid by card, so there is no cash in the run to give back."""
    handed = hand_over(order, run, cash_cents=0, debit_cents=8000)
    (made,) = correct(handed, of(handed), by=pharmacist)
    assert (made.run, rules.takings_of(run).expected_cash_cents) == (None, 0)
    (made,) = correct(handed, of(handed), by=pharmacist, method="debit")
    assert (made.run, rules.takings_of(run).debit_refunds_cents) == (run, 4000)
    assert HandOver.objects.count() == 1


def test_check_money_adds_up():
    takings = rules.Takings(8000, 5000, 3000, 500, 1000, 500)
    rules.check_money_adds_up(takings)
    assert takings.received_cents == 8000 + 500 - 1500
    with pytest.raises(rules.RunError, match=r"\$70.00 received, \$70.01 expected"):
        rules.check_money_adds_up(replace(takings, due_cents=8001))
