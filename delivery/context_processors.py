"""The main menu of every page. It names pages of all apps below, so it is in the topmost app that has such pages."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from certification.models import Caregiver, Patient

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
NEWCOMER = [("accounts:role", _("Start")), CODE]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return the items of the main menu for the templates; they are read when a page shows them."""
    return {"navigation": SimpleLazyObject(lambda: _items(request))}


def _items(request: HttpRequest) -> list[dict[str, Any]]:
    items = [(reverse(name), label) for name, label in _names(request.user, hasattr(request, "orderer"))]
    return [{"label": label, "url": url, "is_current": request.path == url} for url, label in items]


def _names(user: User | AnonymousUser, is_orderer: bool) -> list[tuple[str, Any]]:
    if not user.is_authenticated:
        return PUBLIC
    names: list[tuple[str, Any]] = []
    if hasattr(user, "physician"):
        names += PHYSICIAN
    elif user.is_applicant:
        names += APPLICANT
    elif user.is_delegate:
        names += DELEGATE
    if user.is_staff:
        names += STAFF
    elif not names:
        names += MEMBER if is_orderer or _is_member(user) else NEWCOMER
    return names


def _is_member(user: User) -> bool:
    """Return whether the account is a patient's or a caregiver's, in one query: every page asks this."""
    patients, caregivers = (model.objects.filter(user=user).values("pk") for model in (Patient, Caregiver))
    return patients.union(caregivers).exists()
