"""The permissions of staff outside the admin: they count only for accounts that the admin lets in."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from accounts.permissions import is_staff_in_good_standing, may_as_staff
from delivery import actions
from delivery.rules import OrdererError
from tests import factories
from tests.accounts.test_mfa import with_codes, with_totp
from tests.delivery.people import words_of
from tests.guard import unguarded

pytestmark = pytest.mark.django_db
# Who is staff decides here which page comes first, how long a session lasts, what an event says, what a browser forgets
# at sign-out, how an assessment says who answered it, whose name a label may have, and whether the audit trail links
# to a page of the admin: nothing is shown. The start page is part of the admin.
LEAD_ON = {
    "audit/names.py", "audit/many_rows.py", "delivery/rules/runs.py", "pages/staff_summary.py",
    "accounts/person.py", "accounts/models/person.py", "accounts/backends.py",
    "accounts/views/physicians.py", "accounts/models/people.py", "accounts/actions/staff.py",
    "accounts/permissions.py", "accounts/management/commands/save_staff.py", "delivery/context_processors.py",
    "delivery/views/cart.py", "dispensing/presenters/assessments.py", "dispensing/rules/names.py",
    "pages/demo.py", "pages/staff_start.py", "accounts/middleware.py", "pages/context_processors.py",
    "certification/presenters/history.py",
}  # fmt: skip


@pytest.fixture
def required(settings):
    settings.REQUIRE_MFA = True


def with_two_ways(account):
    return with_codes(with_totp(account), kept_at=1.0)


def ended(account, **flags):
    """Return the account without its staff flags; its groups stay."""
    with unguarded():
        type(account).objects.filter(pk=account.pk).update(**flags)
    return type(account).objects.get(pk=account.pk)


def test_only_active_staff_are_in_good_standing():
    assert is_staff_in_good_standing(factories.staff("Driver"))
    assert not is_staff_in_good_standing(factories.user())
    assert not is_staff_in_good_standing(AnonymousUser())
    assert not is_staff_in_good_standing(ended(factories.staff("Driver"), is_active=False))


def test_staff_without_two_ways_are_not_in_good_standing(required):
    assert not is_staff_in_good_standing(factories.staff("Driver"))
    assert not is_staff_in_good_standing(with_totp(factories.staff("Driver")))
    assert is_staff_in_good_standing(with_two_ways(factories.staff("Driver")))


def test_a_permission_of_a_group_counts_for_staff_alone():
    assert may_as_staff(factories.staff("Driver"), "certification.check_card")
    assert not may_as_staff(factories.staff("Technician"), "certification.check_card")
    assert not may_as_staff(ended(factories.staff("Driver"), is_staff=False), "certification.check_card")


def check_of(certification):
    card = factories.card(certification.patient)
    return reverse("certification:verify", args=[card.token])


def test_verify_shows_whose_card_it_is_to_staff_with_a_second_factor_alone(required):
    certification = factories.certification()
    page, name = check_of(certification), certification.patient.name
    for account in (factories.staff("Driver"), with_totp(factories.staff("Driver"))):
        assert name not in words_of(factories.client_for(account).get(page))
    assert name in words_of(factories.client_for(with_two_ways(factories.staff("Driver"))).get(page))


@pytest.mark.parametrize(
    "name", ["certification:certification-card", "certification:certification-certificate", "delivery:allotment-of"]
)
def test_papers_and_ledger_need_staff_in_good_standing(name):
    certification = factories.certification()
    page = reverse(name, args=[certification.uuid])
    pharmacist = factories.staff("Pharmacist")
    assert factories.client_for(pharmacist).get(page).status_code == 200
    assert factories.client_for(ended(pharmacist, is_staff=False)).get(page).status_code == 404


def test_only_staff_who_may_change_orders_pass_the_cut_off():
    order = factories.order()
    for account in (factories.staff("Driver"), factories.staff(), ended(factories.staff("Manager"), is_staff=False)):
        with pytest.raises(OrdererError):
            actions.cancel_order(order=order, by=account)
    assert (
        actions.cancel_order(order=order, by=factories.staff("Manager"), reason="Asked by phone.").status == "cancelled"
    )


def test_nothing_outside_the_admin_asks_for_staff_in_another_way():
    """Only `accounts.permissions` asks about staff; each new use of the flag, a group or a permission is reviewed."""
    asks = re.compile(r"\.is_staff\b|\.is_superuser\b|\.has_perms?\(|groups\.filter\(")
    found = set()
    for app in ("accounts", "certification", "delivery", "dispensing", "pages", "notifications", "audit", "ui"):
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            name = str(path.relative_to(settings.BASE_DIR))
            if "/admin" not in name and name != "audit/action_admin.py" and asks.search(path.read_text()):
                found.add(name)
    assert found - LEAD_ON == set()
