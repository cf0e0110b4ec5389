"""Who the patient of a draft is when it is signed: new, the physician's own again, or taken over from another."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import Physician, User
from accounts.sql import lock_text
from audit.actions import audited, record
from certification import rules, signals
from certification.actions.caregivers import close_assignment, is_same, keep_search_name, person_fields
from certification.actions.locks import locked
from certification.models import Certification, Draft, Patient, TakeOver
from certification.steps import answers_of
from notifications.actions import queue_many
from ui.text import readable_number, search_name

REPLACED = "Another physician has certified the patient."


@audited("takeover.agree", subject="patient")
def agree_take_over(
    *, patient: Patient, physician: Physician, agreed_with: str, how: str, agreed_date: date, by: User
) -> TakeOver:
    """Keep that `physician` may certify the patient in the place of the one whose certification runs.

    `agreed_with` is a TakeOver.AgreedWith; agreed again before the signature, the last words stand. Nothing else
    changes until the physician signs. Raises TakeOverError, IncompleteError.
    """
    patient = Patient.objects.select_for_update(no_key=True, of=("self",)).get(pk=patient.pk)
    rules.check_take_over(how=how, agreed_date=agreed_date, today=timezone.localdate())
    rules.check_may_be_taken_over(patient.certifications.running_on(timezone.localdate()).first(), physician=physician)
    agreement, _is_new = TakeOver.objects.update_or_create(
        patient=patient,
        physician=physician,
        certification=None,
        defaults={"agreed_with": agreed_with, "how": how, "agreed_date": agreed_date, "agreed_by": by},
    )
    record(by=by, subject=agreement, reason=agreed_with)
    return agreement


def patient_for(draft: Draft, *, today: date, by: User) -> tuple[Patient, bool]:
    """The row of the person in the draft of a new patient that is being signed, and whether the row is new.

    It is not new for a patient of the physician who is certified again, and for one who is taken over. Another
    physician's certification is superseded, when that was agreed; both physicians are told. Raises ElsewhereError.
    """
    answers = answers_of(draft.answers)
    lock_person(**answers["profile"])
    physician = rules.signer_of(draft)
    other = rules.certified_elsewhere(answers["profile"], physician=physician, today=today)
    rules.check_not_certified_elsewhere(other, physician=physician)
    fields = {**person_fields(answers["profile"]), "has_legal_capacity": answers["profile"]["has_legal_capacity"]}
    again = _own_patient_again(draft, answers)
    if other is not None:
        patient = _locked(other.patient)
        _supersede(other, draft, by=by)
    elif again is not None:
        patient = _locked(again)
        rules.check_may_be_the_same(patient, [patient])
        _supersede_withdrawn(patient, today=today)
    else:
        return Patient.objects.create(**fields, number=readable_number("P")), True
    for name, value in fields.items():
        setattr(patient, name, value)
    patient.save(update_fields=list(fields))
    keep_search_name(patient)
    _end_another_caregiver(patient, answers["caregiver"], today, by=by)
    return patient, False


def lock_person(*, first_name: str, last_name: str, birth_date: date, **_more: Any) -> None:
    """Before `certified_elsewhere` is asked: of two physicians with the same person, the second one waits.

    Who is new to both has no row to lock; so it is the name, as `is_same_person` compares it, and the birth date. As a
    digest, for the database logs a statement that waits too long.
    """
    person = f"{birth_date.isoformat()} {search_name(last_name, first_name)}"
    lock_text(salted_hmac("certification.lock_person", person, algorithm="sha256").hexdigest())


def _own_patient_again(draft: Draft, answers: Mapping[str, Any]) -> Patient | None:
    """The physician's own patient who was said to be the same person; None once name or birth date say otherwise."""
    same_as = (answers["identity"] or {}).get("same_as")
    found = rules.possible_duplicates(answers["profile"], physician=draft.certifier) if same_as else []
    return next((one for one in found if one.number == same_as), None)


def _locked(patient: Patient) -> Patient:
    """A draft is nobody's but its office's, so a patient may be locked after it."""
    return Patient.objects.select_for_update(no_key=True, of=("self",)).get(pk=patient.pk)


def _supersede(other: Certification, draft: Draft, *, by: User) -> None:
    other = locked(other)
    agreement = rules.agreement_for(other, physician=rules.signer_of(draft))
    assert agreement is not None
    rules.check_transition(other, Certification.Status.SUPERSEDED)
    other.status, other.ended_at, other.ended_by = Certification.Status.SUPERSEDED, timezone.now(), by
    other.ended_reason = REPLACED
    other.save()
    agreement.certification_id = draft.pk  # the certification takes this id later in the same transaction
    agreement.save(update_fields=["certification"])
    record(action="takeover.done", by=by, subject=agreement)
    messages = [
        {
            "kind": "patient_taken_over",
            "recipient": physician.email,
            "context": {"certification": other.pk, "take_over": agreement.pk, "role": role},
            "dedupe_key": f"patient_taken_over:{agreement.pk}:{role}",
        }
        for role, physician in (("before", other.physician), ("now", rules.signer_of(draft)))
    ]
    queue_many(messages=messages, by=by)


def _supersede_withdrawn(patient: Patient, *, today: date) -> None:
    """Of what was withdrawn no delivery goes on once the next is signed: a patient has one that runs."""
    withdrawn = patient.certifications.running_on(today).filter(status=Certification.Status.WITHDRAWN)
    for one in withdrawn.select_for_update(no_key=True, of=("self",)):
        rules.check_transition(one, Certification.Status.SUPERSEDED)
        one.status = Certification.Status.SUPERSEDED
        one.save(update_fields=["status", "updated_at"])


def _end_another_caregiver(patient: Patient, answers: Mapping[str, Any] | None, today: date, *, by: User) -> None:
    current = patient.current_assignment
    if current is not None and not (answers and is_same(current, answers)):
        close_assignment(current, reason=REPLACED, today=today, by=by)


def tell_of_less(patient: Patient) -> None:
    """Open orders that the new certification does not cover are undone."""
    signals.allotment_lowered.send(Certification, patient=patient)
