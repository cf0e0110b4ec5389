"""Nonsense in the address or the form of a list or export never makes a 500, for any role."""

import ast
from functools import cache
from importlib import import_module
from inspect import unwrap
from pathlib import Path
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.urls import resolve, reverse

from audit.admin import TrailForm
from delivery.filters import FIELDS
from delivery.forms import ZipForm
from dispensing.admin import labels
from tests.access import ROLES, STAFF, rows
from tests.walker import address_of, admin_pages
from tests.world import taken_back, world  # noqa: F401  the fixture

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]
# Percent-encoded, as in an address.
NONSENSE = {
    "NUL": "%00",
    "NUL within": "a%00b",
    "400 digits": "9" * 400,
    "5,000 digits": "9" * 5_000,
    "no number": "1e999",
    "lone surrogate": "%ED%A0%80",
    "half a character": "%C3",
    "negative": "-1",
    "digits of another script": quote("٣２"),
    "markup": quote("'\"><b>{{x}}%(x)s"),
    "list": "[]",
    "no such day": "2026-02-30",
    "day without end": "99999-01-01",
    "nothing": "",
}
WORST = [NONSENSE[kind] for kind in ("NUL", "400 digits", "lone surrogate")]
ADMIN_WORST = [*WORST, NONSENSE["no number"], NONSENSE["markup"], NONSENSE["day without end"]]
# Every parameter that a page, a list or an export reads, fields of forms, and some unknown ones.
NAMES = (
    "page", "cursor", "show", "within", "q", "form", "favorites", "sort", "thc", "cbd", "size", "price", "zip", "to",
    "again", "next", "return", "whole", "stop", "received_by", "report", "order", "orders", "units", "sample",
    "language", "staff", "action", "day", "outcome", "asked", "subject_type", "subject_id", "stay", "error",
    "entry_key", "product", "quantity", "patient", "term", "entry", "chosen", "chosen[]", "unknown", "e", "%00",
    "a%00b",
)  # fmt: skip
ADMIN_NAMES = (
    "o",
    "p",
    "all",
    "e",
    "q",
    "_popup",
    "_to_field",
    "_facets",
    "_changelist_filters",
    "unknown",
    "%00",
    "search",
    "lot",
    "sku",
)
# What reads the whole query: the names that it reads.
WHOLE = {"MenuFilter": (*FIELDS, "zip"), "ZipForm": ZipForm.base_fields, "TrailForm": TrailForm.base_fields}
# Reads of names that are not in the source: each is tested as the filters, the lookups or the form of its page.
IN_NO_SOURCE = {
    "audit/action_admin.py: request.GET.dict()",  # the fields of the form of a button
    "audit/action_admin.py: request.GET.copy()",  # left as they are
    "audit/admin.py: request.GET.get(name)",  # of TrailForm
    "audit/admin.py: request.GET[name]",
    "audit/admin.py: request.GET.items()",
    "audit/admin.py: set(request.GET)",
    "audit/changelists.py: check_query(request.GET, self.model_admin, request)",
    "audit/exports.py: name in request.GET",  # of list_lookups
    "audit/exports.py: request.GET[name]",
}
APPS = ("accounts", "audit", "certification", "delivery", "dispensing", "notifications", "pages", "ui")
BASE_DIR = Path(__file__).resolve().parent.parent
LOGS_OUT = {"account_logout", "admin:logout"}


# --- The names that the source reads --------------------------------------------------------------------------------


def names_read(source, path, values):
    """Return the names that a module reads from `request.GET`, and the reads whose names are not in its source."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found, unknown = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "GET" and ast.unparse(node.value).endswith("request"):
            read, name = _read(node, parents)
            if isinstance(read, ast.Call) and ast.unparse(read.func) in WHOLE:
                found |= set(WHOLE[ast.unparse(read.func)])
            elif isinstance(value := _value(name, values), str):
                found.add(value)
            else:
                unknown.add(f"{path}: {ast.unparse(read)}")
    return found, unknown


def _read(node, parents):
    """Return the expression that reads a query, and its part that names the parameter, or None."""
    parent = parents[node]
    if isinstance(parent, ast.IfExp):
        parent = parents[parent]
    if isinstance(parent, ast.Attribute):
        call = parents[parent]
        return call, call.args[0] if parent.attr == "get" else None
    if isinstance(parent, ast.Subscript):
        return parent, parent.slice
    return parent, parent.left if isinstance(parent, ast.Compare) else None


def _value(name, values):
    if name is None or isinstance(name, ast.Constant):
        return name and name.value
    first, *attributes = ast.unparse(name).split(".")
    value = values.get(first)
    for attribute in attributes:
        value = getattr(value, attribute, None)
    return value


@cache
def names_of_module(module):
    """Return what `names_read` returns of a module of ours."""
    path = BASE_DIR / f"{module.replace('.', '/')}.py"
    if not path.exists():
        return set(), set()
    source = path.read_text()
    return names_read(source, path.relative_to(BASE_DIR), vars(import_module(module)) if ".GET" in source else {})


def modules():
    files = (path for app in APPS for path in (BASE_DIR / app).rglob("*.py") if ".GET" in path.read_text())
    return [str(path.relative_to(BASE_DIR).with_suffix("")).replace("/", ".") for path in files]


def names_of_page(address):
    """Return the names that the view of an address reads: those of its module, and of the classes above it."""
    view = unwrap(resolve(address.partition("?")[0]).func)
    view = getattr(view, "func", view)
    classes = view.view_class.__mro__ if hasattr(view, "view_class") else ()
    read_in = {view.__module__, *(above.__module__ for above in classes)} - {"audit.action_admin"}
    return sorted(set().union(*(names_of_module(module)[0] for module in read_in)))


# --- The addresses --------------------------------------------------------------------------------------------------


def lists():
    """Yield the admin's lists and exports, each with the names of its filters."""
    for its_admin in admin.site._registry.values():
        filters = [
            chosen if isinstance(chosen, str) else getattr(chosen, "parameter_name", chosen)
            for chosen in its_admin.list_filter
        ]
        paths = [chosen if isinstance(chosen, str) else chosen[0] for chosen in filters]
        names = [path + end for path in paths for end in ("", "__exact")] + list(its_admin.list_lookups)
        if its_admin.opts.label_lower == "audit.event":
            names = [*TrailForm.base_fields, "cursor", "search"]
        name = f"admin:{its_admin.opts.app_label}_{its_admin.opts.model_name}"
        yield f"{name}_changelist", names
        yield from ((export, names) for export in EXPORTS if export.startswith(f"{name}_export"))
    yield "admin:index", []


ROWS = rows()
EXPORTS = [row.name for row in ROWS if row.about == "list" and "_export" in row.name]
LISTS = dict(lists())
# Further pages of the admin: of several rows, or of a row beside its own page.
CUSTOM = [
    row
    for row in ROWS
    if row.about in ("list", "row") and " " not in row.name and f"{row.name}_changelist" not in LISTS
    and row.name not in LISTS
]  # fmt: skip
STEPS = [row for row in ROWS if row.about == "row" and " " in row.name]
OURS = [row for row in ROWS if row.about not in ("list", "row") and row.name not in LOGS_OUT]


def pages_of(role, made):
    """Yield the addresses that a role opens about its own things, or about the patient's."""
    for row in OURS:
        if role in row.own:
            for things in (made.own.get(role, {}), made.own["patient"]):
                if address := address_of(row, made, things):
                    yield address
                    break
    if role in STAFF:
        yield from (admin_pages(row.name, made)[0] for row in CUSTOM if role in row.own)


def fields_of(step):
    """Return the names of the fields of a button's form."""
    name, _space, button = step.partition(" ")
    its_admin = next(its for its in admin.site._registry.values() if name == _name_of(its))
    form = next(page.form_class for page in its_admin.action_pages if page.name == button)
    return list(getattr(form, "base_fields", {})) or ["unknown"]


def _name_of(its_admin):
    return f"admin:{its_admin.opts.app_label}_{its_admin.opts.model_name}"


def status(client, method, address, query):
    """Return the status for this query, sent in the address or in a form; the session stays as it is."""
    cookies, address = client.cookies.copy(), address.partition("?")[0]
    try:
        with taken_back():
            if method == "GET":
                return client.get(f"{address}?{query}").status_code
            form = "application/x-www-form-urlencoded"
            return client.generic("POST", address, query, content_type=form).status_code
    finally:
        client.cookies = cookies


def broken(client, address, queries, methods=("GET", "POST")):
    """Return the queries that are answered with 500 or more."""
    client.raise_request_exception = False
    asked = ((query, method) for query in queries for method in methods)
    return [(method, query[:100]) for query, method in asked if status(client, method, address, query) >= 500]


def opens(client, address):
    return client.get(address).status_code in (200, 405)


def all_at_once(names, values):
    return ["&".join(f"{name}={value}" for name in names) for value in values]


# --- Tests ----------------------------------------------------------------------------------------------------------


def test_every_name_that_the_source_reads_is_tested():
    found = [names_of_module(module) for module in modules()]
    names, unknown = (set().union(*sets) for sets in zip(*found, strict=True))
    of_lists = {name for names in LISTS.values() for name in names}
    assert sorted(names - {*NAMES, *ADMIN_NAMES} - of_lists) == []
    assert unknown == IN_NO_SOURCE


@pytest.mark.parametrize("role", ROLES)
def test_no_nonsense_breaks_a_page_of_any_role(role, world):  # noqa: F811
    client = world.clients[role]
    for address in dict.fromkeys(pages_of(role, world)):
        assert broken(client, address, all_at_once(NAMES, WORST)) == [], address
    for name, names in LISTS.items():
        if opens(client, reverse(name)):
            assert broken(client, reverse(name), all_at_once([*names, *ADMIN_NAMES], WORST)) == [], name


@pytest.mark.parametrize("row", [row for row in [*OURS, *CUSTOM] if row.own], ids=lambda row: row.name)
def test_no_nonsense_in_one_parameter_breaks_a_page_that_reads_it(row, world):  # noqa: F811
    role = "Administrator" if row in CUSTOM else next(role for role in ROLES if role in row.own)
    things = world.own.get(role) or world.own["patient"]
    address = admin_pages(row.name, world)[0] if row in CUSTOM else address_of(row, world, things)
    queries = [f"{name}={value}" for name in names_of_page(address) for value in NONSENSE.values()]
    assert broken(world.clients[role], address, queries, methods=["GET"]) == []


@pytest.mark.parametrize("row", STEPS, ids=lambda row: row.name)
def test_no_nonsense_for_a_form_breaks_the_page_of_a_button(row, world):  # noqa: F811
    (address,) = admin_pages(row.name, world)
    queries = all_at_once(fields_of(row.name), [NONSENSE[kind] for kind in ("400 digits", "markup", "no such day")])
    assert broken(world.clients["Administrator"], address, queries) == []


@pytest.mark.parametrize(
    ("name", "names"), list(LISTS.items()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_no_nonsense_in_one_parameter_breaks_a_list_of_the_admin(name, names, world):  # noqa: F811
    queries = [f"{parameter}={value}" for parameter in [*names, "o", "p"] for value in ADMIN_WORST]
    queries += [f"{parameter}={NONSENSE['400 digits']}" for parameter in ADMIN_NAMES]
    assert broken(world.clients["Administrator"], reverse(name), queries, methods=["GET"]) == []


@pytest.mark.parametrize(
    ("role", "where", "names"),
    [
        ("physician", "certification:patient-list", ["cursor", "show", "term"]),
        ("physician", "certification:due-list", ["cursor", "within"]),
        (
            "patient",
            "delivery:product-list",
            ["page", "q", "form", "favorites", "sort", "thc", "cbd", "size", "price", "zip"],
        ),
        ("patient", "delivery:cart-line", ["page", "product", "quantity", "patient", "next"]),
        ("patient", "delivery:checkout", ["to", "window", "wait_for", "idempotency_key", "seen_cents", "street"]),
        ("patient", "delivery:order-list", ["page"]),
        ("patient", "delivery:record", ["page"]),
        ("nobody", "pages:delivery-info", ["zip"]),
        ("physician", "accounts:physician-identify", ["next", "dea_number", "ssn_last_four"]),
    ],
)
def test_no_nonsense_in_one_parameter_breaks_a_list_of_ours(role, where, names, world):  # noqa: F811
    queries = [f"{parameter}={value}" for parameter in names for value in NONSENSE.values()]
    assert broken(world.clients[role], reverse(where), queries) == []


def test_an_address_with_a_nul_gets_the_page_of_a_bad_request(world):  # noqa: F811
    for role in ("nobody", "patient", "Manager"):
        response = world.clients[role].get("/faq/?a=b%00c")
        assert response.status_code == 400
        assert b"</html>" in response.content


@pytest.mark.parametrize("leads_to", ["x", "-1", "pages:home", "%25", "https://elsewhere.example/"])
def test_the_page_after_identification_is_a_path_of_ours(leads_to, world):  # noqa: F811
    response = world.clients["physician"].get(reverse("accounts:physician-identify"), {"next": leads_to})
    assert response.url == reverse("certification:start")


# --- Controls -------------------------------------------------------------------------------------------------------


def test_a_planted_name_is_found():
    planted = """
def page(request):
    own = request.GET.get("planted", "") + request.GET[OTHER.name]
    return own if "third" in self.request.GET else request.GET.get(own)
"""
    found, unknown = names_read(planted, "planted.py", {"OTHER": type("Other", (), {"name": "second"})})
    assert found == {"planted", "second", "third"}
    assert unknown == {"planted.py: request.GET.get(own)"}
    assert not found & set(NAMES)


def test_a_planted_fault_is_found(world, monkeypatch):  # noqa: F811
    monkeypatch.setattr(labels, "keys_of", lambda text: [int(text)] if text else [])
    row = next(row for row in CUSTOM if row.name == "admin:dispensing_labelprint_print")
    (address,) = admin_pages(row.name, world)
    assert names_of_page(address) == ["orders", "units"]
    assert broken(world.clients["Administrator"], address, ["units=x"], methods=["GET"]) == [("GET", "units=x")]
