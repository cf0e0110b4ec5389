"""No form and no query parameter of the portal answers with 500, for any role and any odd answer.

The suite sends 300 requests; `make drill` sends 5,000 as every role, different ones each time. The forms are found by
the URLconf and by following every link. tests/test_nonsense.py tests each parameter of lists and exports.
"""

from math import ceil

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings

from tests import crawl, factories
from tests.access import ROLES
from tests.answers import body_of, content_type_of, filled
from tests.world import taken_back, world  # noqa: F401  the fixture

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]
IN_THE_SUITE = ("nobody", "newcomer", "patient", "guardian", "applicant", "physician", "Administrator")


def status(client, form, body):
    """Return the status for this body; roll back whatever the request wrote, and keep the session."""
    cookies = client.cookies.copy()
    client.raise_request_exception = False
    with taken_back():
        if form.method == "GET":
            answer = client.generic("GET", form.address.partition("?")[0], QUERY_STRING=body.decode())
        else:
            answer = client.generic("POST", form.address, body, content_type=content_type_of(form))
    client.cookies = cookies
    return answer.status_code


def fuzz(client, form, cases, *, is_drill=False):
    """Send `cases` ways to fill in the form; fail with the shortest request that is answered with 500 or more."""
    phases = [Phase.generate, Phase.shrink]
    form_of_search = settings(
        max_examples=cases,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        derandomize=not is_drill,
    )

    @form_of_search
    @given(filled(form))
    def never_breaks(sent):
        asked.append(form.route)
        body = body_of(form, sent)
        answer = status(client, form, body)
        assert answer < 500, f"{answer} for {form.method} {form.address} with {body!r}"

    asked = []
    never_breaks()
    return len(asked)


def pages_of(client, starts):
    """Return the pages that `client` can reach; roll back whatever opening a page writes."""

    def ask(address):
        with taken_back():
            response = client.get(address)
        is_html = response.headers.get("Content-Type", "").startswith("text/html")
        text = response.content.decode() if is_html and not response.streaming else ""
        return crawl.Answer(response.status_code, text, response.headers.get("Location", ""))

    return list(crawl.crawl(ask, starts, per_route=1))


def starts_of(world, role):  # noqa: F811
    """Return the addresses of the URLconf, with things of the role as parameters."""
    own = {**world.foreign, **world.own.get(role, {})}
    values = {
        "uuid": [own[name].uuid for name in ("draft", "signed", "asked") if name in own],
        "number": [own["order"].number],
        "token": [own["token"], "a-token"],
        "kind": ["specialist", "dea"],
    }
    return crawl.addresses(values)


def targets(world, roles):  # noqa: F811
    """Return (role, form) for each form, with the first role that reaches it."""
    found = {}
    for role in roles:
        for form in crawl.forms_of(pages_of(world.clients[role], starts_of(world, role))):
            found.setdefault(form.signature, (role, form))
    return list(found.values())


@pytest.mark.once  # `make drill` sends more, on both databases
def test_no_answer_breaks_a_form_or_a_query(world, request):  # noqa: F811
    is_drill = request.config.getoption("drill")
    factories.cart(world.patient, (world.product, 2))  # with an empty cart, the checkout redirects to the products
    found = targets(world, ROLES if is_drill else IN_THE_SUITE)
    each = 1 + ceil((5_000 if is_drill else 300) / len(found))  # the first case fills in nothing
    sent = sum(fuzz(world.clients[role], form, each, is_drill=is_drill) for role, form in found)
    routes = {form.route for _role, form in found}
    print(f"\n{sent} requests to {len(found)} forms and queries of {len(routes)} addresses, no 500")
    assert sent >= (5_000 if is_drill else 300)
    assert {"pages:contact", "delivery:checkout", "account_signup", "certification:certification-profile"} <= routes


@pytest.mark.parametrize("planted", ["planted-digits", "planted-pages"])
def test_a_planted_fault_is_found_with_the_shortest_request(planted, world, settings):  # noqa: F811
    settings.ROOT_URLCONF = "tests.planted"
    client = world.clients["nobody"]
    found = crawl.forms_of(pages_of(client, [reverse(planted)]))
    [form] = [candidate for candidate in found if candidate.route == planted]
    with pytest.raises(AssertionError, match="500 for (POST|GET) /planted/") as failure:
        fuzz(client, form, 300)
    print(failure.value)
