"""The day that the staff's start page is about, and a portal in which nothing waits."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from delivery import actions
from delivery.models import DeliveryWindow, Order
from notifications.actions import queue
from pages import start_days
from pages.start_days import OrderCount
from tests import factories
from tests.delivery import door
from tests.delivery.people import words_of
from tests.guard import unguarded
from tests.pages.starts import Numbers, start_of

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
    assert (row.where, row.needs_look, row.done.count, row.orders.count) == (where, needs_look, done, 3 * len(statuses))
    assert row.name == ("Morning 1" if row.url else "Morning")


@pytest.mark.once
def test_a_run_says_from_when_to_when_its_plan_takes_it():
    first, second, third = (BEFORE + timedelta(hours=2, minutes=minutes) for minutes in (5, 50, 95))
    rows = [
        *orders_of_run("delivered", planned_from=first, planned_to=second),
        *orders_of_run("packed", planned_from=second, planned_to=third),
        *orders_of_run("confirmed"),
    ]
    (row,) = start_days.runs([WINDOW], rows, DURING)
    assert (row.planned_from, row.planned_to) == (first, third)
    (row,) = start_days.runs([WINDOW], orders_of_run("confirmed"), DURING)
    assert (row.planned_from, row.planned_to) == (None, None)


def test_the_page_shows_when_a_run_is_planned():
    run = door.run_of(factories.order(), factories.order())
    client = factories.client_for(factories.staff("Manager"))
    first, last = sorted(timezone.localtime(order.planned_at) for order in run.orders.all())
    assert f"{first:%-I:%M} to {last:%-I:%M}" in words_of(client.get(reverse("admin:index")))
    with unguarded():
        run.orders.update(planned_at=None)
    assert "not planned" in words_of(client.get(reverse("admin:index")))


def test_a_run_on_its_way_names_its_last_stop(time_machine):
    first, second = (factories.order(address=factories.address(city=city)) for city in ("Milford", "Orange"))
    run = door.under_way(door.run_of(first, second), time_machine)
    manager = factories.staff("Manager")
    assert [row.last_stop for row in start_of(manager).runs] == [""]
    actions.hand_over(order=first, run=run, answers=door.answers(first), by=run.driver)
    (row,) = start_of(manager).runs
    assert (row.where, row.last_stop, row.done.count) == ("On its way", "Milford, 9:30 a.m.", 1)
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
    assert (last.day, last.total.count, last.money_cents, last.settled.count, last.runs.count) == (day, 2, 8000, 0, 1)
    assert [figure.count for figure in last.ends] == [1, 0, 1]
    client = factories.client_for(factories.staff("Manager"))
    for figure in (*last.ends, last.total, last.settled, last.runs):
        assert client.get(figure.url).context["cl"].paginator.count == figure.count
    assert "1 of 2" in words_of(client.get(reverse("admin:index")))


# --- Numbers --------------------------------------------------------------------------------------------------------


def delivered_and_to_deliver(time_machine):
    """Return an order of the last day, which was delivered, and two of the next: one in a run, and one in none."""
    delivered = factories.order()
    run = door.under_way(door.run_of(delivered), time_machine)
    actions.hand_over(order=delivered, run=run, answers=door.answers(delivered), by=run.driver)
    time_machine.shift(timedelta(days=1))
    actions.make_windows(today=timezone.localdate(), by=None)
    low = factories.product(name="Elm City Ground", detail="7 g", stock=4, low_stock_at=3)
    planned = factories.order(lines=[(low, 2)])
    door.run_of(planned)
    return Order.objects.get(pk=delivered.pk), planned, factories.order()


def test_each_number_of_runs_products_and_money_is_in_a_link(time_machine):
    delivered_and_to_deliver(time_machine)
    for group in ("Pharmacist", "Manager", "Technician", "Auditor"):
        page = factories.client_for(factories.staff(group)).get(reverse("admin:index")).content.decode()
        found = Numbers(page)
        assert found.bare == [], group
        assert {"$80.00", "1", "2"} <= set(found.linked), group
        assert "of 20 places taken" in found.excused


def test_the_numbers_of_runs_products_and_money_lead_to_just_those_rows(time_machine):
    delivered, planned, alone = delivered_and_to_deliver(time_machine)
    client = factories.client_for(factories.staff("Manager"))
    start = start_of(factories.staff("Manager"))
    in_run, without_run = start.runs

    def listed(url):
        response = client.get(url)
        assert response.status_code == 200, url
        return list(response.context["cl"].result_list)

    assert (listed(in_run.orders.url), listed(without_run.orders.url)) == ([planned], [alone])
    assert (listed(in_run.done.url), in_run.done.count) == ([], 0)
    assert [(row.ordered, listed(row.orders_url)) for row in start.low] == [(2, [planned])]
    assert listed(start.last.money_url) == [delivered.hand_over]
    assert (listed(start.last.total.url), listed(start.last.runs.url)) == ([delivered], [delivered.run])


def test_the_money_leads_whoever_sees_no_hand_overs_to_the_runs(time_machine):
    delivered, *_others = delivered_and_to_deliver(time_machine)
    technician = factories.staff("Technician")
    response = factories.client_for(technician).get(start_of(technician).last.money_url)
    assert list(response.context["cl"].result_list) == [delivered.run]


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
