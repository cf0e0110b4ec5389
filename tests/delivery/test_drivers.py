"""What a Driver sees: the orders to be driven soon, and no search through all orders."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from delivery import actions
from delivery.models import Order
from tests import factories
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ORDERS = reverse("admin:delivery_order_changelist")


def page(order):
    return reverse("admin:delivery_order_change", args=[order.pk])


def shown(client, **query):
    return list(client.get(ORDERS, query).context["cl"].result_list)


@shared
def account():
    return factories.staff("Driver")


@shared
def confirmed(account):
    return in_run_of(account, factories.order())


@shared
def driver(account):
    return factories.client_for(account)


def in_run_of(account, order):
    """Return the order after a Pharmacist has confirmed it and a Manager has put it into a run of this driver."""
    factories.confirm(order, by=factories.staff("Pharmacist"))
    actions.make_run(window=order.window, orders=[order], driver=account, by=factories.staff("Manager"))
    return Order.objects.get(pk=order.pk)


def test_a_driver_sees_confirmed_orders_of_own_runs_of_the_next_days_alone(account, driver, confirmed):
    waiting, theirs = factories.order(), in_run_of(factories.staff("Driver"), factories.order())
    later = in_run_of(account, factories.order(into=factories.window(factories.next_wednesday(weeks=2))))
    assert shown(driver) == [confirmed]
    assert driver.get(page(confirmed)).status_code == 200
    for other in (waiting, theirs, later):
        response = driver.get(page(other), follow=True)
        assert response.request["PATH_INFO"] == reverse("admin:index")
        assert other.patient.name not in response.content.decode()


@pytest.mark.parametrize(("days", "is_seen"), [(-1, False), (0, True), (7, True), (8, False)])
def test_orders_of_today_and_seven_days_ahead_are_to_be_driven(account, confirmed, days, is_seen):
    today = confirmed.window.date - timedelta(days=days)
    assert list(Order.objects.for_drivers(today, account)) == ([confirmed] if is_seen else [])


def test_a_driver_finds_nothing_by_search_or_filter(driver, confirmed):
    past = factories.order()
    found = driver.post(ORDERS, {"q": past.number}, follow=True)
    assert list(found.context["cl"].result_list) == [confirmed]
    assert b"changelist-search" not in driver.get(ORDERS).content
    assert driver.get(ORDERS, {"status": "all"}).url == ORDERS


@pytest.mark.parametrize("group", ["Pharmacist", "Technician", "Manager", "Auditor"])
def test_staff_who_work_on_orders_see_and_find_all_orders(group, confirmed):
    waiting, client = factories.order(), factories.client_for(factories.staff(group))
    assert shown(client) == [waiting]
    assert set(shown(client, status="all")) == {waiting, confirmed}
    found = client.post(ORDERS, {"q": confirmed.number}, follow=True)
    assert list(found.context["cl"].result_list) == [confirmed]


def test_a_drivers_day_is_the_day_in_new_york(account, confirmed, time_machine):
    time_machine.move_to(confirmed.window.ends_at, tick=False)
    assert timezone.localdate() == confirmed.window.date
    assert shown(factories.client_for(account)) == [confirmed]
