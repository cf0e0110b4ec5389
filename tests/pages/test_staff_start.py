"""The staff's start page: each number is that of the list it links to, and each group reads its own work first."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from delivery.models import Order, Product
from notifications.models import Notification
from tests import factories
from tests.access import STAFF
from tests.accounts.test_resets import asked
from tests.guard import unguarded
from tests.pages.starts import Numbers, start_of
from tests.world import world  # noqa: F401  the fixture

READERS = [role for role in STAFF if role != "Driver"]  # a driver is led to the own runs

pytestmark = [pytest.mark.django_db, pytest.mark.once]
NUMBER = re.compile(r'<a class="start__number"\s+href="([^"]+)"\s+aria-label="(\d+) ([^"]+)"')


@pytest.fixture
def portal(world):  # noqa: F811
    """A portal in which something waits in every queue."""
    order = world.foreign["order"]
    with unguarded():
        order.certification.expires_date = order.window.date
        order.certification.save()
        Product.objects.filter(pk=order.lines.get().product_id).update(stock=2)
        Notification.objects.create(
            kind="renewal_reminder", recipient="rosa@example.org", dedupe_key="failed", status="failed",
            due_at=timezone.now(), last_error="SMTPRecipientsRefused 550",
        )  # fmt: skip
        for number in range(3):
            Notification.objects.create(
                kind="renewal_reminder", channel="phone", recipient="+12035550199", dedupe_key=f"call {number}",
                due_at=timezone.now(), context={"certification": order.certification_id, "reminder": "30 days"},
            )  # fmt: skip
        Notification.objects.filter(dedupe_key="call 0").update(created_at=timezone.now() - timedelta(hours=3))
        Notification.objects.filter(dedupe_key="call 1").update(channel="letter")
    return world


def numbers_of(client):
    page = client.get(reverse("admin:index"))
    assert page.status_code == 200
    return [(unescape(url), int(count), noun) for url, count, noun in NUMBER.findall(page.content.decode())]


def test_the_lists_of_an_app_say_nothing_about_the_next_delivery_day(portal):
    client = portal.clients["Pharmacist"]
    page = client.get(reverse("admin:app_list", args=["dispensing"])).content.decode()
    assert "<h1>Dispensing</h1>" in page and "Monitoring report files" in page
    assert "What waits" not in page and "delivery day" not in page
    link = f'<a href="{reverse("admin:app_list", args=["dispensing"])}"'
    assert link in client.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("role", READERS)
def test_each_number_is_that_of_the_list_it_links_to(role, portal):
    found = numbers_of(portal.clients[role])
    assert len(found) >= 3
    for url, count, noun in found:
        rows = portal.clients[role].get(url)
        assert rows.status_code == 200, url
        assert rows.context["cl"].paginator.count == count, noun


@pytest.mark.parametrize("role", READERS)
def test_each_number_of_the_page_is_in_a_link_or_counts_no_rows(role, portal):
    numbers = Numbers(portal.clients[role].get(reverse("admin:index")).content.decode())
    assert numbers.bare == []
    assert numbers.linked


@pytest.mark.parametrize(
    ("role", "nouns"),
    [("Pharmacist", {"orders to review", "order after its certification ends", "confirmed", "calls to make",
                     "urgent call or letter older than 2 hours", "letter to print and post", "text to read"}),
     ("Technician", {"orders to review", "confirmed order to pack", "on the waiting list"}),
     ("Registrar", {"application", "proof to verify", "lost phone", "calls to make", "message that failed"}),
     ("Manager", {"messages to answer", "lost phone", "application", "orders to review"})],
)  # fmt: skip
def test_a_group_reads_what_it_may_open(role, nouns, portal):
    found = {noun for _url, _count, noun in numbers_of(portal.clients[role])}
    assert found >= nouns


@pytest.mark.parametrize("role", READERS)
def test_an_urgent_call_stands_on_the_page_of_all_who_see_messages_when_it_is_two_hours_old(role, portal):
    late = "urgent call or letter older than 2 hours"
    seen = [(url, count) for url, count, noun in numbers_of(portal.clients[role]) if noun == late]
    assert [count for _url, count in seen] == [1] * (role != "Technician")
    for url, _count in seen:
        assert [row.dedupe_key for row in portal.clients[role].get(url).context["cl"].result_list] == ["call 0"]
    with unguarded():
        minutes = timedelta(hours=1, minutes=59)
        Notification.objects.filter(dedupe_key="call 0").update(created_at=timezone.now() - minutes)
    assert late not in {noun for _url, _count, noun in numbers_of(portal.clients[role])}


@pytest.mark.parametrize("role", ["Pharmacist", "Registrar", "Technician", "Manager"])
def test_the_readers_own_group_comes_first(role, portal):
    works = start_of(portal.accounts[role]).works
    assert works[0].group == role and works[0].is_readers_own
    assert f"You, as {role}" in portal.clients[role].get(reverse("admin:index")).content.decode()


def test_a_number_says_since_when_the_oldest_waits(portal):
    works = start_of(portal.accounts["Pharmacist"]).works
    waiting = Order.objects.filter(status="placed").order_by("placed_at")
    to_reach, to_review = (
        next(work for work in works[0].works if noun in work.figure.noun) for noun in ("about a recall", "to review")
    )
    assert (to_review.figure.count, to_review.since) == (waiting.count(), waiting[0].placed_at)
    assert works[0].works[0] == to_reach


@pytest.mark.parametrize("more", [0, 300])
def test_the_page_takes_at_most_twelve_queries(more, portal, django_assert_max_num_queries):
    copies = [Order.objects.get(pk=portal.foreign["order"].pk) for _copy in range(more)]
    for place, copy in enumerate(copies):
        copy.pk, copy.number, copy.idempotency_key = None, f"D-{place:04d}-AAAA", uuid4()
        copy.run = copy.position = copy.planned_at = None
        copy.kept = ""
    with unguarded():
        Order.objects.bulk_create(copies)
    for role in ("Pharmacist", "Manager", "Administrator"):
        portal.clients[role].get(reverse("admin:index"))  # what the process asks once
        with django_assert_max_num_queries(12):
            portal.clients[role].get(reverse("admin:index"))


# --- What waits for the Registrar -----------------------------------------------------------------------------------


def registrar_works():
    """Return what waits for a new Registrar as their own, by its words."""
    works = start_of(factories.staff("Registrar")).works
    return {str(work.figure.noun): work for group in works if group.is_readers_own for work in group.works}


@pytest.mark.parametrize(("days", "is_shown"), [(-1, False), (0, True), (29, True), (30, False)])
def test_a_registration_that_has_ended_lately_waits_for_the_registrar(days, is_shown):
    ended = timezone.localdate() - timedelta(days=days)
    physician = factories.physician(registrations_over={"dea": {"expires_date": ended}})

    work = registrar_works().get("physician with a registration that has ended")

    assert bool(work) == is_shown
    if work:
        assert timezone.localdate(work.since) == ended
        listed = factories.client_for(factories.staff("Registrar")).get(work.figure.url)
        assert list(listed.context["cl"].result_list) == [physician]


def test_a_physician_with_two_lapses_counts_once():
    yesterday = {"expires_date": timezone.localdate() - timedelta(days=1)}
    factories.physician(registrations_over={"dea": yesterday, "medical_license": yesterday})

    assert registrar_works()["physician with a registration that has ended"].figure.count == 1


def test_a_lost_phone_waits_for_registrar_and_manager():
    def lost_phones():
        return sum(work.figure.count for noun, work in registrar_works().items() if "lost phone" in noun)

    before = lost_phones()
    asked()

    assert lost_phones() == before + 1
    works = start_of(factories.staff("Manager")).works
    assert [group.group for group in works if any("lost phone" in str(work.figure.noun) for work in group.works)] == [
        "Manager"
    ]
