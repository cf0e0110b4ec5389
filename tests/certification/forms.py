"""What a browser posts from the pages of certification."""

from datetime import date

from django.utils import timezone

from certification.statements import ATTESTATIONS, QUESTIONS
from tests import factories


def date_boxes(name, day):
    return {f"{name}_month": day.month, f"{name}_day": day.day, f"{name}_year": day.year}


def person(birth_date=date(1980, 4, 28), **over):
    return {
        "first_name": "Rosa",
        "middle_name": "",
        "last_name": "Delgado",
        "suffix": "",
        **date_boxes("birth_date", birth_date),
        "sex": "F",
        "street": "40 Orange Street",
        "unit": "",
        "city": "New Haven",
        "zip_code": "06510",
        "phone": "(203) 555-0142",
        "email": "rosa@example.org",
        **over,
    }


def profile(birth_date=date(1980, 4, 28), **over):
    """Return what the page of the patient posts, with what is confirmed before registering."""
    return {**questions(), **person(birth_date, **over)}


def condition(**over):
    today = timezone.localdate()
    return {
        "condition_codes": ["cancer"],
        **date_boxes("exam_date", today),
        **date_boxes("monitoring_reviewed_date", today),
        **over,
    }


def questions(**over):
    return {**dict.fromkeys(QUESTIONS, "on"), **over}


def statement(**over):
    reason = {"monthly_allotment_oz": "2.5", "allotment_reason": "A first, careful amount."}
    return {**dict.fromkeys(ATTESTATIONS, "on"), **reason, "directions": "", **over}


def caregiver(**over):
    return {
        **person(birth_date=date(1955, 2, 3)),
        "first_name": "Elena",
        "email": "elena@example.org",
        "phone": "203-555-0199",
        "relationship": "parent",
        "need": "Cannot drive.",
        **over,
    }


def preparation(**over):
    """What the office posts of a renewal."""
    return {"still_eligible": "on", **condition(**over)}


def renewal(signature_name, **over):
    return {"still_eligible": "on", **condition(), **statement(), "signature_name": signature_name, **over}


def letter(kind, **over):
    """Return what a browser posts for one of the two letters of a minor; `over` are fields without the kind."""
    day = date_boxes("letter_date", timezone.localdate())
    fields = {"writer": "Ines Moreau", "licence": "1.012345", **day, "file": factories.letter_file(), **over}
    return {f"{kind}_{name}": value for name, value in fields.items()}


def both_letters(**over):
    return {**letter("primary_care", **over), **letter("specialist", **over)}
