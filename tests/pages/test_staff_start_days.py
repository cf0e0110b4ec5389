"""The day that the staff's start page is about, and a portal in which nothing waits."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from delivery import actions
from delivery.models import DeliveryWindow
from notifications.actions import queue
from pages import start_days
from pages.start_days import OrderCount
from tests import factories
from tests.delivery import door
from tests.delivery.people import words_of
from tests.guard import unguarded
from tests.pages.starts import start_of

pytestmark = pytest.mark.django_db


def test_an_empty_portal_says_that_nothing_waits():
    with unguarded():
        DeliveryWindow.objects.all().delete()
    text = factories.client_for(factories.staff("Pharmacist")).get(reverse("admin:index")).content.decode()
    assert "No delivery day is planned" in text and "Nothing waits for you." in text


def test_todays_windows_are_shown_until_the_last_has_ended():
    user, today = factories.staff("Pharmacist"), factories.window().date
    ends = max(window.ends_at for window in DeliveryWindow.objects.filter(date=today))
    assert start_of(user, now=ends - timedelta(minutes=1)).day == today
    assert start_of(user, now=ends).day == today + timedelta(days=7)


# --- Runs -----------------------------------------------------------------------------------------------------------

WINDOW = DeliveryWindow(pk=1, date=date(2026, 11, 25), starts=time(9, 30), ends=time(13, 30), capacity=20)
BEFORE, DURING, AFTER = (datetime(2026, 11, 25, hour, tzinfo=ZoneInfo("America/New_York")) for hour in (8, 11, 14))


def orders_of_run(*statuses, **over):
    facts = {"run_id": 7, "run_number": 1, "driver": "Luis", "driver_email": "l@example.org", "vehicle": "van 2",
             "opened_at": None, "closed_at": None, "money_cents": None}  # fmt: skip
    return [OrderCount(WINDOW.date, 1, status, count=3, **{**facts, **over}) for status in statuses]


@pytest.mark.once
@pytest.mark.parametrize(
    ("statuses", "over", "now", "where", "needs_look", "done"),
    [
        (["packed"], {}, BEFORE, "Planned", False, 0),
        (["packed"], {}, DURING, "Late", True, 0),
        (["packed"], {"driver": None, "driver_email": None}, BEFORE, "Needs a driver", True, 0),
        (["placed"], {"run_id": None, "run_number": None}, BEFORE, "Needs a run", True, 0),
        (["out_for_delivery", "delivered"], {"opened_at": BEFORE}, DURING, "On its way", False, 3),
        (["out_for_delivery", "delivered"], {"opened_at": BEFORE}, AFTER, "Late", True, 3),
        (["returned", "delivered"], {"opened_at": BEFORE}, AFTER, "All orders done", False, 6),
        (["delivered"], {"opened_at": BEFORE, "closed_at": AFTER}, AFTER, "Settled", False, 3),
    ],
)
def test_a_run_says_where_it_is_and_whether_somebody_should_look(statuses, over, now, where, needs_look, done):
    (row,) = start_days.runs([WINDOW], orders_of_run(*statuses, **over), now)
    assert (row.where, row.needs_look, row.done, row.orders) == (where, needs_look, done, 3 * len(statuses))
    assert row.name == ("Morning 1" if row.url else "Morning")


def test_a_run_on_its_way_names_its_last_stop(time_machine):
    first, second = (factories.order(address=factories.address(city=city)) for city in ("Milford", "Orange"))
    run = door.under_way(door.run_of(first, second), time_machine)
    manager = factories.staff("Manager")
    assert [row.last_stop for row in start_of(manager).runs] == [""]
    actions.hand_over(order=first, run=run, answers=door.answers(first), by=run.driver)
    (row,) = start_of(manager).runs
    assert (row.where, row.last_stop, row.done) == ("On its way", "Milford, 9:30 a.m.", 1)
    assert "last stop Milford, 9:30 a.m." in words_of(factories.client_for(manager).get(reverse("admin:index")))


@pytest.mark.once
def test_orders_that_were_cancelled_need_no_run():
    assert start_days.runs([WINDOW], orders_of_run("cancelled", "lapsed", run_id=None, run_number=None), BEFORE) == []


# --- The last day ---------------------------------------------------------------------------------------------------


def test_the_last_day_says_what_became_of_its_orders(time_machine):
    delivered, _lapsed = factories.order(), factories.order()
    run = door.under_way(door.run_of(delivered), time_machine)
    actions.hand_over(order=delivered, run=run, answers=door.answers(delivered, cash_cents=9000), by=run.driver)
    day = delivered.window.date
    time_machine.shift(timedelta(days=1))
    actions.lapse_orders(now=timezone.now(), by=None)
    actions.make_windows(today=timezone.localdate(), by=None)
    last = start_of(factories.staff("Manager")).last
    assert (last.day, last.total, last.money_cents, last.settled.count, last.runs) == (day, 2, 8000, 0, 1)
    assert [figure.count for figure in last.ends] == [1, 0, 1]
    client = factories.client_for(factories.staff("Manager"))
    for figure in last.ends:
        assert client.get(figure.url).context["cl"].paginator.count == figure.count
    assert "1 of 2" in words_of(client.get(reverse("admin:index")))


# --- Calls, the button, searches ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("group", "is_named"), [("Pharmacist", True), ("Manager", True), ("Registrar", False)])
def test_a_call_names_the_patient_to_readers_of_the_order(group, is_named):
    order = factories.order()
    queue(
        kind="order_moved", recipient="+12035550199", dedupe_key="call", context={"order": order.pk}, channel="phone",
        by=None,
    )  # fmt: skip
    (call,) = start_of(factories.staff(group)).calls
    assert call.person == (order.patient.name if is_named else "")


def test_the_button_offers_the_readers_own_first_work_and_gold_marks_what_waits_for_long(time_machine):
    factories.order()
    text = words_of(factories.client_for(factories.staff("Pharmacist")).get(reverse("admin:index")))
    assert "Review 1 order" in text
    time_machine.move_to(timezone.now() + timedelta(days=5))
    pharmacist, manager = (start_of(factories.staff(group)) for group in ("Pharmacist", "Manager"))
    assert (pharmacist.works[0].works[0].late_days, manager.primary) == (5, None)


def test_no_list_opens_on_an_old_search():
    order, client = factories.order(), factories.client_for(factories.staff("Pharmacist"))
    orders = reverse("admin:delivery_order_changelist")
    found = client.post(orders, {"q": "nobody is called so"}, follow=True)
    assert order.number not in found.content.decode()
    client.get(reverse("admin:index"))
    assert order.number in client.get(orders).content.decode()
