"""Answering a call, so that staff can order for the caller."""

from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.sql import lock_text
from audit.actions import audited, record
from certification.models import Caregiver, Patient
from delivery import rules
from delivery.models import FailedCall


@audited("call.answer", atomic=False)
def answer_call(*, number: str, name: str, birth_date: date, by: User) -> Patient | Caregiver:
    """Return the caller, found by the number of the card, the name and the birth date.

    Staff can then order for the caller, or for a patient whose caregiver the caller is. When an answer is wrong, the
    failed call is stored before CallerError is raised; the error does not say which answer. After five failed calls in
    an hour CallsClosed is raised for the number.
    """
    number = "-".join(rules.card_number_parts(number))
    with transaction.atomic():
        lock_text(f"call {number}")
        now = timezone.now()
        rules.check_calls_are_open(number, now=now)
        person = _person_with(number)
        refusal = _refusal_of(person, name, birth_date)
        if refusal and number:  # what is no card number opens no card, so it is not counted
            FailedCall.objects.create(number=number, taken_by=by, at=now)
    if refusal:
        raise refusal
    assert person is not None
    record(by=by, subject=person)
    return person


def _person_with(number: str) -> Patient | Caregiver | None:
    people: tuple[QuerySet, ...] = (Patient.objects.all(), Caregiver.objects.all())
    return next((found for rows in people if (found := rows.filter(number=number).first())), None)


def _refusal_of(person: Patient | Caregiver | None, name: str, birth_date: date) -> rules.CallerError | None:
    try:
        rules.check_caller(person, name=name, birth_date=birth_date)
    except rules.CallerError as error:
        return error
    return None
