"""At the door: orders leave with their driver, are handed over or brought back, and the money is counted."""

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from certification.actions import revoke_certification
from delivery import actions, rules
from delivery.models import DoorAttempt, HandOver, Order, Product, Run, StockMovement
from notifications.models import Notification
from tests import factories
from tests.delivery import door, people
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
Outcome = DoorAttempt.Outcome


@shared
def order():
    return factories.order()


@shared
def run(order, monday):
    """A run that is under way since 9:30 a.m. with one order for $80."""
    return door.under_way(door.run_of(order), monday)


def hand_over(order, run, *, at=None, **over):
    return actions.hand_over(order=order, run=run, answers=door.answers(order, **over), stated_at=at, by=run.driver)


def bring_back(order, run, outcome=Outcome.REFUSED, key=None):
    return actions.return_order(order=order, run=run, outcome=outcome, entry_key=key or uuid4(), by=run.driver)


def kinds():
    return list(Notification.objects.order_by("pk").values_list("kind", flat=True))


def reread(row):
    return type(row).objects.get(pk=row.pk)


def moved(order):
    return list(order.movements.order_by("pk").values_list("kind", "lot", "quantity"))


def is_in_books():
    return (rules.stock_mismatches(), rules.window_mismatches()) == ([], [])


# --- Leaving --------------------------------------------------------------------------------------------------------


def test_check_may_leave(order, monday):
    run = door.run_of(order)
    with pytest.raises(rules.RunError, match="not earlier"):
        actions.dispatch_order(order=order, by=run.driver)
    monday.move_to(run.window.starts_at, tick=False)
    actions.assign_run(orders=[order], run=None, by=run.driver)
    with pytest.raises(rules.RunError, match="into a run with a driver first"):
        actions.dispatch_order(order=order, by=run.driver)
    assert (reread(order).status, reread(run).opened_at) == ("packed", None)


def test_orders_leave_with_their_driver_once(order, monday):
    late = factories.order()
    run = door.run_of(order)
    factories.confirm(late, by=run.driver)
    actions.assign_run(orders=[late], run=run, by=run.driver)
    monday.move_to(run.window.starts_at, tick=False)
    left, refusals = actions.dispatch_run(run=run, by=run.driver)
    assert (left, refusals) == (1, [f"{late.number}: It is not packed yet."])
    assert (reread(order).status, reread(run).opened_at) == ("out_for_delivery", timezone.now())
    assert actions.dispatch_order(order=order, by=run.driver).status == "out_for_delivery"
    assert kinds().count("order_out_for_delivery") == 1
    with pytest.raises(rules.TransitionError):
        actions.assign_run(orders=[order], run=None, by=run.driver)


def test_an_order_without_certification_does_not_leave(order, monday):
    run = door.run_of(order)
    with unguarded():
        order.patient.certifications.update(expires_date=run.window.date)  # its last day was yesterday
    monday.move_to(run.window.starts_at, tick=False)
    with pytest.raises(rules.CertificationNotValid, match="Do not deliver"):
        actions.dispatch_order(order=order, by=run.driver)


def test_what_nobody_answered_is_left_out_when_the_order_leaves(monday):
    """The bags are packed, so the driver reads what to take out, and which bag stays here."""
    tincture = factories.product()
    order = factories.order(lines=[(tincture, 2), (factories.product(price_cents=2000), 3)])
    only = factories.order(lines=[(tincture, 2)])
    run = door.run_of(order, only)
    for each in (order, only):
        line = each.lines.get(product=tincture)
        actions.change_order(order=each, line=line, kind="lessen", quantity=1, by=run.driver)
    monday.move_to(run.window.starts_at, tick=False)
    left, sentences = actions.dispatch_run(run=run, by=run.driver)
    assert (left, sentences) == (1, [
        f"Take 1 × {tincture.name} out of order {order.number}: nobody answered, and it is left out.",
        f"Leave order {only.number} here: nothing of it is left, and it is cancelled.",
    ])  # fmt: skip
    assert (reread(order).status, reread(order).subtotal_cents) == ("out_for_delivery", 6000)
    hand_over(order, reread(run), cash_cents=6000)
    assert is_in_books()


# --- Handing over ---------------------------------------------------------------------------------------------------


def test_a_hand_over_sells_the_stock_and_keeps_place_and_allotment(order, run):
    product, before = Product.objects.get(), rules.used_by_day(patient=order.patient, **span(order))
    made = hand_over(order, run, cash_cents=8500)
    assert (made.amount_due_cents, made.cash_cents, made.debit_cents, made.tip_cents) == (8000, 8500, 0, 500)
    assert (made.id_state, made.id_number, made.received_by) == ("CT", "123 456 780", "patient")
    assert reread(order).status == "delivered"
    assert moved(order)[-2:] == [("released", "LOT-1", 2), ("sold", "LOT-1", -2)]
    assert (reread(product).stock, reread(run.window).booked) == (48, 1)
    assert rules.used_by_day(patient=order.patient, **span(order)) == before
    assert is_in_books()
    receipt = Notification.objects.get(kind="order_delivered")
    assert receipt.context["tip_cents"] == 500


def span(order):
    return {"first": order.window.date, "last": order.window.date}


def test_a_hand_over_that_is_sent_twice_or_hours_late_is_one(order, run, monday):
    at = timezone.now() + timedelta(minutes=30)
    monday.move_to(at + timedelta(hours=3), tick=False)
    made = hand_over(order, run, at=at)
    monday.move_to(at + timedelta(hours=4), tick=False)
    assert hand_over(order, run) == made
    assert (made.stated_at, made.recorded_at) == (at, at + timedelta(hours=3))
    assert (HandOver.objects.count(), kinds().count("order_delivered")) == (1, 1)
    with pytest.raises(rules.HandOverError, match="handed over at 10 a.m. already, for \\$80.00"):
        hand_over(order, run, cash_cents=9000)


def test_check_is_same_hand_over():
    found = HandOver(run_id=1, received_by="patient", cash_cents=8000, debit_cents=0, stated_at=timezone.now())
    rules.check_is_same_hand_over(found, Run(pk=1), door.answers())
    for run, answers in [(Run(pk=1), door.answers(debit_cents=1)), (Run(pk=2), door.answers())]:  # 2 is another run
        with pytest.raises(rules.HandOverError):
            rules.check_is_same_hand_over(found, run, answers)


def test_check_is_same_attempt():
    found = DoorAttempt(order_id=1, outcome="nobody_home", comes_back=False)
    rules.check_is_same_attempt(found, Order(pk=1), outcome="nobody_home", comes_back=False)
    for order, outcome in [(Order(pk=2), "nobody_home"), (Order(pk=1), "no_card")]:
        with pytest.raises(rules.HandOverError, match="was entered from this form already"):
            rules.check_is_same_attempt(found, order, outcome=outcome, comes_back=False)


@pytest.mark.once
@pytest.mark.parametrize(
    ("cash", "debit", "sentence"),
    [
        (8350, 0, ""),
        (0, 8350, ""),
        (4000, 4350, ""),
        (85000, 0, ""),  # the tip is asked about
        (8349, 0, "$83.49 is $0.01 less than the $83.50 that is due."),
        (0, 8349, "$83.49 is $0.01 less"),
        (0, 0, "$0.00 is $83.50 less"),
        (1000, 8351, "The card pays $83.50 at most. A tip is given in cash."),
    ],
)
def test_check_money(cash, debit, sentence):
    refusal = rules.refusal_of(rules.check_money, 8350, cash_cents=cash, debit_cents=debit)
    assert sentence in refusal and bool(sentence) == bool(refusal)


@pytest.mark.once
@pytest.mark.parametrize(
    ("tip", "agreed", "passes"), [(2000, None, True), (2001, None, False), (76500, 76500, True), (76500, 2001, False)]
)
def test_check_tip(tip, agreed, passes):
    assert (rules.refusal_of(rules.check_tip, tip, agreed) == "") == passes


def test_check_answers(order, run):
    """$850 for $85.00 asks again, and nothing is written before it is confirmed."""
    for over, field in [
        ({"cash_cents": 80000}, "tip_agreed_cents"),
        ({"card_checked": False}, "card_checked"),
        ({"received_by": "caregiver"}, "received_by"),
        ({"id_number": "?"}, "id_number"),
        ({"cash_cents": 7999}, "cash_cents"),
    ]:
        with pytest.raises(rules.HandOverError) as refused:
            hand_over(order, run, **over)
        assert refused.value.field == field
    assert (HandOver.objects.count(), reread(order).status) == (0, "out_for_delivery")
    assert hand_over(order, run, cash_cents=80000, tip_agreed_cents=72000).tip_cents == 72000


@pytest.mark.once
def test_check_was_checked():
    for card, photo_id in ((False, True), (True, False)):
        with pytest.raises(rules.HandOverError):
            rules.check_was_checked(card_checked=card, photo_id_checked=photo_id)


@pytest.mark.once
@pytest.mark.parametrize(
    ("kind", "state", "number", "passes"),
    [
        ("license", "CT", "123456780", True),
        ("passport", "", "C0123456", True),
        ("license", "", "123456780", False),
        ("license", "CT", "12", False),
        ("state_id", "CT", "1" * 26, False),
        ("library", "CT", "123456780", False),
        ("license", "CT", "<script>", False),
    ],
)
def test_check_photo_id(kind, state, number, passes):
    assert (rules.refusal_of(rules.check_photo_id, kind, state, number) == "") == passes


def test_check_receiver(monday):
    now = timezone.now()
    _caregiver, child = people.guardian_of_a_child()
    adult, _helper = people.patient_with_caregiver()
    alone = factories.patient()
    taken = [
        (patient, by)
        for patient in (child, adult, alone)
        for by in ("patient", "caregiver", "neighbor")
        if not rules.refusal_of(rules.check_receiver, patient, by, patient.current_assignment, at=now)
    ]
    assert taken == [(child, "caregiver"), (adult, "patient"), (adult, "caregiver"), (alone, "patient")]


def test_check_is_certified(order, run, monday):
    """What ended while the driver is under way is not delivered; what was handed over before that, is recorded."""
    before = timezone.now() + timedelta(minutes=20)
    monday.move_to(before + timedelta(minutes=20), tick=False)
    revoke(order.patient.certifications.get())
    assert reread(order).status == "out_for_delivery"  # the driver has it: it comes back
    with pytest.raises(rules.CertificationNotValid, match="Do not deliver"):
        hand_over(order, run)
    bring_back(order, run, Outcome.NOT_CERTIFIED)
    with unguarded():
        Order.objects.update(status="out_for_delivery", ended_at=None)
    assert hand_over(order, run, at=before).stated_at == before


def revoke(certification):
    revoke_certification(certification=certification, reason="Not eligible.", by=factories.staff("Registrar"))


def test_check_stated_at(order, run):
    for minutes, passes in [(-3, False), (-1, True), (0, True), (1, False)]:
        at = run.opened_at + timedelta(minutes=minutes)
        assert (rules.refusal_of(rules.check_stated_at, at, run, now=run.opened_at) == "") == passes, minutes


def test_check_drives(order, run):
    with pytest.raises(rules.RunError, match="Another driver"):
        actions.hand_over(order=order, run=run, answers=door.answers(order), by=factories.staff("Driver"))


def test_check_is_in_run(order, run):
    other = actions.make_run(window=run.window, by=run.driver)
    with pytest.raises(rules.RunError, match="not in this run any more"):
        hand_over(order, other)


# --- Coming back ----------------------------------------------------------------------------------------------------


def test_an_order_nobody_took_is_tried_again_at_the_end(order, monday):
    second = factories.order()
    run = door.under_way(door.run_of(order, second), monday)
    key = uuid4()
    for _sent_twice in range(2):
        actions.try_later(order=order, run=run, entry_key=key, by=run.driver)
    assert list(run.orders.order_by("position")) == [second, order]
    assert DoorAttempt.objects.get().comes_back is False
    with pytest.raises(rules.HandOverError, match="“Nobody home” was entered from this form already"):
        bring_back(order, run, key=key)  # "Bring it back" of a page that was shown before
    assert reread(order).status == "out_for_delivery"
    hand_over(order, run)
    with pytest.raises(rules.TransitionError):
        actions.try_later(order=order, run=run, entry_key=uuid4(), by=run.driver)


def test_an_order_that_comes_back_gives_everything_back_once_taken_in(order, run):
    product, key = Product.objects.get(), uuid4()
    for _sent_twice in range(2):
        bring_back(order, run, Outcome.SHORT_OF_MONEY, key)
    assert (reread(order).status, reread(run.window).booked) == ("returned", 1)
    assert Notification.objects.get(kind="order_returned").context["reason"] == reread(order).ended_reason != ""
    technician = factories.staff("Technician")
    for _sent_twice in range(2):
        actions.take_in(order=order, by=technician)
    assert (reread(order).taken_in_at, reread(run.window).booked) == (timezone.now(), 0)
    assert (reread(product).stock, rules.quarantined(product, "LOT-1")) == (48, 2)
    assert is_in_books()
    with pytest.raises(rules.TransitionError):
        hand_over(order, run)


def test_check_may_take_in(order, run):
    technician = factories.staff("Technician")
    with pytest.raises(rules.HandOverError, match="has not come back"):
        actions.take_in(order=order, by=technician)
    bring_back(order, run)
    with pytest.raises(rules.HandOverError, match="Who drove this order"):
        actions.take_in(order=order, by=run.driver)


def test_the_database_keeps_a_hand_over_true(order, run):
    hand_over(order, run, cash_cents=8500)
    broken = [
        {"tip_cents": 0},
        {"debit_cents": 8001, "cash_cents": 499},
        {"card_checked": False},
        {"received_by": "caregiver"},
        {"id_state": ""},
        {"stated_at": timezone.now() + timedelta(minutes=1)},
    ]
    for columns in broken:
        with unguarded(), suppress(IntegrityError), transaction.atomic():
            HandOver.objects.update(**columns)
            pytest.fail(f"The database took {columns}.")


# --- Counting the money ---------------------------------------------------------------------------------------------


def test_money_received_is_totals_and_tips(order, monday):
    by_card, came_back = factories.order(payment_method="debit"), factories.order()
    run = door.under_way(door.run_of(order, by_card, came_back), monday)
    hand_over(order, run, cash_cents=8500)
    hand_over(by_card, run, cash_cents=1200, debit_cents=7000)
    bring_back(came_back, run)
    takings = rules.takings_of(run)
    assert (takings.cash_cents, takings.debit_cents, takings.tip_cents) == (9000, 7000, 700)
    assert takings.received_cents == takings.due_cents + takings.tip_cents == 16700


def test_check_may_settle(order, run):
    manager = factories.staff("Manager")
    with pytest.raises(rules.RunError, match="1 order of this run is neither"):
        actions.settle_run(run=run, cash_counted_cents=0, by=manager)
    hand_over(order, run, cash_cents=8500)
    with pytest.raises(rules.RunError, match="does not count its money"):
        actions.settle_run(run=run, cash_counted_cents=8000, by=run.driver)
    settled = actions.settle_run(run=run, cash_counted_cents=8000, by=manager)
    assert (settled.closed_by, settled.cash_counted_cents) == (manager, 8000)
    with pytest.raises(rules.RunError, match="is settled"):
        actions.settle_run(run=run, cash_counted_cents=8000, by=manager)
    with pytest.raises(rules.RunError, match="is settled"):
        actions.save_run(run=run, driver=run.driver, vehicle="", positions={}, by=manager)


def test_check_difference_has_reason(order, run):
    hand_over(order, run)
    manager = factories.staff("Manager")
    with pytest.raises(rules.RunError, match=r"\$79.00 is \$1.00 less than the \$80.00 expected"):
        actions.settle_run(run=run, cash_counted_cents=7900, by=manager)
    assert actions.settle_run(run=run, cash_counted_cents=7900, reason="A torn bill.", by=manager).difference_reason
    assert Run.objects.get().is_closed
    assert StockMovement.objects.filter(kind="sold").count() == 1


def test_check_nothing_is_out(order, run):
    with pytest.raises(rules.RunError, match="1 order of this run is neither"):
        rules.check_nothing_is_out(run)
    bring_back(order, run)
    with pytest.raises(rules.RunError, match=f"Order {order.number} came back and is not taken in yet"):
        actions.settle_run(run=run, cash_counted_cents=0, by=factories.staff("Manager"))
    actions.take_in(order=order, by=factories.staff("Technician"))
    rules.check_nothing_is_out(run)
