"""Filters that find people by name, birth date, phone or number, as `ui.search_terms` reads them."""

import re
from collections.abc import Collection

from django.db.models import Q, Value
from django.db.models.functions import Right
from django.db.models.lookups import Exact

from certification.models import Caregiver, CaregiverAssignment, Condition, Patient
from certification.reference import ABBREVIATIONS
from ui.lookups import PLAIN, BeginsWord
from ui.search_terms import SearchTerm
from ui.text import search_name

PEOPLE = "PG"  # numbers of patients and caregivers
NOBODY = Q(pk__in=[])


def people_called(term: str, prefix: str = "") -> Q:
    """Return a filter of people, or of rows that belong to them: `prefix` is the way to them, as "patient__"."""
    read = SearchTerm(term)
    found = told_by(term, prefix)
    for words in read.readings_of_name if read.is_name else ():
        words = sorted(words, key=_is_found_sooner)
        found = named(words, prefix, indexed=words[-1:]) | found
    return found


def patients_called(term: str) -> Q:
    """Return a filter of patients: as people_called, or by the number of their caregiver."""
    return people_called(term) | cared_for(term)


def cared_for(term: str) -> Q:
    """Return a filter of patients by the number of their caregiver."""
    number = SearchTerm(term).number("G")
    if not number:
        return NOBODY
    assignments = CaregiverAssignment.objects.filter(caregiver__number=number, ended_date=None)
    return Q(pk__in=assignments.values("patient"))


def addresses_called(term: str, most: int) -> set[str]:
    """Return the e-mail addresses and phone numbers of at most `most` patients, and as many caregivers, of a search.

    Nobody is found by a birth date: not everybody who reads messages may read birth dates.
    """
    found: set[str] = set()
    if SearchTerm(term).day:
        return found
    for model in (Patient, Caregiver):
        for email, phone in model.objects.filter(people_called(term)).values_list("email", "phone")[:most]:
            found |= {email, str(phone), phone.as_e164}
    return found - {""}


def _is_found_sooner(word: str) -> tuple[bool, int]:
    """Return a sort key that puts the best word for the index last: a plain one, and a long one."""
    return bool(PLAIN.fullmatch(word)), len(word)


def told_by(term: str, prefix: str = "") -> Q:
    """Return a filter by birth date, number, or end of a phone number (an index holds its last four digits)."""
    read, found = SearchTerm(term), NOBODY
    if read.day:
        found |= Q(**{f"{prefix}birth_date": read.day})
    for number in sorted(read.numbers(PEOPLE)):
        found |= Q(**{f"{prefix}number": number})
    if digits := read.phone_end:
        phone_end = Exact(Right(f"{prefix}phone", 4), Value(digits[-4:]))
        found |= Q(phone_end) & Q(**{f"{prefix}phone__endswith": digits})
    return found


def called(term: str) -> Q:
    """Return a filter by any reading of a name, for rows whose column `search_name` an index of the office holds."""
    found = NOBODY
    for words in SearchTerm(term).readings_of_name:
        found |= named(words)
    return found


def named(words: list[str], prefix: str = "", indexed: Collection[str] = ()) -> Q:
    """Return a filter of names of which each word begins a part; without a word it finds nobody.

    The words `indexed` are looked up among the words of all names. The others are compared with the names that are
    left, or with those that the index of an office holds.
    """
    where, name = Q() if words else NOBODY, f"{prefix}search_name"
    for word in words:
        if word in indexed:
            where &= Q(**{f"{name}__{BeginsWord.lookup_name}": word})
        else:
            where &= Q(**{f"{name}__startswith": word}) | Q(**{f"{name}__contains": f" {word}"})
    return where


def numbered(term: str) -> Q:
    """Return a filter of certifications by their number, with or without its hyphens."""
    number = SearchTerm(term).number("C")
    return Q(number=number) if number else NOBODY


DOTTED = re.compile(r"\b(?:\w\.){1,}\w?\b\.?")  # A.L.S.


def conditions_called(term: str) -> Q:
    """Return a filter of conditions by the beginnings of the words of their names, and by their abbreviations."""
    starts = _words(DOTTED.sub(lambda letters: letters[0].replace(".", ""), term))
    found = [
        code
        for code, name in Condition.objects.values_list("code", "name")
        if all(any(word.startswith(start) for word in _words(name, *ABBREVIATIONS.get(code, ()))) for start in starts)
    ]
    return Q(code__in=found)


def _words(*texts: str) -> list[str]:
    return re.findall(r"\w+", search_name(*texts))
