"""Somebody calls, and staff order for her."""

from datetime import date

from django.db.models import QuerySet

from accounts.models import User
from audit.actions import audited, record
from certification.models import Caregiver, Patient
from delivery import rules


@audited("call.answer")
def answer_call(*, number: str, name: str, birth_date: date, by: User) -> Patient | Caregiver:
    """Who calls, by the number of the card, the name and the birth date; raises CallerError, the same for any of them.

    For a patient she may act for, staff can then order as she could herself.
    """
    number = "-".join(rules.card_number_parts(number))
    people: tuple[QuerySet, ...] = (Patient.objects.all(), Caregiver.objects.all())
    person = next((found for one in people if (found := one.filter(number=number).first())), None)
    rules.check_caller(person, name=name, birth_date=birth_date)
    assert person is not None
    record(action="call.answer", by=by, subject=person)
    return person
