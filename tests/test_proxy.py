"""nginx with deploy/nginx.conf: the page when no host answers, repeated requests, and limits against floods."""

import re
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest
from django.urls import reverse

from tests import proxy, servers

pytestmark = [pytest.mark.skipif(proxy.nginx() is None, reason=proxy.NO_NGINX), pytest.mark.once]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Host(BaseHTTPRequestHandler):
    """A web host that collects its requests, and breaks off the connection if its server says so."""

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((f"{self.command} {self.path}", dict(self.headers)))
        if self.server.breaks_off:
            self.close_connection = True
            return
        self.send_response(self.server.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_POST = do_GET

    def log_message(self, *_words):
        pass


@contextmanager
def web_host(*, breaks_off=False, status=200):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    server.asked, server.breaks_off, server.status = [], breaks_off, status
    server.address = f"127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def proxy_before(*hosts):
    started = proxy.Proxy(list(hosts))
    try:
        yield started
    finally:
        started.stop()


def nobody():
    return f"127.0.0.1:{servers.free_port()}"


def ask(of, method, path, **headers):
    connection = of.connection()
    connection.request(method, path, "a=1" if method == "POST" else None, FORM | headers)
    response = connection.getresponse()
    answer = SimpleNamespace(status=response.status, headers=response.headers, text=response.read().decode())
    connection.close()
    return answer


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_when_no_host_answers_a_plain_page_says_when_to_come_back(method):
    with proxy_before(nobody()) as started:
        answer = ask(started, method, "/delivery/checkout/")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "cannot be reached just now" in answer.text
    assert "no está disponible" in answer.text


def test_an_answer_of_the_portal_passes_unchanged():
    with web_host(status=503) as web, proxy_before(web.address) as started:
        answer = ask(started, "GET", "/")
    assert (answer.status, answer.text, answer.headers["Retry-After"]) == (503, "ok", None)


def test_an_order_goes_to_the_next_host_if_the_first_refuses_the_connection():
    with web_host() as web, proxy_before(nobody(), web.address) as started:
        statuses = [ask(started, "POST", "/delivery/checkout/").status for _time in range(4)]
    assert statuses == [200] * 4
    assert len(web.asked) == 4


def test_an_order_that_a_host_has_received_is_not_sent_to_another():
    with web_host(breaks_off=True) as broken, web_host() as web, proxy_before(broken.address, web.address) as started:
        statuses = sorted(ask(started, "POST", "/delivery/checkout/").status for _time in range(2))
    assert statuses == [200, 503]
    assert (len(broken.asked), len(web.asked)) == (1, 1)


def test_a_page_that_a_host_broke_off_comes_from_another():
    with web_host(breaks_off=True) as broken, web_host() as web, proxy_before(broken.address, web.address) as started:
        assert {ask(started, "GET", "/delivery/").status for _time in range(2)} == {200}
    assert (len(broken.asked), len(web.asked)) == (1, 2)


def test_hosts_are_changed_without_a_failed_request():
    with web_host() as old, web_host() as new, proxy_before(old.address) as started:
        ask(started, "GET", "/")
        started.asks([new.address])
        assert ask(started, "GET", "/").status == 200
    assert (len(old.asked), len(new.asked)) == (1, 1)


def test_visitors_cannot_forge_their_address():
    with web_host() as web, proxy_before(web.address) as started:
        ask(started, "GET", "/", **{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"})
    [(_line, headers)] = web.asked
    assert (headers["X-Forwarded-For"], headers["X-Forwarded-Proto"]) == ("127.0.0.1", "https")


def test_a_flood_of_passwords_from_one_address_is_limited():
    with web_host() as web, proxy_before(web.address) as started:
        answers = [ask(started, "POST", "/accounts/login/") for _time in range(60)]
        asked = (("GET", "/accounts/login/"), ("POST", "/delivery/cart/line/"))
        others = [ask(started, *rest).status for rest in asked]
    refused = [answer for answer in answers if answer.status != 200]
    assert len(web.asked) - len(others) >= 31  # the first, and a burst of thirty
    assert refused and {(answer.status, answer.headers["Retry-After"]) for answer in refused} == {(429, "15")}
    assert "Too many tries at once" in refused[0].text and "Demasiados intentos" in refused[0].text
    assert others == [200, 200]


def test_the_logs_of_the_proxy_name_no_address():
    with proxy_before(nobody()) as started:
        for _time in range(45):
            ask(started, "POST", "/invitation/one-time-token/")
        typed_without_https = HTTPConnection("127.0.0.1", started.plain_port, timeout=60)
        typed_without_https.request("GET", "/invitation/one-time-token/")
        status = typed_without_https.getresponse().status
        typed_without_https.close()
        logs = started.log() + (started.folder / "access.log").read_text()
    assert status == 301
    assert "one-time-token" not in logs


SECRETS = [
    "account_login", "account_signup", "account_reset_password", "account_reauthenticate", "mfa_authenticate",
    "mfa_reauthenticate", "accounts:physician-identify", "certification:invitation", "admin:login",
]  # fmt: skip


def test_each_page_for_a_password_or_a_code_is_limited():
    conditions = re.findall(r'"~(\^POST [^"]+)"', (proxy.DEPLOY / "nginx.conf").read_text())
    limited = re.compile("|".join(conditions))
    assert [name for name in SECRETS if not limited.match(f"POST {reverse(name)}")] == []
    assert not limited.match(f"POST {reverse('delivery:checkout')}")
