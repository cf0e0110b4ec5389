"""The page of the outbox: each number is that of the list it links to, and the plans read no more than they count."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from notifications import sql
from notifications.models import Bounce, Notification
from notifications.presenters import outbox
from tests import factories
from tests.guard import unguarded
from tests.pages.test_metrics import read, total
from tests.shared import shared

pytestmark = pytest.mark.django_db
PAGE = "admin:notifications_notification_outbox"
REFUSED, FULL = "SMTPRecipientsRefused 550", "SMTPRecipientsRefused 452"


def write(count, **over):
    """Write so many messages into the outbox, an hour old unless `created_at` says otherwise."""
    now, made = timezone.now(), Notification.objects.count()
    created_at = over.pop("created_at", now - timedelta(hours=1))
    rows = [
        Notification(kind="renewal_reminder", recipient=f"a{number}@example.org", dedupe_key=f"{made}:{number}",
                     due_at=now, **over)
        for number in range(count)
    ]  # fmt: skip
    with unguarded():
        Notification.objects.bulk_create(rows)
        Notification.objects.filter(dedupe_key__startswith=f"{made}:").update(created_at=created_at)


def in_hand(lease=timedelta(minutes=5)):
    return {"status": "sending", "lease_until": timezone.now() + lease}


@shared
def client():
    return factories.client_for(factories.staff("Manager"))


def fill(times=1):
    write(2 * times)
    write(times, **in_hand())
    write(3 * times, priority=Notification.BULK)
    write(times, status="sent", sent_at=timezone.now())
    write(4 * times, channel="sms")
    write(2 * times, channel="phone")
    write(times, channel="letter")
    write(2 * times, status="failed", last_error=REFUSED)
    write(times, status="failed", last_error=FULL)
    write(times, status="failed", last_error=FULL, created_at=timezone.now() - timedelta(days=8))


def test_each_number_is_that_of_the_list_it_links_to(client):
    fill()
    page = client.get(reverse(PAGE)).context["outbox"]
    assert [line.count for line in page.queues] == [3, 3, 4, 2, 1, 0]
    assert [(failure.cause, failure.count) for failure in page.failures] == [(REFUSED, 2), (FULL, 1)]
    for line in [*page.queues, *page.failures]:
        assert client.get(line.url).context["cl"].paginator.count == line.count, line.url


def of_page(client):
    """Return the numbers of the rendered page, and the age of the oldest mail in seconds."""
    page = client.get(reverse(PAGE))
    numbers = [int(cell) for cell in re.findall(r'<td class="start__count">\s*(\d+)', page.content.decode())]
    return numbers, (timezone.now() - page.context["outbox"].queues[0].since).total_seconds()


def of_probe(client):
    answer = client.get("/readyz").json()
    names = [f"{queue}_waiting" for queue in ("urgent_messages", "bulk_messages", "texts", "calls", "letters")]
    return [answer[name] for name in [*names, "bouncing_addresses"]], answer


def of_metrics(client, settings):
    settings.METRICS_TOKEN = "made-up" * 5
    bearer = {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}
    samples = read(client.get("/metrics", headers=bearer).content.decode())
    waiting = [total(samples, "portal_outbox_waiting", queue=queue) for queue in sql.WAITING]
    return [*waiting, total(samples, "portal_bouncing_addresses")], samples


def test_the_page_the_probe_and_the_metrics_say_the_same(client, settings):
    fill()
    now = timezone.now()
    write(5, created_at=now - timedelta(hours=30))
    with unguarded():
        for name in ("one", "two"):
            Bounce.objects.create(address=f"{name}@example.org", kind="hard", first_at=now, last_at=now, stopped_at=now)
    (seen, age), (probed, answer), (measured, samples) = of_page(client), of_probe(client), of_metrics(client, settings)

    assert seen == [8, 3, 4, 2, 1, 2, 2, 1]  # the last two are the failures by cause
    assert probed == measured == seen[:6]
    assert answer["failed_messages_of_7_days"] == total(samples, "portal_outbox_failed") == sum(seen[6:])
    assert [total(samples, "portal_outbox_failed", cause=cause) for cause in (REFUSED, FULL)] == seen[6:]
    ages = [answer["oldest_unsent_message_age_seconds"], total(samples, "portal_outbox_oldest_age_seconds")]
    assert ages == [pytest.approx(age, abs=10)] * 2 and age > 30 * 3600 - 10


@pytest.mark.parametrize("times", [0, 3, 300])
def test_the_figures_take_four_queries_whatever_waits(times, django_assert_num_queries):
    fill(times)
    with django_assert_num_queries(4):
        outbox.outbox_page(now=timezone.now(), list_url="/", bounces_url="/")


def test_the_page_says_since_when_the_oldest_waits(client):
    since = timezone.now() - timedelta(days=20)
    write(1, created_at=since, attempts=3)
    write(3)
    assert client.get(reverse(PAGE)).context["outbox"].queues[0].since == since


def test_more_than_are_counted_are_called_more(client, monkeypatch):
    monkeypatch.setattr(sql, "MOST_COUNTED", 4)
    write(6, priority=Notification.BULK)
    page = client.get(reverse(PAGE))
    assert [line.count for line in page.context["outbox"].queues] == [0, 5, 0, 0, 0, 0]
    assert "more than 4" in page.content.decode()


def test_an_empty_outbox_says_so(client):
    assert "No message failed." in client.get(reverse(PAGE)).content.decode()


def test_every_cause_has_advice_that_says_what_to_do():
    advice = {cause: str(outbox.advice_on(cause)) for cause in (REFUSED, FULL, "WorkerLost", "KeyError", "")}
    assert "Correct the address" in advice[REFUSED] and "Call the person" in advice[FULL]
    assert "Each worker" in advice["WorkerLost"] and advice["KeyError"] == advice[""] != advice[REFUSED]


def test_the_list_of_messages_leads_to_the_page(client):
    assert reverse(PAGE) in client.get(reverse("admin:notifications_notification_changelist")).content.decode()


def test_what_waits_is_counted_by_the_partial_indexes():
    """Without them a probe would read every message that waits, and every message of six years on SQLite."""
    fill(300)
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    table = Notification._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # a table of some rows is read whole otherwise
        for name, index in sql.WAITING_INDEXES.items():
            cursor.execute(f"{explain} {sql._oldest_first(table, name)} LIMIT 10")
            assert index in str(cursor.fetchall())
        captured = Notification.objects.failed_since(timezone.now() - timedelta(days=7))[:10].explain()
        assert "notification_failed" in captured
