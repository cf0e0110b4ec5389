"""How staff find physicians and applications by a name or a number."""

import re

from django.db.models import Q

from accounts.models import Registration
from accounts.rules.numbers import normalize_dea_number, normalize_registration_number
from ui.text import search_name


def professionals_called(term: str) -> Q:
    """A filter of Physician or PhysicianApplication: names in any order, or a DEA number or NPI in any spelling."""
    words = search_name(term.replace(",", " ")).split()
    named = Q() if words else Q(pk__in=[])
    for word in words:
        named &= Q(search_name__startswith=word) | Q(search_name__contains=f" {word}")
    return named | Q(dea_number=normalize_dea_number(term)) | Q(npi__gt="", npi=re.sub(r"[\s-]", "", term))


def physicians_called(term: str) -> Q:
    """A filter of Physician: as professionals_called, or a license or registration in any spelling."""
    numbers = {normalize_registration_number(kind, term) for kind in Registration.Kind}
    registered = Registration.objects.filter(number__in=numbers - {""}).values("physician")
    return professionals_called(term) | Q(pk__in=registered)
