"""Crawl the portal as a browser does: read the links and forms of each page, and follow the links.

The suite sends requests with Django's test client, `make scan` over HTTP; both pass a function `ask`.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import product
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.urls import NoReverseMatch, Resolver404, URLPattern, get_resolver, resolve, reverse

SIGNS_OUT = {"account_logout", "admin:logout", "usersessions_list"}
NO_FIELD = {"reset", "button", "image"}


@dataclass
class Field:
    """A field of a form: `kind` is the type of the input, or textarea, select, submit; `choices` belong to a select."""

    name: str
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)


@dataclass
class Form:
    address: str
    method: str
    fields: list[Field]
    is_multipart: bool = False

    @property
    def route(self) -> str:
        return route_of(self.address)

    @property
    def signature(self) -> tuple:
        """What the form asks of its view: two forms with the same signature ask the same."""
        names = frozenset(field.name for field in self.fields) if self.method == "POST" else frozenset()
        return self.route, self.method, names


@dataclass
class Answer:
    status: int
    text: str = ""  # empty unless the answer is HTML
    location: str = ""
    seconds: float = 0.0


@dataclass
class Page:
    address: str
    answer: Answer
    links: list[str]
    forms: list[Form]

    @property
    def route(self) -> str:
        return route_of(self.address)


class Reader(HTMLParser):
    """Collect links and forms. A field outside of a form belongs to the form that its attribute `form` names."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.links, self.forms = address, [], []
        self.by_id: dict[str, Form] = {}
        self.elsewhere: list[tuple[str, Field]] = []
        self.form: Form | None = None
        self.select: Field | None = None
        self.text: Field | None = None

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "a" if given.get("href"):
                self.links.append(urljoin(self.address, given["href"]))
            case "form":
                self.begin_form(given)
            case "input" | "button" | "select" | "textarea" if given.get("name") and "disabled" not in given:
                self.add(self.field_of(tag, given), given.get("form"))
            case "option" if self.select:
                self.select.choices.append(given.get("value", ""))
                if "selected" in given or not self.select.value:
                    self.select.value = given.get("value", "")

    def begin_form(self, given):
        action = urljoin(self.address, given.get("action") or given.get("hx-post") or self.address)
        method = given.get("method", "get").upper()
        self.form = Form(action, method, [], given.get("enctype") == "multipart/form-data")
        self.forms.append(self.form)
        self.by_id[given.get("id", "")] = self.form

    def field_of(self, tag, given):
        kind = given.get("type", "submit" if tag == "button" else "text") if tag in ("input", "button") else tag
        if kind in ("checkbox", "radio") and "checked" not in given:
            return Field(given["name"], "unchecked", given.get("value", "on"))
        made = Field(given["name"], kind, given.get("value", "on" if kind == "checkbox" else ""))
        self.select = made if tag == "select" else self.select
        self.text = made if tag == "textarea" else self.text
        return made

    def add(self, found, owner):
        if found.kind in NO_FIELD:
            return
        if owner:
            self.elsewhere.append((owner, found))
        elif self.form:
            self.form.fields.append(found)

    def handle_data(self, data):
        if self.text:
            self.text.value += data

    def handle_endtag(self, tag):
        match tag:
            case "form":
                self.form = None
            case "select":
                self.select = None
            case "textarea":
                self.text = None

    def close(self):
        super().close()
        for owner, found in self.elsewhere:
            if owner in self.by_id:
                self.by_id[owner].fields.append(found)


def read(address: str, answer: Answer) -> Page:
    """Return the page with its links and forms."""
    reader = Reader(address)
    reader.feed(answer.text)
    reader.close()
    links = [answer.location] if answer.location else reader.links
    return Page(address, answer, [urljoin(address, link) for link in links], reader.forms)


def route_of(address: str) -> str:
    """Return the name of the URL pattern, or "" for an address that the portal does not know."""
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""


def addresses(values: dict[str, Iterable], resolver=None, namespace: str = "") -> Iterator[str]:
    """Yield each address of the URLconf whose parameters `values` names, with each of those values."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if not isinstance(pattern, URLPattern):
            yield from addresses(values, pattern, pattern.namespace or namespace)
            continue
        name = f"{namespace}:{pattern.name}" if namespace else pattern.name
        wanted = list(pattern.pattern.converters)
        for chosen in product(*(values.get(name, ()) for name in wanted)):
            try:
                yield reverse(name, kwargs=dict(zip(wanted, chosen, strict=True)))
            except NoReverseMatch:  # a pattern without a name, or inside a resolver that has parameters
                continue


def crawl(ask: Callable[[str], Answer], starts: Iterable[str], *, per_route: int = 2) -> Iterator[Page]:
    """Yield the pages of `starts` and all pages that they lead to, at most `per_route` for each route.

    For each set of query names one page is opened. From a page with a query only links without a query are followed:
    the filters of a list could be combined without end.
    """
    waiting, asked, seen = deque(starts), set(), Counter()
    while waiting:
        address = waiting.popleft().partition("#")[0]
        route, query = route_of(address), urlsplit(address).query
        kind = (route, frozenset(name for name, _value in parse_qsl(query, keep_blank_values=True)))
        if not route or address in asked or seen[kind] >= (1 if query else per_route):
            continue
        asked.add(address)
        page = read(address, ask(address))
        seen[kind] += page.answer.status in (200, 302)
        yield page
        waiting += [link for link in page.links if is_ours(link, address) and not (query and urlsplit(link).query)]


def is_ours(link: str, address: str) -> bool:
    there, here = urlsplit(link), urlsplit(address)
    return (there.scheme, there.netloc) == (here.scheme, here.netloc)


def forms_of(pages: Iterable[Page]) -> list[Form]:
    """Return each form once, without those that sign out, and for each route a form with all names of its queries."""
    posts: dict[tuple, Form] = {}
    queries: dict[str, Form] = {}
    for page in pages:
        links = [_query_form(link) for link in page.links if urlsplit(link).query]
        for form in [*page.forms, *links]:
            if not is_ours(form.address, page.address) or form.route in (*SIGNS_OUT, ""):
                continue
            if form.method == "POST":
                posts.setdefault(form.signature, form)
            else:
                _merge(queries.setdefault(form.route, Form(form.address, "GET", [])), form)
    return [*posts.values(), *(form for form in queries.values() if form.fields)]


def _query_form(link: str) -> Form:
    parts = urlsplit(link)
    fields = [Field(name, "text", value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    return Form(parts._replace(query="", fragment="").geturl(), "GET", fields)


def _merge(form: Form, other: Form) -> None:
    known = {field.name for field in form.fields}
    form.fields += {field.name: field for field in other.fields if field.name not in known}.values()
