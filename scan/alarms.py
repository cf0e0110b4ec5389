"""Check again what the scanner guesses from two pages that differ.

The scanner compares two answers while other requests of the same session run. A page that shows messages or counts
mails differs then without any fault. A real injection answers in the same way every time.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin

import requests
from django.utils.html import strip_tags

ROUNDS = 5
GUESSED = "via injection in the parameter"
# The text that the scanner appends to a value: a quote or a parenthesis, a comparison of two numbers, and padding.
APPENDED = re.compile(r"(?P<plain>.*?)(?P<opened>['\"]?\)?) AND (?P<left>\d+)=\d+ AND (?P<padding>.*)", re.DOTALL)


def is_guess(report):
    return GUESSED in report["info"]


def holds(report, base, cookie):
    """Return whether a true comparison never changes the answer and a false comparison always does, in five rounds.

    A report that does not look like a guess of the scanner holds as well: people have to read it.
    """
    request = _request_of(report, base)
    match = APPENDED.fullmatch(request.value)
    if not match:
        return True
    plain, opened, padding, left = match["plain"], match["opened"], match["padding"], int(match["left"])
    for _round in range(ROUNDS):
        answer = _answer(request, plain, cookie)
        if _answer(request, f"{plain}{opened} AND {left}={left} AND {padding}", cookie) != answer:
            return False
        if _answer(request, f"{plain}{opened} AND {left}={left + 1} AND {padding}", cookie) == answer:
            return False
    return True


@dataclass(frozen=True)
class _Request:
    method: str
    address: str
    query: list
    body: list
    parameter: str
    is_in_body: bool

    @property
    def value(self):
        return dict(self.body if self.is_in_body else self.query).get(self.parameter, "")


def _request_of(report, base):
    head, _blank, body = report["http_request"].partition("\n\n")
    method, target, _version = head.split("\n", 1)[0].split(" ", 2)
    address, _mark, query = urljoin(base, target).partition("?")
    query, body = (parse_qsl(text.strip(), keep_blank_values=True) for text in (query, body))
    parameter = report["parameter"]
    return _Request(method, address, query, body, parameter, is_in_body=parameter in dict(body))


def _answer(request, value, cookie):
    """Send the request with another value of its parameter; return the status, the redirect and the words."""
    query, body = (
        [(name, value if name == request.parameter else old) for name, old in pairs]
        for pairs in (request.query, request.body)
    )
    response = requests.request(
        request.method,
        f"{request.address}?{urlencode(query)}",
        data=body or None,
        headers={"Cookie": cookie},
        allow_redirects=False,
        timeout=30,
    )
    return response.status_code, response.headers.get("Location", ""), strip_tags(response.text).split()
