"""The main menu: it shows several apps at once, so it lives in the top room."""

from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from certification.models import Caregiver, Patient

PUBLIC = [
    ("pages:physicians", _("For physicians")),
    ("pages:delivery-info", _("Delivery")),
    ("pages:faq", _("Questions")),
    ("pages:contact", _("Contact")),
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
NEWCOMER = [("accounts:role", _("Start"))]


def navigation(request):
    return {"navigation": SimpleLazyObject(lambda: _items(request))}


def _items(request):
    items = [(reverse(name), label) for name, label in _names(request.user, hasattr(request, "orderer"))]
    return [{"label": label, "url": url, "is_current": request.path == url} for url, label in items]


def _names(user, is_orderer):
    if not user.is_authenticated:
        return PUBLIC
    names = []
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


def _is_member(user):
    """In one query, as every page asks it."""
    patients, caregivers = (model.objects.filter(user=user).values("pk") for model in (Patient, Caregiver))
    return patients.union(caregivers).exists()
