"""How staff find physicians and applications by a name, a phone or a number, as `ui.search_terms` reads them."""

import re

from django.db.models import Q

from accounts.models import Registration
from accounts.rules.numbers import normalize_dea_number, normalize_registration_number
from ui.search_terms import SearchTerm


def professionals_called(term: str) -> Q:
    """Return a filter of Physician or PhysicianApplication: by names in any order, DEA number, NPI or phone."""
    read = SearchTerm(term)
    found = Q(dea_number=normalize_dea_number(read.text)) | Q(npi__gt="", npi=re.sub(r"[^0-9]", "", read.text))
    for words in read.readings_of_name:
        named = Q()
        for word in words:
            named &= Q(search_name__startswith=word) | Q(search_name__contains=f" {word}")
        found |= named
    return found | Q(phone__endswith=read.phone_end) if read.phone_end else found


def physicians_called(term: str) -> Q:
    """Return a filter of Physician: as professionals_called, by mail, or by the number of a registration."""
    text = SearchTerm(term).text
    numbers = {normalize_registration_number(kind, text) for kind in Registration.Kind}
    registered = Registration.objects.filter(number__in=numbers - {""}).values("physician")
    found = professionals_called(term) | Q(pk__in=registered)
    return found | Q(email__iexact=text) if "@" in text else found
