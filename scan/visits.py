"""Visit every page and send every form of the portal over HTTP, in one role after the other; collect the pages."""

import re
import time
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urljoin, urlsplit

import requests
from hypothesis import HealthCheck, Phase, given, settings

from tests import crawl
from tests.answers import body_of, content_type_of, filled, likely_answers

SLOW = 2.0  # seconds; a page that is slower three times in a row is a finding
TOO_LONG = 414  # the address is too long; the page comes from gunicorn or nginx
# These forms are sent last: they may end the account or things of it.
ENDS = re.compile(r"leave|close|discard|cancel|end|withdraw|revoke|delete|password|reset|email|2fa|mfa|identity|lost")
NOBODYS = ["/no-such-page/", "/?a=%00", "/accounts/login/?next=%00"]


@dataclass
class Met:
    """A page as it was received. `state`: opened, refused (nonsense in a form) or answered (likely answers)."""

    role: str
    address: str
    route: str
    state: str
    text: str


class Visitor:
    def __init__(self, base, role, people, findings, met):
        self.base, self.role, self.people, self.findings, self.met = base, role, people, findings, met
        self.http = requests.Session()
        self.http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # only the cookie below is sent
        self.cookie = people.cookie(role)

    def ask(self, address, *, state="opened", body=None, kind=None):
        """Send GET, or POST with `body`, without following a redirect; check the status and collect the page."""
        address = urljoin(self.base, address)
        headers = {"Cookie": self.cookie} | ({"Content-Type": kind} if kind else {})
        begun = time.monotonic()
        try:
            response = self.http.request(
                "GET" if body is None else "POST",
                address,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=30,
            )
        except requests.RequestException as error:
            self.findings.add("no answer", f"{self.role} {address[:200]}", str(error))
            return crawl.Answer(599)
        answer = self._answer_of(response, time.monotonic() - begun)
        self.findings.count("requests")
        if answer.status >= 500:
            where = f"{self.role} {response.request.method} {address[:300]}"
            self.findings.add("broken", where, f"{answer.status} for {body!r}")
        if answer.text and answer.status != TOO_LONG:
            self._keep(address, f"{state} {answer.status}", answer.text)
        return answer

    def _answer_of(self, response, seconds):
        is_html = response.headers.get("Content-Type", "").startswith("text/html")
        text = response.text if is_html else ""
        return crawl.Answer(response.status_code, text, response.headers.get("Location", ""), seconds)

    def _keep(self, address, state, text):
        key = (self.role, crawl.route_of(address) or urlsplit(address).path, state, _shape(text))
        if key not in self.met:
            self.met[key] = Met(self.role, address, key[1], state, text)

    def open_timed(self, address):
        """Open a page; open a slow page twice more, and add it when it stays slow."""
        answer = self.ask(address)
        if answer.seconds > SLOW:
            fastest = min(answer.seconds, *(self.ask(address).seconds for _again in range(2)))
            self.findings.log(f"Slow: {answer.seconds:.1f} s, then {fastest:.1f} s: {self.role} {address}")
            if fastest > SLOW:
                self.findings.add("slow", f"{self.role} {address}", f"{fastest:.1f} s at best of three")
        return answer

    def crawl(self, starts):
        """Open every page that leads from `starts`; return the forms on them."""
        pages = list(crawl.crawl(self.open_timed, [urljoin(self.base, start) for start in starts]))
        self.findings.count("pages opened", len(pages))
        return crawl.forms_of(pages)

    def submit(self, form, sent, state):
        body = body_of(form, sent)
        if form.method == "GET":
            answer = self.ask(f"{form.address.partition('?')[0]}?{body.decode()}", state=state)
        else:
            answer = self.ask(form.address, state=state, body=body, kind=content_type_of(form))
        if "/accounts/login/" in answer.location and self.role != "nobody":
            self.cookie = self.people.cookie(self.role)
        elif answer.location and crawl.is_ours(urljoin(form.address, answer.location), form.address):
            self.ask(urljoin(form.address, answer.location), state=f"after {state}")

    def send_all(self, forms, *, until):
        """Send nonsense to every form and then likely answers; forms that end something come last."""
        self.findings.count("forms and queries", len(forms))
        gentle_first = sorted(forms, key=lambda form: bool(ENDS.search(form.address)))
        for state, answers in (("refused", _nonsense), ("answered", lambda form: [likely_answers(form)])):
            for form in gentle_first:
                if time.monotonic() > until:
                    self.findings.add("out of time", self.role, "Not every form was sent.")
                    return
                for sent in answers(form):
                    self.submit(form, _with_token(form, sent), state)


def _shape(text):
    """Return the kinds of elements on the page: pages that differ only in words and number of rows count as equal."""
    return frozenset(re.findall(r"<[a-z][^\s>]*(?:[^>]*? class=\"[^\"]*\")?", text))


def _with_token(form, sent):
    """Return the answers with the form's own CSRF token: a form with a wrong token would be refused at once."""
    tokens = [(field.name, field.value, field.kind) for field in form.fields if field.name == "csrfmiddlewaretoken"]
    return [*tokens, *(answer for answer in sent if answer[0] != "csrfmiddlewaretoken")]


def _nonsense(form, cases=2):
    """Return ways to fill in the form with nonsense, the same in each scan."""
    made = []

    @settings(
        max_examples=cases + 1,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(filled(form))
    def collect(sent):
        made.append(sent)

    collect()
    return made[1:]  # the first case fills in nothing
