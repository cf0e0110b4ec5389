"""The answers of the probes for each state of the database, migrations, outbox, beat and Redis."""

import socket
import threading
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from notifications.actions import queue
from notifications.models import Notification
from pages import health
from pages.actions import LAST_BEAT, note_beat
from tests.guard import unguarded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _migrations_are_read_again(monkeypatch):
    monkeypatch.setattr(health, "_all_migrated", threading.Event())
    cache.delete(LAST_BEAT)


def readyz(client, **extra):
    """Return the answer of /readyz."""
    return client.get("/readyz", **extra).json()


# --- /livez ---------------------------------------------------------------------------------------------------------


def test_livez_reads_no_database_even_with_a_session_cookie(client, settings, django_assert_num_queries):
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    with django_assert_num_queries(0):
        response = client.get("/livez")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_control_a_page_reads_that_session_from_the_database(client, settings, django_assert_max_num_queries):
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    with django_assert_max_num_queries(9) as captured:
        client.get("/privacy/")
    assert any(
        "accounts.sessions" in query["sql"] or "django_session" in query["sql"] for query in captured.captured_queries
    )


@pytest.mark.parametrize("address", ["/livez", "/readyz"])
def test_a_probe_is_not_redirected_to_https(settings, address):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(address).status_code == 200
    assert Client().get("/").status_code == 301


@pytest.mark.parametrize("address", ["/livez", "/readyz"])
def test_a_probe_may_use_any_host_that_is_allowed(settings, address):
    settings.ALLOWED_HOSTS = ["portal.example", "127.0.0.1"]
    statuses = [Client().get(address, HTTP_HOST=host).status_code for host in ("127.0.0.1:8000", "portal.example", "x")]
    assert statuses == [200, 200, 400]


@pytest.mark.parametrize("address", ["/livez", "/readyz"])
def test_a_probe_only_reads(client, address):
    assert [client.head(address).status_code, client.post(address).status_code] == [200, 405]


# --- /readyz --------------------------------------------------------------------------------------------------------


def test_readyz_answers_every_field(client):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert response.json() == {
        "status": "ok",
        "database": "ok",
        "redis": "not configured",
        "missing_migrations": [],
        "oldest_unsent_message_age_seconds": None,
        "urgent_messages_waiting": 0,
        "bulk_messages_waiting": 0,
        "oldest_text_age_seconds": None,
        "texts_waiting": 0,
        "calls_waiting": 0,
        "letters_waiting": 0,
        "failed_messages_of_7_days": 0,
        "bouncing_addresses": 0,
        "last_beat_age_seconds": None,
    }


def test_readyz_reads_the_migrations_once(client, django_assert_num_queries):
    readyz(client)
    with django_assert_num_queries(4):  # what waits, what failed, what bounces, and the beat
        readyz(client)


def test_readyz_names_a_missing_migration(client):
    last = MigrationRecorder.Migration.objects.filter(app="pages").order_by("name").last()
    last.delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["missing_migrations"] == [f"pages.{last.name}"]
    assert (response.json()["status"], response.json()["database"]) == ("unavailable", "ok")
    MigrationRecorder(connection).record_applied("pages", last.name)
    assert client.get("/readyz").status_code == 200


def test_readyz_names_a_missing_cache_table(client, settings):
    settings.CACHES["default"]["LOCATION"], table = "not_made", settings.CACHES["default"]["LOCATION"]
    try:
        response = client.get("/readyz")
    finally:
        settings.CACHES["default"]["LOCATION"] = table
    assert (response.status_code, response.json()["missing_migrations"]) == (503, ["createcachetable"])


# --- The outbox -----------------------------------------------------------------------------------------------------


def message(age, **fields):
    key = f"{age}{fields}"
    queue(kind="physician_bound", recipient="one@example.org", dedupe_key=key, by=None)
    now = timezone.now()
    with unguarded():
        Notification.objects.filter(dedupe_key=key).update(
            **{"created_at": now - age, "due_at": now - age}
            | {name: value(now) if callable(value) else value for name, value in fields.items()}
        )


def test_readyz_answers_the_age_of_the_oldest_unsent_message(client):
    message(timedelta(minutes=2))
    message(timedelta(minutes=9))
    assert readyz(client)["oldest_unsent_message_age_seconds"] == pytest.approx(540, abs=5)


def test_a_message_that_waits_for_another_try_is_unsent(client):
    message(timedelta(hours=1), attempts=3, due_at=lambda now: now + timedelta(minutes=8))
    assert readyz(client)["oldest_unsent_message_age_seconds"] == pytest.approx(3600, abs=5)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "sent", "sent_at": lambda now: now},
        {"status": "cancelled"},
        {"status": "failed"},
        {"channel": "phone"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_message_that_need_not_be_sent_now_does_not_count(client, fields):
    message(timedelta(hours=1), **fields)
    assert readyz(client)["oldest_unsent_message_age_seconds"] is None


def test_readyz_counts_each_queue_and_what_failed(client):
    message(timedelta(minutes=1))
    message(timedelta(minutes=2), priority=Notification.BULK)
    message(timedelta(minutes=3), channel="phone")
    message(timedelta(minutes=4), channel="sms")
    message(timedelta(minutes=5), channel="letter")
    message(timedelta(days=6), status="failed")
    message(timedelta(days=8), status="failed")
    answer = readyz(client)
    age = answer["oldest_text_age_seconds"]
    assert [answer[name] for name in health.OUTBOX_ANSWERS[1:]] == [1, 1, age, 1, 1, 1, 1, 0]
    assert age == pytest.approx(240, abs=5)
    assert answer["oldest_unsent_message_age_seconds"] == pytest.approx(120, abs=5)


# --- The beat -------------------------------------------------------------------------------------------------------


def test_readyz_answers_the_age_of_the_last_beat(client):
    note_beat(at=timezone.now() - timedelta(seconds=90), by=None)
    assert readyz(client)["last_beat_age_seconds"] == pytest.approx(90, abs=5)


def test_run_jobs_notes_the_beat_as_celery_does(client):
    out = StringIO()
    call_command("run_jobs", stdout=out)
    assert "note-beat: None" in out.getvalue()
    assert readyz(client)["last_beat_age_seconds"] == pytest.approx(0, abs=20)


# --- Redis ----------------------------------------------------------------------------------------------------------


def test_readyz_answers_ok_for_redis(client, settings, redis_url):
    settings.REDIS_URL = redis_url
    assert readyz(client)["redis"] == "ok"


@pytest.fixture
def silent():
    """The address of a port that accepts connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def test_a_redis_that_hangs_takes_about_a_second_and_makes_no_503(client, settings, silent):
    settings.REDIS_URL = silent
    begun = time.monotonic()
    response = client.get("/readyz")
    assert (response.status_code, response.json()["redis"]) == (200, "unreachable")
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("address", ["redis://127.0.0.1:1/0", "no address of a redis"])
def test_a_missing_redis_makes_no_503(client, settings, address):
    settings.REDIS_URL = address
    response = client.get("/readyz")
    assert (response.status_code, response.json()["redis"]) == (200, "unreachable")
