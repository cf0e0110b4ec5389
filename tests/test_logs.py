import io
import json
import logging
import re
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import structlog
from django.test import Client
from django.urls import get_resolver, path, reverse
from gunicorn.config import Config

from mmp_portal import logs
from mmp_portal.logs import SECRET_PARTS, ServerLogger, addresses, scrub, where_it_broke, without_tokens

# Parts of an address that are harmless: the page behind them needs a signed-in session.
OPEN_PARTS = {
    "uuid", "number", "kind", "digest", "window_id", "order_id",  # of a certification, an order, a letter and a photo
    "provider_id", "app_label", "object_id", "content_type_id", "url", "pk", "name", "slug", "sku",
    "final_catch_all_url",
}  # fmt: skip
CANARY = "cAnArY-0123456789abcdef:ghijk"


@pytest.mark.parametrize(
    ("logged", "expected"),
    [
        ("GET /invitation/9mex8sHi6tqkCMbgh7kG-oBw/", "GET /invitation/…/"),
        ("GET /accounts/confirm-email/Mw:1xVKW6:O85d-utTJ7/", "GET /accounts/confirm-email/…/"),
        ("GET /accounts/password/reset/key/3-d0q1ab-8c7f/", "GET /accounts/password/reset/key/…/"),
        ("Not Found: /verify/abcdef123456/", "Not Found: /verify/…/"),
        ("POST /accounts/login/?next=/invitation/abcdefgh/", "POST /accounts/login/"),
        ("GET /delivery/orders/D-7KQ4-M2XP/", "GET /delivery/orders/D-7KQ4-M2XP/"),
        ("GET /accounts/reset/9mex8sHi6tqkCMbgh7kG-oBw/", "GET /accounts/reset/…/"),
        ("GET /accounts/email/main/WzEsMl0:1xVKW6:O85d/", "GET /accounts/email/main/…/"),
        ("GET /accounts/email/main/short HTTP/1.1", "GET /accounts/email/main/… HTTP/1.1"),
        ("GET /accounts/email/main/ HTTP/1.1", "GET /accounts/email/main/ HTTP/1.1"),
        ("Not Found: /INVITATION/9mex8sHi6tqkCMbgh7kG-oBw/", "Not Found: /INVITATION/…/"),
        ("Not Found: /invitation/<9mex8sHi6tqkCMbgh7kG-oBw>/", "Not Found: /invitation/…>/"),
        ('Not Found: /invitation/"9mex8sHi6tqkCMbgh7kG-oBw"', 'Not Found: /invitation/…"'),
        ('"https://a.example/invitation/" "Mozilla"', '"https://a.example/invitation/" "Mozilla"'),
        ("Not Found: /invitation/ 9mex8sHi6tqkCMbgh7kG-oBw/", "Not Found: /invitation/…/"),
        ("GET /verify/\n\xa09mex8sHi6tqkCMbgh7kG-oBw HTTP/1.1", "GET /verify/… HTTP/1.1"),
        ("GET /verify/9mex8sHi 6tqkCMbgh7kG-oBw HTTP/1.1", "GET /verify/… HTTP/1.1"),
        ("Not Found: /invitation/('9mex8sHi6tqkCMbgh7kG-oBw')", "Not Found: /invitation/…')"),
        ("GET /accounts/reset/9m ex8sHi6tqkCMbgh7kG-oBw HTTP/1.1", "GET /accounts/reset/… HTTP/1.1"),
        (
            "Referer checking failed - https://a.example/accounts/not-me/abc/?x=1 does",
            "Referer checking failed - https://a.example/accounts/not-me/…/ does",
        ),
    ],
)
def test_without_tokens_leaves_the_rest_of_the_address(logged, expected):
    assert without_tokens(logged) == expected


# --- The URLconf ----------------------------------------------------------------------------------------------------


def undeclared(resolver):
    return {name for _address, names in addresses(resolver) for name in names} - SECRET_PARTS - OPEN_PARTS


def test_every_part_of_an_address_is_declared_as_secret_or_open():
    assert undeclared(get_resolver()) == set()


def test_control_a_new_address_with_a_token_of_another_name_is_found():
    new = SimpleNamespace(url_patterns=[path("welcome/<str:ticket>/", lambda request, ticket: None)])
    assert undeclared(new) == {"ticket"}


def test_every_address_with_a_token_is_logged_without_it():
    with_token = {(address, *sorted(names)) for address, names in addresses(get_resolver()) if names & SECRET_PARTS}
    assert len(with_token) >= 7  # invitation, card, not-me, reset, main address, confirm-email, password
    for address, *names in with_token:
        whole = "/" + address % dict.fromkeys(names, CANARY)
        for line in (f"GET {whole} HTTP/1.1", f'"https://portal.example{whole}" "Mozilla"', whole):
            assert CANARY not in without_tokens(line), address


@pytest.mark.parametrize("broken", ["urlconf", "apps"])
def test_until_the_urlconf_can_be_read_every_long_part_is_left_out(monkeypatch, broken):
    if broken == "urlconf":
        monkeypatch.setattr(logs._Reading, "urlconf", True)
    else:
        monkeypatch.setattr(logs.apps, "ready", False)
    assert without_tokens(f"GET /anything/{CANARY}/?next=/x/ HTTP") == "GET /anything/…/ HTTP"


@pytest.mark.django_db
def test_a_refused_referer_is_logged_without_its_token():
    lines = logged(
        lambda: Client(enforce_csrf_checks=True).post(
            "/accounts/login/", secure=True, headers={"referer": f"https://elsewhere.example/invitation/{CANARY}/"}
        )
    )
    assert "Referer checking failed" in lines and CANARY not in lines


@pytest.mark.django_db
@pytest.mark.parametrize("name", [
    "certification:invitation-link", "certification:verify", "accounts:not-me-link", "accounts:reset-link",
    "accounts:main-address-link", "account_confirm_email",
])  # fmt: skip
@pytest.mark.parametrize("pasted", [CANARY, f" {CANARY}", f"“{CANARY}” "])
def test_opening_a_link_logs_no_token(name, pasted):
    address = reverse(name, args=[CANARY]).replace(CANARY, pasted)
    assert CANARY not in logged(lambda: Client().get(address))


@pytest.mark.django_db
def test_opening_the_link_of_a_new_password_logs_no_token():
    address = reverse("account_reset_password_from_key", kwargs={"uidb36": "3", "key": CANARY})
    assert CANARY not in logged(lambda: Client().get(address))


def logged(act):
    """Return the log lines that `act` writes."""
    handler = logging.getLogger().handlers[0]
    lines = []
    with patch.object(handler, "emit", lambda record: lines.append(handler.format(record))):
        act()
    assert lines
    return "\n".join(lines)


# --- gunicorn -------------------------------------------------------------------------------------------------------


@pytest.fixture
def server_log():
    """The logger of gunicorn with an access log, and the text that it writes."""
    config = Config()
    config.set("accesslog", "-")
    logger, out = ServerLogger(config), io.StringIO()
    handlers = [(log, logging.StreamHandler(out)) for log in (logger.error_log, logger.access_log)]
    for log, handler in handlers:
        log.addHandler(handler)
    yield logger, out
    for log, handler in handlers:
        log.removeHandler(handler)


def test_the_access_log_of_gunicorn_holds_no_token(server_log):
    logger, out = server_log
    address = f"/invitation/{CANARY}/"
    environ = {
        "REQUEST_METHOD": "GET", "RAW_URI": f"{address}?next={CANARY}", "PATH_INFO": address, "QUERY_STRING": CANARY,
        "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_REFERER": f"https://portal.example/accounts/reset/{CANARY}/",
        "REMOTE_ADDR": "192.0.2.1",
    }  # fmt: skip
    answer = SimpleNamespace(status="302 Found", sent=0, headers=[])
    logger.access(answer, SimpleNamespace(headers=[]), environ, SimpleNamespace(seconds=0, microseconds=1))
    assert "GET /invitation/…/" in out.getvalue() and "/accounts/reset/…/" in out.getvalue()
    assert CANARY not in out.getvalue()


def test_an_error_of_gunicorn_holds_no_token_and_no_message(server_log):
    logger, out = server_log
    try:
        broken()
    except ValueError:
        logger.exception("Error handling request %s", f"/accounts/not-me/{CANARY}/?x={CANARY}")
    assert "in broken" in out.getvalue()
    assert CANARY not in out.getvalue() and PRIVATE not in out.getvalue()


def test_scrub_cleans_djangos_own_lines():
    event = {"event": "Not Found: /invitation/abcdefghijkl/", "request": "GET /invitation/abcdefghijkl/", "code": 404}
    assert scrub(None, "warning", event) == {
        "event": "Not Found: /invitation/…/",
        "request": "GET /invitation/…/",
        "code": 404,
    }


PRIVATE = "rosa.private@example.org"


def broken():
    try:
        raise KeyError(PRIVATE)
    except KeyError as cause:
        raise ValueError(f"Key (email)=({PRIVATE})") from cause


def test_where_it_broke_returns_frames_and_classes_without_messages():
    with pytest.raises(ValueError, match=PRIVATE) as caught:
        broken()
    text = where_it_broke((caught.type, caught.value, caught.tb))
    assert "in broken" in text
    assert re.findall(r"^\w+Error$", text, re.MULTILINE) == ["KeyError", "ValueError"]
    assert PRIVATE not in text


@pytest.mark.parametrize("log", [logging.getLogger("django.request"), structlog.get_logger("portal")])
def test_no_message_of_an_exception_is_logged(log):
    handler = logging.getLogger().handlers[0]
    lines = []
    try:
        broken()
    except ValueError:
        with patch.object(handler, "emit", lambda record: lines.append(handler.format(record))):
            log.error("it broke", exc_info=True)
    [line] = lines
    assert "in broken" in line
    assert PRIVATE not in line


@pytest.mark.parametrize(
    ("words", "values", "logged"),
    [
        ("Task %(name)s failed: %(exc)s", {"name": "tests.fails", "exc": PRIVATE}, "Task tests.fails failed: …"),
        ("Task handler raised: %r", (ValueError(PRIVATE),), "Task handler raised: 'ValueError'"),
        ("Task %s succeeded: %s", ("tests.works", 3), "Task tests.works succeeded: 3"),
    ],
)
def test_no_exception_is_logged_as_part_of_a_sentence(words, values, logged):
    handler = logging.getLogger().handlers[0]
    record = logging.LogRecord("celery", logging.ERROR, __file__, 1, words, values, None)
    line = json.loads(handler.format(record))
    assert line["event"] == logged
    assert "positional_args" not in line and PRIVATE not in str(line)
