"""The main menu of every page. It names pages of all apps below, so it is in the topmost app that has such pages."""

from typing import Any

from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.decorators import is_identified
from accounts.person import PersonRequest
from certification.models import Draft
from delivery.rules import DRIVE

CODE = ("certification:invitation", _("I have a code"))
PUBLIC = [
    ("pages:physicians", _("For physicians")),
    ("pages:delivery-info", _("Delivery")),
    ("pages:faq", _("Questions")),
    ("pages:contact", _("Contact")),
    CODE,
]
OFFICE_START = ("certification:start", _("Start"))
TO_SIGN = ("certification:patient-list", _("To sign"))  # of the list, what is to be signed
REFERENCE = ("pages:quick-reference", _("Quick reference"))
PHYSICIAN = [
    OFFICE_START,
    ("certification:patient-list", _("My patients")),
    TO_SIGN,
    ("accounts:delegate-list", _("My office")),
    ("accounts:physician", _("Eligibility")),
    REFERENCE,
]
DELEGATE = [OFFICE_START, ("certification:patient-list", _("Patients")), REFERENCE]
APPLICANT = [
    OFFICE_START,
    ("certification:patient-list", _("My patients")),
    ("accounts:physician-apply", _("My application")),
    REFERENCE,
]
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
    """Return label, address and count of each item; the count is of what waits there, or 0."""
    items = [_item(request, name) for name in _names(request)]
    here = request.get_full_path()
    exact = any(item["url"] == here for item in items)  # an item of one filter of a list goes before the list
    return [{**item, "is_current": item["url"] == (here if exact else request.path)} for item in items]


def _item(request: PersonRequest, named: tuple[str, Any]) -> dict[str, Any]:
    name, label = named
    if named != TO_SIGN:
        return {"label": label, "url": reverse(name), "count": 0}
    # Nothing of an office is told before the physician has identified.
    count = Draft.objects.waiting_for(request.user).count() if is_identified(request) else 0
    return {"label": label, "url": f"{reverse(name)}?show=sign", "count": count}


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
