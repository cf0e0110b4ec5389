"""Where and when the next delivery can be, as the strip over the menu says it."""

from dataclasses import dataclass
from datetime import date

from certification.models import Patient
from delivery import rules
from delivery.presenters.terms import Terms
from ui.zip_codes import place_of


@dataclass(frozen=True)
class Where:
    """The ZIP code that the reader chose, or else the patient's own, with its town; `day` is the next free one."""

    town: str
    zip_code: str
    is_served: bool
    day: date | None


def where_of(patient: Patient, terms: Terms, *, chosen_zip: str) -> Where:
    """Return where and when the next delivery can be; without a chosen ZIP code, to the patient's home."""
    zip_code = chosen_zip or patient.zip_code[:5]
    place = place_of(zip_code)
    town = patient.city if zip_code == patient.zip_code[:5] else (place["city"] if place else "")
    day = terms.next_free.date if terms.next_free else None
    return Where(town, zip_code, rules.zip_is_served(zip_code, terms.policy), day)
