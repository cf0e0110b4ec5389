"""Every address and every button of the admin opens exactly to the roles that tests/access.py names."""

from dataclasses import replace

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import get_resolver, path, reverse

from accounts.decorators import physician_required
from certification.models import Certification
from certification.views import scope
from delivery.models import Order
from tests import access, factories
from tests.walker import address_of, admin_pages, is_open, is_open_to_read, never_opens
from tests.world import names, world  # noqa: F401  the fixture

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover, pytest.mark.once]
PAGES = [row for row in access.rows() if row.about not in ("row", "list")]
ADMIN = [row for row in access.rows() if row.about in ("row", "list")]
SIGN_ON = {
    "socialaccount_connections", "socialaccount_signup", "socialaccount_login_cancelled", "socialaccount_login_error",
    "openid_connect_login", "openid_connect_callback",
}  # fmt: skip


def openers(row, made, roles=access.ROLES):
    """Return the roles that can open the address about their own things, and about things of somebody else."""
    own = {role for role in roles if opens(row, made, role, made.own.get(role, {}))}
    others = {role for role in roles if row.is_owned and opens(row, made, role, made.foreign)}
    return own, others


def opens(row, made, role, things):
    address = address_of(row, made, things)
    return address is not None and is_open(made.clients[role], address, row, things)


def difference(found, declared):
    """Return the roles that can open more, and that can open less, than the table says."""
    return {"more open": sorted(found - declared), "more closed": sorted(declared - found)}


NO_DIFFERENCE = difference(set(), set())


def test_every_address_is_declared():
    declared = {row.name.split(" ")[0] for row in access.rows()}
    found = {name for name in names() if name and name != "admin:None"}
    lists = {f"admin:{of.opts.app_label}_{of.opts.model_name}" for of in admin.site._registry.values()}
    regular = {
        f"{name}_{page}" for name in lists for page in ("changelist", "add", "change", "delete", "history", "step")
    }
    assert sorted(found - regular - declared) == []
    assert sorted(declared - found - lists) == []
    assert sorted(lists - declared) == []


def test_every_button_of_the_admin_is_declared():
    buttons = {
        f"admin:{of.opts.app_label}_{of.opts.model_name} {page.name}"
        for of in admin.site._registry.values()
        for page in of.action_pages
    }
    assert buttons == {row.name for row in ADMIN if " " in row.name}


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_an_address_opens_to_the_roles_of_the_table(row, world):  # noqa: F811
    own, others = openers(row, world)
    assert (difference(own, row.own), difference(others, row.others)) == (NO_DIFFERENCE, NO_DIFFERENCE)


@pytest.mark.parametrize("row", ADMIN, ids=lambda row: row.name)
def test_a_list_or_button_of_the_admin_opens_to_the_roles_of_the_table(row, world):  # noqa: F811
    for address in admin_pages(row.name, world):
        found = {role for role in access.ROLES if is_open_to_read(world.clients[role], address)}
        assert difference(found, row.own) == NO_DIFFERENCE, address


@pytest.mark.parametrize(
    "its_admin", list(admin.site._registry.values()), ids=lambda its_admin: its_admin.opts.label_lower
)
def test_nothing_is_added_or_deleted_without_a_button(its_admin, world):  # noqa: F811
    for address in never_opens(its_admin):
        for role in access.STAFF:
            assert world.clients[role].get(address).status_code in (302, 403)
            assert world.clients[role].post(address).status_code in (302, 403)


@pytest.mark.parametrize("name", sorted(SIGN_ON))
def test_the_sign_on_has_no_pages_while_it_is_off(name):
    address = reverse(name, args=["state"] if name.startswith("openid") else [])
    for client in (Client(), factories.client_for(factories.user())):
        assert client.get(address).status_code in (302, 404)
    assert (client.get(address).status_code, client.post(address).status_code) == (404, 404)


# --- Controls -------------------------------------------------------------------------------------------------------


def row_called(name):
    return next(row for row in access.rows() if row.name == name)


def pattern_of(name):
    """Return the URL pattern of an address of our apps, for example of "pages:faq"."""
    namespace, _colon, plain = name.partition(":")
    for resolver in get_resolver().url_patterns:
        if getattr(resolver, "namespace", None) == namespace:
            return next(pattern for pattern in resolver.url_patterns if pattern.name == plain)
    raise LookupError(name)


def test_a_decorator_that_is_dropped_is_found(world, monkeypatch):  # noqa: F811
    """Remove the first decorator of the list of patients, `office_required`."""
    row, pattern = row_called("certification:patient-list"), pattern_of("certification:patient-list")
    assert openers(row, world)[0] == row.own
    monkeypatch.setattr(pattern, "callback", pattern.callback.__wrapped__)
    assert {"patient", "Driver"} <= set(difference(openers(row, world)[0], row.own)["more open"])


def test_a_page_that_shows_things_of_others_is_found(world, monkeypatch):  # noqa: F811
    """Let a page find certifications of every office."""
    row = row_called("certification:certification-confirmation")
    monkeypatch.setattr(scope, "certifications_of", lambda user: Certification.objects.all())
    assert set(difference(openers(row, world)[1], row.others)["more open"]) >= {"physician", "delegate"}


def test_an_address_that_opens_to_too_few_is_found(world, monkeypatch):  # noqa: F811
    row, pattern = row_called("pages:faq"), pattern_of("pages:faq")
    monkeypatch.setattr(pattern, "callback", physician_required(pattern.callback))
    assert "patient" in difference(openers(row, world)[0], row.own)["more closed"]


def test_an_undeclared_address_is_found(monkeypatch):
    resolver = get_resolver()
    more = path("undeclared/", lambda request: None, name="undeclared")
    monkeypatch.setattr(resolver, "url_patterns", [*resolver.url_patterns, more])
    with pytest.raises(AssertionError, match="undeclared"):
        test_every_address_is_declared()


def test_a_button_without_its_permission_is_found(world, monkeypatch):  # noqa: F811
    """Offer the button that confirms an order to everybody who may see orders."""
    orders = admin.site._registry[Order]
    pages = tuple(replace(page, permission="delivery.view_order") for page in orders.action_pages)
    monkeypatch.setattr(orders, "action_pages", pages)
    row = row_called("admin:delivery_order confirm")
    found = {role for role in access.ROLES if is_open_to_read(world.clients[role], *admin_pages(row.name, world))}
    assert "Auditor" in difference(found, row.own)["more open"]
