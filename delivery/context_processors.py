"""The main menu of every page. It names pages of all apps below, so it is in the topmost app that has such pages."""

from functools import cache
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.decorators import is_identified
from accounts.person import PersonRequest
from certification.models import Draft
from delivery.rules import DRIVE, only_drives

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


class Item(NamedTuple):
    """An item of the main menu; `waiting` is how much waits there."""

    label: str
    url: str
    waiting: int
    is_current: bool


def _items(request: PersonRequest) -> tuple[Item, ...]:
    names = _names(request)
    here, addresses = request.get_full_path(), [_address(named) for named in names]
    current = here if here in addresses else request.path  # an item of one filter of a list goes before the list
    return tuple(
        Item(str(named[1]), address, _waiting(request, named), address == current)
        for named, address in zip(names, addresses, strict=True)
    )


def _address(named: tuple[str, Any]) -> str:
    return _reversed(named[0]) + ("?show=sign" if named == TO_SIGN else "")


_reversed = cache(reverse)  # each page asks for the same four


def _waiting(request: PersonRequest, named: tuple[str, Any]) -> int:
    """Return how much waits behind the item. Nothing of an office is told before the physician has identified."""
    return Draft.objects.waiting_for(request.user).count() if named == TO_SIGN and is_identified(request) else 0


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
        names += [] if only_drives(request.user) else STAFF
        names += DRIVER if request.user.has_perm(DRIVE) else []
    elif not names:
        names += MEMBER if person.is_member else NEWCOMER
    return names
