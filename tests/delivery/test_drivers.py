"""What a Driver sees: the own open runs, and nothing of the orders, windows and closures of others."""

import pytest
from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.auth.models import Group
from django.urls import reverse

from delivery import actions, rules
from delivery.models import DeliveryWindow, Run
from tests import factories
from tests.delivery import door
from tests.delivery.people import words_of
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ORDERS = reverse("admin:delivery_order_changelist")
RUNS = reverse("delivery:run-list")


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
    return order


def test_a_driver_may_drive_and_check_cards_and_nothing_else():
    codes = Group.objects.get(name="Driver").permissions.values_list("content_type__app_label", "codename")
    assert set(codes) == {("delivery", "drive_run"), ("certification", "check_card")}


def test_a_driver_opens_no_list_or_row_of_the_admin_not_even_of_the_own_run(driver, confirmed):
    rows = (confirmed, confirmed.window, Run.objects.get(), confirmed.patient, confirmed.certification)
    closed = [reverse(admin_urlname(model._meta, "changelist")) for model in admin.site._registry]
    closed += [reverse(admin_urlname(row._meta, "change"), args=[row.pk]) for row in rows]
    assert {address: driver.get(address).status_code for address in closed} == dict.fromkeys(closed, 403)
    found = driver.post(ORDERS, {"q": confirmed.number}, follow=True)
    assert found.status_code == 403 and confirmed.number not in found.content.decode()


def test_a_driver_lands_on_the_own_runs_after_signing_in(driver, confirmed):
    page = driver.get(reverse("accounts:role"), follow=True)
    assert page.redirect_chain[-1] == (RUNS, 302)
    shown = words_of(page)
    assert "Morning 1" in shown and "My runs" in shown
    assert "Administration" not in shown and confirmed.patient.name not in shown


def test_only_drives_is_a_driver_who_may_do_nothing_else(account):
    assert rules.only_drives(account)
    both = factories.staff("Driver", "Technician")
    others = [
        both,
        factories.staff("Technician"),
        factories.staff("Driver", is_superuser=True),
        factories.patient().user,
    ]
    assert not any(rules.only_drives(other) for other in others)
    page = factories.client_for(both).get(reverse("admin:index"))
    assert page.status_code == 200 and "Administration" in words_of(factories.client_for(both).get(RUNS))


def test_a_driver_sees_the_own_open_runs_and_the_next_first(account, driver, confirmed):
    later = in_run_of(account, factories.order(into=factories.window(factories.next_wednesday(weeks=2))))
    theirs = in_run_of(factories.staff("Driver"), factories.order())
    assert [row.run.pk for row in driver.get(RUNS).context["rows"]] == [
        Run.objects.get(orders=confirmed).pk, Run.objects.get(orders=later).pk,
    ]  # fmt: skip
    sheet = reverse("delivery:run-detail", args=[Run.objects.get(orders=confirmed).uuid])
    assert confirmed.patient.name in words_of(driver.get(sheet))
    assert driver.get(reverse("delivery:run-detail", args=[Run.objects.get(orders=theirs).uuid])).status_code == 404


def test_a_driver_brings_an_order_to_its_end_without_any_right_in_the_admin(time_machine):
    order = factories.order()
    run = door.run_of(order)
    time_machine.move_to(run.window.starts_at, tick=False)
    client = factories.client_for(run.driver)
    assert client.post(reverse("delivery:run-leave", args=[run.uuid])).status_code == 302
    typed = door.typed(order, entry_key="4f7b5a3e-7a45-4cf3-9a0c-0f7d9f6f2c11")
    client.post(reverse("delivery:run-hand-over", args=[run.uuid, order.number]), typed)
    assert type(order).objects.get().status == "delivered"


def test_a_drivers_run_is_gone_once_its_money_is_counted(account, driver, confirmed):
    assert DeliveryWindow.objects.get(orders=confirmed).runs.get().driver == account
    actions.cancel_order(order=confirmed, reason="A storm.", by=factories.staff("Manager"))
    run = Run.objects.get()
    actions.settle_run(run=run, cash_counted_cents=0, reason="", by=factories.staff("Manager"))
    assert driver.get(RUNS).context["rows"] == []
    assert driver.get(reverse("delivery:run-detail", args=[run.uuid])).status_code == 404


@pytest.mark.parametrize("group", ["Pharmacist", "Technician", "Manager", "Auditor"])
def test_staff_who_work_on_orders_see_and_find_all_orders(group, confirmed):
    waiting, client = factories.order(), factories.client_for(factories.staff(group))

    def shown(**query):
        return list(client.get(ORDERS, query).context["cl"].result_list)

    assert set(shown(status="all")) == {waiting, confirmed}
    found = client.post(ORDERS, {"q": confirmed.number}, follow=True)
    assert list(found.context["cl"].result_list) == [confirmed]
