"""What staff type in from paper after an outage: the run left, orders were handed over or came back."""

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Event
from delivery import actions, rules
from delivery.models import DoorAttempt, HandOver, Order, Run
from notifications.models import Notification
from tests import factories
from tests.delivery import door
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def manager():
    return factories.staff("Manager", first_name="Mary")


@shared
def order():
    return factories.order()


@shared
def run(order, monday):
    """A run with one packed order for $80; it is 2 p.m., and the portal was down since 9:25."""
    run = door.run_of(order, driver=factories.staff("Driver", first_name="Dan"))
    monday.move_to(run.window.starts_at + timedelta(hours=4, minutes=30), tick=False)
    return run


def left(run, by, minutes=10):
    """Record that the run left so many minutes after its window began; return it."""
    actions.dispatch_run(run=run, by=by, left_at=run.window.starts_at + timedelta(minutes=minutes))
    return Run.objects.select_related("window", "driver").get(pk=run.pk)


def typed(order, run, by, *, minutes=45, **over):
    at = run.window.starts_at + timedelta(minutes=minutes)
    return actions.hand_over(
        order=order, run=run, answers=door.answers(order, **over), stated_at=at, is_from_paper=True, by=by
    )


def reread(row):
    return type(row).objects.get(pk=row.pk)


def test_a_run_that_left_on_paper_gets_the_papers_time_and_no_mail(order, run, manager):
    sent, sentences = actions.dispatch_run(
        run=run, by=manager, left_at=run.window.starts_at + timedelta(minutes=10), orders=[order.pk]
    )
    assert (sent, sentences) == (1, [])
    assert reread(run).opened_at == run.window.starts_at + timedelta(minutes=10)
    assert reread(order).status == "out_for_delivery"
    assert not Notification.objects.filter(kind="order_out_for_delivery").exists()
    assert Event.objects.get(action="order.dispatch").reason == "from paper"


def test_an_order_that_stayed_does_not_leave_on_paper(order, run, manager):
    assert actions.dispatch_run(run=run, by=manager, left_at=timezone.now(), orders=[]) == (0, [])
    assert (reread(order).status, reread(run).opened_at) == ("packed", None)


def test_the_earliest_departure_counts(order, run, manager):
    late = left(run, manager, minutes=200)  # then the first papers are found
    with unguarded():
        Order.objects.update(status="packed")
    assert left(late, manager).opened_at == run.window.starts_at + timedelta(minutes=10)


def test_check_left_at(run):
    now, begin = timezone.now(), run.window.starts_at
    for at, passes in [(now, True), (now + timedelta(minutes=1), False), (begin - timedelta(days=1), False)]:
        assert (rules.refusal_of(rules.check_left_at, at, run, now=now) == "") == passes


def test_a_hand_over_from_paper_names_the_driver_and_who_typed_it(order, run, manager):
    run = left(run, manager)
    made = typed(order, run, manager, cash_cents=8500, tip_agreed_cents=500)
    assert (made.by, made.typed_by, made.tip_cents) == (run.driver, manager, 500)
    assert made.stated_at == run.window.starts_at + timedelta(minutes=45) < made.recorded_at == timezone.now()
    assert Event.objects.get(action="order.hand_over").actor_id == manager.pk
    assert typed(order, run, manager, cash_cents=8500, tip_agreed_cents=500) == made  # typed in twice
    assert HandOver.objects.count() == 1
    assert (rules.stock_mismatches(), rules.window_mismatches()) == ([], [])


def test_attempts_from_paper_name_both_as_well(order, run, manager):
    run = left(run, manager)
    at = {"stated_at": run.window.starts_at + timedelta(hours=1), "is_from_paper": True, "by": manager}
    actions.try_later(order=order, run=run, entry_key=uuid4(), **at)
    actions.return_order(order=order, run=run, outcome="refused", entry_key=uuid4(), **at)
    assert [(each.by, each.typed_by) for each in DoorAttempt.objects.all()] == [(run.driver, manager)] * 2
    assert reread(order).status == "returned"


def test_the_same_rules_hold_as_at_the_door(order, run, manager):
    """Before the run left, in the future, too little money, no card: nothing is written."""
    with pytest.raises(rules.TransitionError, match="has not left yet. Record first that it left"):
        typed(order, run, manager)
    run = left(run, manager)
    for over, sentence in [
        ({"minutes": 5}, "The run had not left at 9:35 a.m."),
        ({"minutes": 271}, "has not come yet"),
        ({"cash_cents": 7999}, r"\$0.01 less"),
        ({"card_checked": False}, "Look at the medical marijuana card"),
    ]:
        with pytest.raises(rules.HandOverError, match=sentence):
            typed(order, run, manager, **over)
    assert (HandOver.objects.count(), reread(order).status) == (0, "out_for_delivery")


def test_check_tip_on_paper(order):
    for cash, debit, written, passes in [
        (8000, 0, None, True), (8500, 0, 500, True), (8500, 0, None, False), (8500, 0, 400, False),
        (85000, 0, 77000, True), (7999, 0, None, True), (2000, 6500, 500, True),
    ]:  # fmt: skip
        answers = door.answers(cash_cents=cash, debit_cents=debit, tip_agreed_cents=written)
        at_door = rules.AtDoor(order, list(order.lines.all()), None, None)
        assert (rules.refusal_of(rules.check_tip_on_paper, answers, at_door) == "") == passes, (cash, written)


def test_an_order_that_another_driver_handed_over_says_who_and_when(order, run, manager):
    run = left(run, manager)
    typed(order, run, manager)
    other = actions.make_run(window=run.window, driver=factories.staff("Driver"), by=manager)
    with pytest.raises(rules.HandOverError, match=r"Dan handed this order over at 10:15 a.m., for \$80.00."):
        typed(order, other, manager)


def test_check_is_not_handed_over(order, run, manager):
    run = left(run, manager)
    rules.check_is_not_handed_over(order, run)
    typed(order, run, manager)
    with pytest.raises(rules.HandOverError, match="was handed over at 10:15 a.m. already"):
        rules.check_is_not_handed_over(order, run)
    with pytest.raises(rules.HandOverError, match="Dan handed this order over"):
        rules.check_is_not_handed_over(order, Run(driver_id=manager.pk))


def test_check_is_typed_for_its_run(order, run, manager):
    other = actions.make_run(window=run.window, driver=factories.staff("Driver"), by=manager)
    alone = factories.order()
    rules.check_is_typed_for_its_run(reread(order), run)
    with pytest.raises(rules.RunError, match="is in Morning 1, not in this run"):
        rules.check_is_typed_for_its_run(reread(order), other)
    with pytest.raises(rules.RunError, match="is in no run, and it is placed"):
        rules.check_is_typed_for_its_run(reread(alone), run)


def test_the_database_keeps_that_another_typed_it(order, run, manager):
    run = left(run, manager)
    typed(order, run, manager)
    with unguarded(), suppress(IntegrityError), transaction.atomic():
        HandOver.objects.update(typed_by=run.driver)
        pytest.fail("The database took it.")
    assert HandOver.objects.get().typed_by == manager


def test_a_snow_day_takes_back_no_order_that_left_on_paper(monday, manager):
    """The day is closed at 10 a.m.: what left stays and is typed in later, what stayed is cancelled and says so."""
    gone, stayed = factories.order(), factories.order()
    run = door.run_of(gone, stayed)
    monday.move_to(run.window.starts_at + timedelta(minutes=30), tick=False)
    actions.dispatch_run(run=run, by=manager, left_at=run.window.starts_at, orders=[gone.pk])
    actions.close_date(day=run.window.date, reason="Heavy snow", is_moving=False, by=manager)
    monday.move_to(run.window.starts_at + timedelta(hours=4, minutes=30), tick=False)
    run = Run.objects.select_related("window", "driver").get(pk=run.pk)
    assert typed(gone, run, manager).typed_by == manager
    with pytest.raises(rules.RunError, match="is in no run, and it is cancelled"):
        typed(stayed, run, manager)
    settled = actions.settle_run(run=run, cash_counted_cents=8000, by=manager)
    assert (settled.cash_counted_cents, rules.window_mismatches(), rules.stock_mismatches()) == (8000, [], [])
