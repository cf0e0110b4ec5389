"""The mail of a morning or an evening to staff: to each group what it does, once, and only when something waits."""

from datetime import UTC, datetime, timedelta

import pytest

from delivery.models import Product
from notifications.models import Notification
from pages.actions import queue_staff_summaries
from pages.emails import staff_summary
from pages.rules import summary_due
from tests import factories
from tests.guard import unguarded
from tests.mails import delivered

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # 7 in the morning in New York
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to(MONDAY, tick=False)
    return time_machine


def nouns(account):
    words = staff_summary(Notification.objects.filter(recipient=account.email).latest("pk"))
    return words and [f"{figure.count} {figure.noun}" for figure in words["figures"]]


def queue(now=MONDAY):
    return queue_staff_summaries(now=now, by=None)


@pytest.mark.once
@pytest.mark.parametrize(
    ("local", "delivers", "part"),
    [
        ("2026-11-23T06:59", True, None), ("2026-11-23T07:00", False, "morning"), ("2026-11-23T12:00", True, None),
        ("2026-11-22T07:00", True, None), ("2026-11-24T17:00", True, "evening"), ("2026-11-24T17:00", False, None),
        ("2026-11-24T22:00", True, None), ("2026-11-28T17:00", True, "evening"),
    ],
)  # fmt: skip
def test_summary_due(local, delivers, part):
    assert summary_due(datetime.fromisoformat(f"{local}-05:00"), delivers_tomorrow=delivers) == part


def test_each_group_reads_what_it_does():
    factories.order(lines=[(factories.product(stock=3), 2)])
    factories.application()
    pharmacist, registrar = factories.staff("Pharmacist"), factories.staff("Registrar")
    driver, auditor = factories.staff("Driver"), factories.staff("Auditor")
    assert (queue(), queue(), queue(MONDAY + HOUR)) == (2, 2, 2)
    assert Notification.objects.filter(kind="staff_summary").count() == 2
    assert nouns(pharmacist) == ["1 order to review", "1 product runs low"]
    assert nouns(registrar) == ["1 application", "3 proofs to verify"] or nouns(registrar) == ["1 application"]
    assert not Notification.objects.filter(recipient__in=[driver.email, auditor.email]).exists()


def test_nothing_is_sent_when_nothing_waits():
    account = factories.staff("Technician")
    queue()
    assert nouns(account) is None
    assert delivered() == []
    assert Notification.objects.get().status == "cancelled"


def test_the_evening_before_a_delivery_day_names_tomorrows_orders(monday):
    factories.order()
    account, tuesday = factories.staff("Technician"), MONDAY + timedelta(hours=34)  # 5 p.m.
    assert queue(tuesday - HOUR) == 0
    monday.move_to(tuesday)
    assert queue(tuesday) == 1
    assert nouns(account) == ["1 order for tomorrow"]
    message = next(mail for mail in delivered() if mail.to == [account.email])
    assert message.subject == "Tomorrow is a delivery day: what waits"
    assert "Wednesday, November 25, 2026" in message.body and "Delgado" not in message.body
    monday.move_to(tuesday + timedelta(days=1))
    assert nouns(account) is None


def test_a_manager_reads_of_counts_that_do_not_add_up():
    product, account = factories.product(), factories.staff("Manager")
    with unguarded():
        Product.objects.filter(pk=product.pk).update(stock=7)
    queue()
    assert "1 stock count that does not add up" in nouns(account)
