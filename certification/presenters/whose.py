"""Whose draft or certification a page is about: name, birth date and age, for the line above every page of an office.

Two open tabs may belong to two patients, so each page says whose it is.
"""

from dataclasses import dataclass
from datetime import date

from certification import rules
from certification.models import Draft
from certification.presenters.addresses import Row
from certification.steps import answers_of, birth_date_in


@dataclass(frozen=True)
class Whose:
    """The patient of a page. The name is empty and the birth date None while the office has not entered them."""

    name: str
    birth_date: date | None
    age: int | None


def whose(row: Row, *, today: date) -> Whose:
    """Return the patient of a draft, as far as it was entered, or of a certification."""
    if isinstance(row, Draft):
        name, birth_date = row.patient_name, birth_date_in(row, answers_of(row.answers))
    else:
        name, birth_date = row.patient.name, row.patient.birth_date
    return Whose(name, birth_date, None if birth_date is None else rules.age_on(birth_date, today))
