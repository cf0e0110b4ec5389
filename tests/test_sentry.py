"""A report to Sentry says where the code broke, and holds nothing that a person typed."""

import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import pytest
import requests
from sentry_sdk.envelope import Envelope

from mmp_portal.sentry import only_what_is_listed
from tests import servers
from tests.notifications.test_worker import database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
CANARIES = {
    "name": "canary-in-the-body",
    "query": "canary-in-the-query",
    "token": "canary-in-the-address",
    "cookie": "canary-in-a-cookie",
    "header": "canary-in-a-header",
}


@pytest.fixture
def sentry():
    """A server in the place of Sentry, which collects every envelope."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            unpack = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.envelopes.append(unpack[self.headers.get("Content-Encoding")](body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.envelopes = []
    server.dsn = f"http://key@127.0.0.1:{server.server_port}/1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def events(sentry):
    found = [Envelope.deserialize(body).get_event() for body in list(sentry.envelopes)]
    return [event for event in found if event]


def break_a_page(settings, sentry, **environment):
    """Post the canaries to a page that raises an error; return everything that was sent to Sentry."""
    portal = servers.Portal(database_url(settings), "tests.breaking", **environment)
    try:
        response = requests.post(
            f"{portal.url}/verify/{CANARIES['token']}/breaks/?q={CANARIES['query']}",
            {"name": CANARIES["name"]},
            cookies={"remembered": CANARIES["cookie"]},
            headers={"X-Told": CANARIES["header"]},
            timeout=20,
        )
        assert response.status_code == 500
        deadline = time.monotonic() + 20
        while len(events(sentry)) < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        portal.stop()
    return b"".join(sentry.envelopes).decode()


def test_a_report_says_where_it_broke_and_nothing_about_a_person(settings, sentry):
    sent = break_a_page(settings, sentry, SENTRY_DSN=sentry.dsn)
    assert [word for word in CANARIES.values() if word in sent] == []
    [broken] = [event for event in events(sentry) if "exception" in event]
    assert broken["transaction"] == "/verify/{token}/breaks/"
    assert len(broken["tags"]["request_id"]) == 36
    [error] = broken["exception"]["values"]
    assert (error["type"], error["stacktrace"]["frames"][-1]["function"]) == ("ValueError", "breaks")
    assert not {"request", "user", "breadcrumbs", "extra", "contexts", "modules"} & broken.keys()
    assert "value" not in error and not any("vars" in frame for frame in error["stacktrace"]["frames"])


def test_an_error_in_the_log_is_reported_by_the_name_of_its_event(settings, sentry):
    break_a_page(settings, sentry, SENTRY_DSN=sentry.dsn)
    messages = [event["logentry"]["message"] for event in events(sentry) if "logentry" in event]
    assert messages[0] == "page_breaks"
    assert messages[1].startswith("a.library breaks:")


def test_control_with_the_setup_of_its_manual_the_library_sends_the_canaries(settings, sentry):
    sent = break_a_page(settings, sentry, SENTRY_AS_IT_COMES=sentry.dsn)
    assert [word for word in CANARIES.values() if word not in sent] == []


def test_nothing_is_sent_without_an_address(settings, sentry):
    portal = servers.Portal(database_url(settings), "tests.breaking")
    try:
        requests.post(f"{portal.url}/verify/a-token/breaks/", timeout=20)
    finally:
        portal.stop()
    assert sentry.envelopes == []


def test_a_wrong_address_stops_the_start_and_names_the_variable(sentry):
    with pytest.raises(RuntimeError, match="SENTRY_DSN"):
        servers.Portal("sqlite://:memory:", SENTRY_DSN="no address")
    assert json.dumps(sentry.envelopes) == "[]"


@pytest.mark.parametrize(
    ("source", "name", "reported"),
    [
        ("route", "/invitation/{token}/", "/invitation/{token}/"),
        ("task", "notifications.send_due", "notifications.send_due"),
        ("url", "/invitation/abcdefgh/", "none"),
        ("custom", "rosa@example.org", "none"),
    ],
)
def test_an_address_without_a_route_is_not_reported(source, name, reported):
    job = {"celery-job": {"task_name": name, "args": ["rosa@example.org"]}}
    event = {"transaction": name, "transaction_info": {"source": source}, "extra": job, "user": {"id": "7"}}
    assert only_what_is_listed(event, {}) == {"transaction": reported, "tags": {}}
