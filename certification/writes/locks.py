"""The locks that several actions take. Each lock holds until the caller's transaction ends.

The order is the same everywhere: physician, identity, patient, certification. The draft of a new patient is locked
before the identity, and the draft of a renewal after the certification that it renews.
"""

from datetime import date
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import Physician
from accounts.sql import lock_text
from certification import rules
from certification.models import Certification, Draft, Patient, PatientRequest, Person
from ui.text import search_name

SomePerson = TypeVar("SomePerson", bound=Person)


def lock_identity(*, first_name: str, last_name: str, birth_date: date, **_more: Any) -> None:
    """Lock a name and birth date, so that of two physicians who certify the same person the second one waits.

    A person who is new to both physicians has no row to lock. The name is locked as `is_same_person` compares it, and
    as a digest, because the database logs a statement that waits too long.
    """
    person = f"{birth_date.isoformat()} {search_name(last_name, first_name)}"
    lock_text(salted_hmac("certification.lock_person", person, algorithm="sha256").hexdigest())


def lock_physician_of(draft: Draft) -> Physician:
    """Lock the physician who signs the draft; return the physician with the account, as `check_not_own_patient` needs.

    Raises MayNotSign for the draft of an applicant.
    """
    physicians = Physician.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    return physicians.get(pk=rules.signer_of(draft).pk)


def lock_person(person: SomePerson) -> SomePerson:
    """Return the patient or caregiver as the database has them now, locked."""
    return type(person)._default_manager.select_for_update(no_key=True, of=("self",)).get(pk=person.pk)


def lock_patient_of(certification: Certification) -> Patient:
    """Return the patient of a certification, locked; the patient is locked before the certification."""
    return Patient.objects.select_for_update(no_key=True, of=("self",)).get(certifications=certification)


def lock_certification(certification: Certification) -> Certification:
    """Return the certification as the database has it now, locked, with its physician."""
    locked_rows = Certification.objects.select_for_update(no_key=True, of=("self",))
    return locked_rows.select_related("physician").get(pk=certification.pk)


def lock_request(request: PatientRequest) -> PatientRequest:
    """Return the patient's request as the database has it now, locked."""
    return PatientRequest.objects.select_for_update(no_key=True, of=("self",)).get(pk=request.pk)


def lock_draft(draft: Draft) -> Draft:
    """Return the draft as the database has it now, locked; the draft of a renewal that has no row yet gets it here.

    Raises TransitionError when the draft was signed meanwhile, ChangedError when it was discarded, and RenewalNotOpen
    for a renewal.
    """
    if draft.renews is not None:
        return _lock_renewal(draft.renews, unsaved=draft)
    return lock_draft_row(draft)


def lock_draft_row(draft: Draft) -> Draft:
    """Return the row of the draft, locked, whatever became of what it renews; raises TransitionError, ChangedError."""
    found = _drafts().filter(pk=draft.pk).first()
    if found is None:
        raise rules.why_gone(Certification.objects.filter(uuid=draft.uuid).first())
    return found


def _lock_renewal(renewed: Certification, *, unsaved: Draft) -> Draft:
    patient = lock_patient_of(renewed)
    renewed = lock_certification(renewed)
    rules.check_renewal_is_open(renewed, today=timezone.localdate())
    draft = _drafts().filter(renews=renewed).first()
    draft = draft or Draft.objects.create(uuid=unsaved.uuid, physician=renewed.physician, renews=renewed)
    renewed.patient = patient
    draft.renews = renewed
    return draft


def _drafts() -> QuerySet[Draft]:
    return Draft.objects.select_for_update(no_key=True, of=("self",)).select_related("physician")
