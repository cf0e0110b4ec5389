"""The main menu of every page. It names pages of all apps below, so it is in the topmost app that has such pages."""

from typing import Any

from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.person import PersonRequest
from delivery.rules import DRIVE

CODE = ("certification:invitation", _("I have a code"))
PUBLIC = [
    ("pages:physicians", _("For physicians")),
    ("pages:delivery-info", _("Delivery")),
    ("pages:faq", _("Questions")),
    ("pages:contact", _("Contact")),
    CODE,
]
PHYSICIAN = [
    ("certification:patient-list", _("My patients")),
    ("accounts:delegate-list", _("My office")),
    ("accounts:physician", _("Eligibility")),
]
DELEGATE = [("certification:patient-list", _("Patients"))]
APPLICANT = [("certification:patient-list", _("My patients")), ("accounts:physician-apply", _("My application"))]
MEMBER = [
    ("delivery:home", _("Home")),
    ("certification:card", _("Card")),
    ("delivery:product-list", _("Order")),
    ("delivery:order-list", _("My orders")),
]
STAFF = [("admin:index", _("Administration"))]
DRIVER = [("delivery:run-list", _("My runs"))]
NEWCOMER = [("accounts:role", _("Start")), CODE]


def navigation(request: PersonRequest) -> dict[str, Any]:
    """Return the items of the main menu for the templates; they are read when a page shows them."""
    return {"navigation": SimpleLazyObject(lambda: _items(request))}


def _items(request: PersonRequest) -> list[dict[str, Any]]:
    items = [(reverse(name), label) for name, label in _names(request)]
    return [{"label": label, "url": url, "is_current": request.path == url} for url, label in items]


def _names(request: PersonRequest) -> list[tuple[str, Any]]:
    if not request.user.is_authenticated:
        return PUBLIC
    person = request.person
    names: list[tuple[str, Any]] = []
    if person.is_physician:
        names += PHYSICIAN
    elif person.is_applicant:
        names += APPLICANT
    elif person.is_delegate:
        names += DELEGATE
    if person.is_staff:
        names += STAFF
        names += DRIVER if request.user.has_perm(DRIVE) else []
    elif not names:
        names += MEMBER if person.is_member else NEWCOMER
    return names
