"""Filters that find people by name, birth date, phone or number, in any spelling."""

import re
from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Q, Value
from django.db.models.functions import Right
from django.db.models.lookups import Exact

from ui.lookups import PLAIN, BeginsWord
from ui.text import search_name

DATE_SHAPES = ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m %d %Y", "%Y-%m-%d")
NUMBER = re.compile(r"([PC])([A-Z2-9]{4})([A-Z2-9]{4})")
PHONE = re.compile(r"[0-9]{4,10}")


def people_called(term: str, prefix: str = "") -> Q:
    """Return a filter of people, or of rows that belong to them: `prefix` is the way to them, as "patient__"."""
    is_name = not as_day(term) and not as_digits(term)
    words = sorted(words_of(term), key=_is_found_sooner) if is_name else []
    return named(words, prefix, indexed=words[-1:]) | told_by(term, prefix)


def _is_found_sooner(word: str) -> tuple[bool, int]:
    """Return a sort key that puts the best word for the index last: a plain one, and a long one."""
    return bool(PLAIN.fullmatch(word)), len(word)


def words_of(term: str) -> list[str]:
    """Return the words of a search term as `search_name` writes them."""
    return search_name(term.replace(",", " ")).split()


def told_by(term: str, prefix: str = "") -> Q:
    """Return a filter by birth date, number, or end of a phone number (an index holds its last four digits)."""
    found = Q(pk__in=[])
    if day := as_day(term):
        found |= Q(**{f"{prefix}birth_date": day})
    if number := as_number(term):
        found |= Q(**{f"{prefix}number": number})
    if digits := as_digits(term):
        phone_end = Exact(Right(f"{prefix}phone", 4), Value(digits[-4:]))
        found |= Q(phone_end) & Q(**{f"{prefix}phone__endswith": digits})
    return found


def named(words: list[str], prefix: str = "", indexed: Collection[str] = ()) -> Q:
    """Return a filter of names of which each word begins a part; without a word it finds nobody.

    The words `indexed` are looked up among the words of all names. The others are compared with the names that are
    left, or with those that the index of an office holds.
    """
    where, name = Q() if words else Q(pk__in=[]), f"{prefix}search_name"
    for word in words:
        if word in indexed:
            where &= Q(**{f"{name}__{BeginsWord.lookup_name}": word})
        else:
            where &= Q(**{f"{name}__startswith": word}) | Q(**{f"{name}__contains": f" {word}"})
    return where


def numbered(term: str) -> Q:
    """Return a filter by the number of a certification or person, with or without its hyphens."""
    number = as_number(term)
    return Q(number=number) if number else Q(pk__in=[])


def as_number(term: str) -> str | None:
    shape = NUMBER.fullmatch(re.sub(r"[^A-Z0-9]", "", term.upper()))
    return "-".join(shape.groups()) if shape else None


def as_digits(term: str) -> str | None:
    """Return the digits of the end of a phone number, at least four, or None."""
    digits = re.sub(r"[\s().+-]", "", term).removeprefix("1")
    return digits if PHONE.fullmatch(digits) else None


def as_day(term: str) -> date | None:
    for shape in DATE_SHAPES:
        try:
            return datetime.strptime(term.strip(), shape).date()  # noqa: DTZ007 a birth date has no time zone
        except ValueError:
            continue
    return None
