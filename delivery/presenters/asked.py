"""The questions that an app above asks orderers on the pages of this app: it registers how to find them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from certification.models import PatientToday
from delivery.phone import Caller


@dataclass(frozen=True)
class Asked:
    """A card on a page: its template, and what the template shows as `asked`."""

    template: str
    shows: Any


Find = Callable[[Collection[PatientToday], User, Caller | None, bool], list[Asked]]
_finders: list[Find] = []


def register(find: Find) -> None:
    """Register `find(patients, user, caller, in_full)`, which returns the cards about these patients."""
    if find not in _finders:
        _finders.append(find)


def asked_about(
    patients: Collection[PatientToday], *, user: User, caller: Caller | None = None, in_full: bool
) -> list[Asked]:
    """Return the cards about patients for whom the account, or the caller, may order; `in_full` with their forms."""
    return [asked for find in _finders for asked in find(patients, user, caller, in_full)] if patients else []
