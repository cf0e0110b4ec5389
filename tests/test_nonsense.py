"""Nonsense in the address or the form of a list or export never makes a 500, for any role."""

from urllib.parse import quote

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.access import ROLES
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
# Every parameter that a list or an export reads, and some unknown ones.
NAMES = (
    "page", "cursor", "show", "within", "q", "form", "thc", "cbd", "size", "price", "zip", "to", "next", "return",
    "product", "quantity", "patient", "term", "entry", "chosen", "chosen[]", "unknown", "e", "%00", "a%00b",
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
    "lot",
    "sku",
)
OURS = (
    "certification:start", "certification:patient-list", "certification:due-list", "certification:patient-csv",
    "certification:several",
    "certification:sign-all", "certification:certification-add", "certification:card", "certification:card-pdf",
    "certification:affirmation", "certification:own-contact", "certification:invitation",
    "delivery:home", "delivery:record", "delivery:product-list", "delivery:cart", "delivery:cart-line",
    "delivery:patient-choose", "delivery:allotment", "delivery:checkout", "delivery:waiting-leave",
    "delivery:order-list", "delivery:phone-end",
    "accounts:role", "accounts:physician", "accounts:physician-identify", "accounts:physician-apply",
    "accounts:delegate-list", "accounts:physician-leave", "accounts:physician-monitoring",
    "pages:home", "pages:delivery-info", "pages:contact", "pages:language",
)  # fmt: skip
EXPORTS = ("admin:delivery_stockmovement_export_csv", "admin:delivery_stockmovement_lot", "admin:index")


def lists():
    """Yield the admin's lists and exports, each with the names of its filters."""
    for its_admin in admin.site._registry.values():
        filters = [
            chosen if isinstance(chosen, str) else getattr(chosen, "parameter_name", chosen)
            for chosen in its_admin.list_filter
        ]
        paths = [chosen if isinstance(chosen, str) else chosen[0] for chosen in filters]
        names = [path + end for path in paths for end in ("", "__exact")] + list(its_admin.list_lookups)
        yield f"admin:{its_admin.opts.app_label}_{its_admin.opts.model_name}_changelist", names
    yield from ((name, ["kind__exact", "lot", "sku"]) for name in EXPORTS)


def status(client, method, address, query):
    """Return the status for this query, sent in the address or in a form."""
    with taken_back():
        if method == "GET":
            return client.get(f"{address}?{query}").status_code
        form = "application/x-www-form-urlencoded"
        return client.generic("POST", address, query, content_type=form).status_code


def broken(client, address, queries, methods=("GET", "POST")):
    """Return the queries that are answered with 500 or more."""
    client.raise_request_exception = False
    asked = ((query, method) for query in queries for method in methods)
    return [(method, query[:100]) for query, method in asked if status(client, method, address, query) >= 500]


def opens(client, address):
    return client.get(address).status_code in (200, 405)


def all_at_once(names, values):
    return ["&".join(f"{name}={value}" for name in names) for value in values]


@pytest.mark.parametrize("role", ROLES)
def test_no_nonsense_breaks_a_page_of_any_role(role, world):  # noqa: F811
    client = world.clients[role]
    pages = [*((name, NAMES) for name in OURS), *((name, [*names, *ADMIN_NAMES]) for name, names in lists())]
    for name, names in pages:
        if opens(client, reverse(name)):
            assert broken(client, reverse(name), all_at_once(names, WORST)) == [], name


@pytest.mark.parametrize(("name", "names"), list(lists()), ids=lambda value: value if isinstance(value, str) else "")
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
