"""The patient of a draft that is signed. Each write runs inside the caller's transaction."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from accounts.models import User
from certification import rules
from certification.models import Answers, Draft, Patient
from certification.steps import answers_of
from certification.writes.assignments import end_assignment, names_the_same_caregiver
from certification.writes.endings import supersede_withdrawn
from certification.writes.locks import lock_identity, lock_person
from certification.writes.people import person_fields, write_patient
from certification.writes.take_overs import REPLACED, complete
from ui.text import readable_number


def write_patient_of(draft: Draft, *, today: date, by: User) -> tuple[Patient, bool]:
    """Write the patient of the draft that is being signed; return the patient, and whether the row is new.

    The row is not new for a patient whom the physician certifies again, or takes over. Another physician's
    certification is superseded when that was agreed; both physicians are notified. Raises ElsewhereError.
    """
    answers = answers_of(draft.answers)
    profile: Answers = answers["profile"]
    lock_identity(**profile)
    patient = _known_patient(draft, answers, today=today, by=by)
    fields = {**person_fields(profile), "has_legal_capacity": profile["has_legal_capacity"]}
    if patient is None:
        return Patient.objects.create(**fields, number=readable_number("P")), True
    write_patient(patient, fields)
    _end_another_caregiver(patient, answers["caregiver"], today, by=by)
    return patient, False


def _known_patient(draft: Draft, answers: Mapping[str, Any], *, today: date, by: User) -> Patient | None:
    """Return the patient, locked, whom the physician takes over or certifies again; None for a new patient.

    A draft belongs to one office, so a patient may be locked after it.
    """
    physician = rules.signer_of(draft)
    other = rules.certified_elsewhere(answers["profile"], physician=physician, today=today)
    rules.check_not_certified_elsewhere(other, physician=physician)
    again = _own_patient_again(draft, answers)
    if other is not None:
        patient = lock_person(other.patient)
        complete(other, draft, by=by)
        return patient
    if again is not None:
        patient = lock_person(again)
        rules.check_may_be_the_same(patient, [patient])
        supersede_withdrawn(patient, today=today)
        return patient
    return None


def _own_patient_again(draft: Draft, answers: Mapping[str, Any]) -> Patient | None:
    """Return the physician's own patient whom the draft names as the same person.

    None when name or birth date were changed so that they no longer fit.
    """
    same_as = (answers["identity"] or {}).get("same_as")
    found = rules.possible_duplicates(answers["profile"], physician=draft.certifier) if same_as else []
    return next((patient for patient in found if patient.number == same_as), None)


def _end_another_caregiver(patient: Patient, answers: Mapping[str, Any] | None, today: date, *, by: User) -> None:
    current = patient.current_assignment
    if current is not None and not (answers and names_the_same_caregiver(current, answers)):
        end_assignment(current, reason=REPLACED, today=today, by=by)
