"""How staff find physicians and applications by a name or a number."""

import re

from django.db.models import Q

from accounts.models import Registration
from accounts.rules.numbers import normalize_dea_number, normalize_registration_number
from ui.text import search_name


def professionals_called(term: str) -> Q:
    """Return a filter of Physician or PhysicianApplication: by names in any order, DEA number or NPI."""
    words = search_name(term.replace(",", " ")).split()
    named = Q() if words else Q(pk__in=[])
    for word in words:
        named &= Q(search_name__startswith=word) | Q(search_name__contains=f" {word}")
    return named | Q(dea_number=normalize_dea_number(term)) | Q(npi__gt="", npi=re.sub(r"[\s-]", "", term))


def physicians_called(term: str) -> Q:
    """Return a filter of Physician: as professionals_called, or by the number of a license or registration."""
    numbers = {normalize_registration_number(kind, term) for kind in Registration.Kind}
    registered = Registration.objects.filter(number__in=numbers - {""}).values("physician")
    return professionals_called(term) | Q(pk__in=registered)
