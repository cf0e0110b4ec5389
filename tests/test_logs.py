import json
import logging
import re
from unittest.mock import patch

import pytest
import structlog

from mmp_portal.logs import scrub, where_it_broke, without_tokens


@pytest.mark.parametrize(
    ("logged", "kept"),
    [
        ("GET /invitation/9mex8sHi6tqkCMbgh7kG-oBw/", "GET /invitation/…/"),
        ("GET /accounts/confirm-email/Mw:1xVKW6:O85d-utTJ7/", "GET /accounts/confirm-email/…/"),
        ("GET /accounts/password/reset/key/3-d0q1ab-8c7f/", "GET /accounts/password/reset/key/…/"),
        ("Not Found: /verify/abcdef123456/", "Not Found: /verify/…/"),
        ("POST /accounts/login/?next=/invitation/abcdefgh/", "POST /accounts/login/"),
        ("GET /delivery/orders/D-7KQ4-M2XP/", "GET /delivery/orders/D-7KQ4-M2XP/"),
    ],
)
def test_without_tokens_keeps_the_address_alone(logged, kept):
    assert without_tokens(logged) == kept


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


def test_where_it_broke_tells_frames_and_kinds_and_no_message():
    with pytest.raises(ValueError, match=PRIVATE) as caught:
        broken()
    told = where_it_broke((caught.type, caught.value, caught.tb))
    assert "in broken" in told
    assert re.findall(r"^\w+Error$", told, re.MULTILINE) == ["KeyError", "ValueError"]
    assert PRIVATE not in told


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
    ("words", "values", "kept"),
    [
        ("Task %(name)s failed: %(exc)s", {"name": "tests.fails", "exc": PRIVATE}, "Task tests.fails failed: …"),
        ("Task handler raised: %r", (ValueError(PRIVATE),), "Task handler raised: 'ValueError'"),
        ("Task %s succeeded: %s", ("tests.works", 3), "Task tests.works succeeded: 3"),
    ],
)
def test_no_exception_is_logged_as_part_of_a_sentence(words, values, kept):
    handler = logging.getLogger().handlers[0]
    record = logging.LogRecord("celery", logging.ERROR, __file__, 1, words, values, None)
    line = json.loads(handler.format(record))
    assert line["event"] == kept
    assert "positional_args" not in line and PRIVATE not in str(line)
