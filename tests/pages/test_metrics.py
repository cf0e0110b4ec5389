"""Who may read /metrics, what is counted, and that the counts of all processes of a host are summed."""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests
from celery import shared_task
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.parser import text_string_to_metric_families

from notifications.actions import queue, send_due
from pages import metrics
from pages.actions import LAST_BEAT
from pages.actions import note_beat as note
from pages.tasks import note_beat
from tests import factories, servers
from tests.accounts.test_mfa import with_codes, with_totp
from tests.notifications.test_worker import database_url

pytestmark = pytest.mark.django_db
TOKEN = "a-made-up-token-of-some-length"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def counted(name, **labels):
    """Return what this process has counted."""
    return metrics.OURS.get_sample_value(name, labels) or 0


def read(text):
    """Return the values of a scrape by the name and the labels of each sample."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(samples, name, **labels):
    """Return the sum of the samples with this name and at least these labels."""
    return sum(value for (found, given), value in samples.items() if found == name and given >= labels.items())


# --- Who may read ---------------------------------------------------------------------------------------------------


@pytest.fixture
def token(settings):
    settings.METRICS_TOKEN = TOKEN


@pytest.mark.parametrize("sent", [None, "Bearer ", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer ñ\x80"])
@pytest.mark.usefixtures("token")
def test_another_token_gets_404(client, sent):
    assert client.get("/metrics", headers={"Authorization": sent} if sent else {}).status_code == 404


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", "Bearer  "])
def test_without_a_token_in_the_settings_no_token_works(client, sent):
    assert client.get("/metrics", headers={"Authorization": sent}).status_code == 404


@pytest.mark.usefixtures("token")
def test_the_token_is_enough_without_an_account(client):
    response = client.get("/metrics", headers=BEARER)
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    assert "no-store" in response["Cache-Control"]


def test_patients_and_physicians_get_404():
    for account in (factories.patient().user, factories.identified_physician().user):
        assert factories.client_for(account).get("/metrics").status_code == 404


def test_staff_read_it_when_no_second_factor_is_required():
    assert factories.client_for(factories.staff("Manager")).get("/metrics").status_code == 200


def test_staff_read_it_with_the_second_factors_that_the_admin_needs(settings):
    settings.REQUIRE_MFA = True
    account = factories.staff("Manager")
    visitor = factories.client_for(account)
    assert visitor.get("/metrics").status_code == 404
    with_totp(account)
    assert visitor.get("/metrics").status_code == 404
    with_codes(account, kept_at=1.0)
    assert (visitor.get("/metrics").status_code, visitor.get("/admin/").status_code) == (200, 200)


def test_metrics_are_not_redirected_to_https(settings):
    settings.SECURE_SSL_REDIRECT, settings.METRICS_TOKEN = True, TOKEN
    assert Client().get("/metrics", headers=BEARER).status_code == 200


# --- What is counted ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "address", "labels"),
    [
        ("GET", "/privacy/", ("pages:privacy", "GET", "2xx")),
        ("POST", "/privacy/", ("pages:privacy", "POST", "4xx")),
        ("GET", "/home/", ("delivery:home", "GET", "3xx")),
        ("GET", "/verify/a-secret-token/", ("certification:verify", "GET", "4xx")),
        ("GET", "/a-secret-token/", ("none", "GET", "4xx")),
        ("A-SECRET-TOKEN", "/privacy/", ("pages:privacy", "other", "4xx")),
    ],
)
def test_a_request_is_counted_by_its_route_and_never_by_its_path(client, token, method, address, labels):
    labels = dict(zip(("route", "method", "status"), labels, strict=True))
    before = counted("portal_request_duration_seconds_count", **labels)
    client.generic(method, address)
    assert counted("portal_request_duration_seconds_count", **labels) == before + 1
    assert "secret-token" not in client.get("/metrics", headers=BEARER).content.decode().lower()


def test_an_order_is_counted_after_the_commit(django_capture_on_commit_callbacks):
    patient = factories.patient()
    before = counted("portal_orders_placed_total", role="member")
    with django_capture_on_commit_callbacks(execute=True):
        factories.order(patient)
    assert counted("portal_orders_placed_total", role="member") == before + 1
    assert counted("portal_actions_total", action="order.place", outcome="done") >= 1


@pytest.mark.django_db(transaction=True)
def test_an_order_that_is_rolled_back_is_not_counted():
    patient = factories.patient()
    before = counted("portal_orders_placed_total", role="member")
    with transaction.atomic():
        factories.order(patient)
        transaction.set_rollback(True)
    assert counted("portal_orders_placed_total", role="member") == before


@pytest.mark.parametrize(("kind", "outcome"), [("physician_bound", "sent"), ("has_no_template", "failed")])
def test_a_message_is_counted_by_its_kind(kind, outcome):
    context = {"physician": factories.physician().pk}
    queue(kind=kind, recipient="one@example.org", context=context, dedupe_key="one", by=None)
    before = counted("portal_messages_total", kind=kind, outcome=outcome)
    send_due(by=None)
    assert counted("portal_messages_total", kind=kind, outcome=outcome) == before + 1


@shared_task(name="tests.fails")
def fails():
    raise ValueError("made to fail")


@pytest.mark.parametrize(("task", "outcome"), [(note_beat, "succeeded"), (fails, "failed")])
def test_a_job_is_counted_with_its_duration(task, outcome):
    name = task.name
    before = counted("portal_jobs_total", task=name, outcome=outcome)
    timed = counted("portal_job_duration_seconds_count", task=name)
    task.apply()
    assert counted("portal_jobs_total", task=name, outcome=outcome) == before + 1
    assert counted("portal_job_duration_seconds_count", task=name) == timed + 1


def test_an_error_of_the_database_is_counted():
    kind = {"sqlite": ("OperationalError", "SQLITE_ERROR"), "postgresql": ("ProgrammingError", "42P01")}
    error, code = kind[connection.vendor]
    before = counted("portal_database_errors_total", error=error, code=code)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert counted("portal_database_errors_total", error=error, code=code) == before + 1


@pytest.mark.usefixtures("token")
def test_the_outbox_and_the_beat_are_metrics(client):
    cache.delete(LAST_BEAT)
    queue(kind="physician_bound", recipient="one@example.org", dedupe_key="one", by=None)
    queue(kind="physician_bound", recipient="+12035550142", dedupe_key="text", channel="sms", by=None)
    samples = read(client.get("/metrics", headers=BEARER).content.decode())
    assert total(samples, "portal_outbox_messages") == 1
    assert total(samples, "portal_outbox_waiting", queue="urgent") == 1
    assert total(samples, "portal_outbox_waiting", queue="texts") == 1
    assert 0 <= total(samples, "portal_outbox_oldest_age_seconds") < 60
    assert 0 <= total(samples, "portal_outbox_oldest_text_age_seconds") < 60
    assert total(samples, "portal_database_up") == 1
    assert "portal_last_beat_age_seconds" not in {name for name, _ in samples}
    note(at=timezone.now(), by=None)
    samples = read(client.get("/metrics", headers=BEARER).content.decode())
    assert 0 <= total(samples, "portal_last_beat_age_seconds") < 60


# --- Several processes ----------------------------------------------------------------------------------------------

REQUESTS = 64


@pytest.fixture
def started(settings):
    """A function that starts the portal with two processes and these additions to its environment."""
    running = []

    def start(**environment):
        running.append(servers.Portal(database_url(settings), METRICS_TOKEN=TOKEN, **environment))
        return running[-1]

    yield start
    for portal in running:
        portal.stop()


def scrape(portal):
    return read(requests.get(f"{portal.url}/metrics", headers=BEARER, timeout=20).text)


def visit(portal):
    with ThreadPoolExecutor(16) as pool:
        answers = pool.map(lambda _: requests.get(f"{portal.url}/terms/", timeout=30).status_code, range(REQUESTS))
        assert set(answers) == {200}


def visits(samples):
    return total(samples, "portal_request_duration_seconds_count", route="pages:terms", method="GET", status="2xx")


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_both_processes_are_summed(started, tmp_path):
    portal = started(PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "made at the start"))
    visit(portal)
    assert {visits(scrape(portal)) for _ in range(8)} == {REQUESTS}
    assert len(list(tmp_path.glob("*/histogram_*.db"))) == 2


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_control_without_the_folder_each_process_answers_its_own_counts(started):
    portal = started()
    visit(portal)
    with ThreadPoolExecutor(8) as pool:
        counts = {visits(samples) for samples in pool.map(lambda _: scrape(portal), range(32))}
    assert counts and max(counts) < REQUESTS


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_the_gauges_of_a_killed_process_go_and_its_counts_stay(started, tmp_path):
    portal = started(PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    visit(portal)
    address = urlsplit(portal.url)
    with socket.create_connection((address.hostname, address.port)) as slow:
        head = f"POST /contact/ HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 9\r\n"
        head += f"Cookie: __Host-csrf={'c' * 32}\r\n"  # the portal waits for the token in the body, which never comes
        slow.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode())
        within(10, lambda: total(scrape(portal), "portal_requests_in_progress", method="POST") == 1)
        for path in tmp_path.glob("gauge_livesum_*.db"):
            os.kill(int(path.stem.rpartition("-")[2]), signal.SIGKILL)
        within(20, lambda: total(scrape(portal), "portal_requests_in_progress", method="POST") == 0)
    assert visits(scrape(portal)) == REQUESTS


def within(seconds, holds):
    """Wait until `holds()` is true; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except requests.ConnectionError:  # the next process has not started yet
            pass
        time.sleep(0.1)
    raise AssertionError(f"It was not true within {seconds} seconds.")


def test_the_gauges_of_a_killed_server_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "FOLDER", str(tmp_path))
    host = metrics.HOST
    left = [f"gauge_livesum_{host}-{os.getpid()}.db", "gauge_livesum_other-host-7.db", f"counter_{host}-4194304.db"]
    for name in [*left, f"gauge_livesum_{host}-4194304.db"]:  # larger than any process id
        (tmp_path / name).touch()
    metrics.forget_dead_processes()
    assert {path.name for path in tmp_path.iterdir()} == set(left)


def test_the_file_of_a_process_that_begins_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "FOLDER", str(tmp_path))
    written = MmapedDict(str(tmp_path / "counter_web-1.db"))
    written.write_value('["portal_seen_total", "portal_seen_total", {}, "Seen."]', 3.0, 0.0)
    written.close()
    (tmp_path / "counter_web-2.db").touch()
    (tmp_path / "gauge_livesum_web-3.db").symlink_to(tmp_path / "deleted meanwhile.db")
    collected = metrics.registry().collect()
    assert [(sample.name, sample.value) for metric in collected for sample in metric.samples] == [
        ("portal_seen_total", 3.0)
    ]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    metrics.check_folder(str(tmp_path / "made" / "at the start"))
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ImproperlyConfigured, match="PROMETHEUS_MULTIPROC_DIR must be a folder"):
            metrics.check_folder(str(folder))


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_worker_counts_into_the_same_folder(started, tmp_path, settings, redis_url):
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "REDIS_URL": redis_url}
    portal = started(**environment)
    environment = os.environ | environment | {"DATABASE_URL": database_url(settings)}
    command = [sys.executable, "-m", "celery", "-A", "mmp_portal", "worker", "--concurrency=1", "--loglevel=ERROR"]
    worker = subprocess.Popen(command, env=environment, cwd=servers.BASE_DIR)
    try:
        code = "import django; django.setup(); from pages.tasks import note_beat; note_beat.delay()"
        subprocess.run([sys.executable, "-c", code], env=environment, cwd=servers.BASE_DIR, check=True, timeout=60)
        done = {"task": "pages.note_beat", "outcome": "succeeded"}
        within(60, lambda: total(scrape(portal), "portal_jobs_total", **done) == 1)
    finally:
        worker.terminate()
        worker.wait(timeout=40)
