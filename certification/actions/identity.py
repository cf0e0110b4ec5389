"""Who somebody is: told apart from a patient of one's own, the same again, or taken over from another physician."""

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
from certification.actions.drafts import keep_answers, locked
from certification.models import Certification, Patient, TakeOver
from certification.steps import answers_of
from notifications.actions import queue_many
from ui.text import readable_number, search_name

REPLACED = "Another physician has certified the patient."


@audited("certification.tell_apart")
def tell_apart(*, certification: Certification, same_as: Patient | None = None, by: User) -> Certification:
    """Keep in a draft that its patient is none of the possible duplicates, or is `same_as`, one of them.

    Somebody whose certification runs is renewed instead; raises DuplicateError, TransitionError.
    """
    certification = locked(certification)
    rules.check_is_draft(certification)
    found = rules.possible_duplicates(
        answers_of(certification.draft)["profile"] or {}, physician=certification.certifier
    )
    rules.check_may_be_the_same(same_as, found)
    settled = {"told_apart": [one.number for one in found], "same_as": same_as.number if same_as else ""}
    keep_answers(certification, "identity", settled, today=timezone.localdate())
    record(action="certification.tell_apart", by=by, subject=certification)
    return certification


@audited("takeover.agree")
def agree_take_over(
    *, patient: Patient, physician: Physician, agreed_with: str, how: str, agreed_date: date, by: User
) -> TakeOver:
    """Keep that `physician` may certify the patient in the place of the one whose certification runs.

    `agreed_with` is a TakeOver.AgreedWith; agreed again before she signed, the last words stand. Nothing else changes
    until she signs. Raises TakeOverError, IncompleteError.
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
    record(action="takeover.agree", by=by, subject=agreement, reason=agreed_with)
    return agreement


def patient_for(certification: Certification, *, today: date, by: User) -> tuple[Patient, bool]:
    """The row of the person in a draft that is being signed, and whether it is new: else her own again, or taken over.

    What another physician signed is superseded, when it was agreed; both physicians are told. Raises ElsewhereError.
    """
    answers = answers_of(certification.draft)
    lock_person(**answers["profile"])
    physician = rules.signer_of(certification)
    other = rules.certified_elsewhere(answers["profile"], physician=physician, today=today)
    rules.check_not_certified_elsewhere(other, physician=physician)
    fields = {**person_fields(answers["profile"]), "has_legal_capacity": answers["profile"]["has_legal_capacity"]}
    again = _her_own_again(certification, answers)
    if other is not None and other.patient is not None:
        patient = _locked(other.patient)
        _supersede(other, certification, by=by)
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


def _her_own_again(certification: Certification, answers: Mapping[str, Any]) -> Patient | None:
    """The one of her patients of whom it was said that this is the same; None once name or birth date say otherwise."""
    same_as = (answers["identity"] or {}).get("same_as")
    found = rules.possible_duplicates(answers["profile"], physician=certification.certifier) if same_as else []
    return next((one for one in found if one.number == same_as), None)


def _locked(patient: Patient) -> Patient:
    """A draft is nobody's but its office's, so a patient may be locked after it."""
    return Patient.objects.select_for_update(no_key=True, of=("self",)).get(pk=patient.pk)


def _supersede(other: Certification, draft: Certification, *, by: User) -> None:
    other = locked(other)
    agreement = rules.agreement_for(other, physician=rules.signer_of(draft))
    assert agreement is not None
    rules.check_transition(other, Certification.Status.SUPERSEDED)
    other.status, other.ended_at, other.ended_by = Certification.Status.SUPERSEDED, timezone.now(), by
    other.ended_reason = REPLACED
    other.save()
    agreement.certification = draft
    agreement.save(update_fields=["certification"])
    record(action="takeover.done", by=by, subject=agreement)
    messages = [
        {
            "kind": "patient_taken_over",
            "recipient": physician.email,
            "context": {"certification": other.pk, "take_over": agreement.pk, "role": role},
            "dedupe_key": f"patient_taken_over:{agreement.pk}:{role}",
        }
        for role, physician in (("before", rules.signer_of(other)), ("now", rules.signer_of(draft)))
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


@audited("certification.discard_old")
def discard_old_drafts(*, today: date, by: User | None) -> int:
    """Forget drafts that nobody has touched for DRAFT_KEPT_DAYS; returns how many. Each is an event of its own."""
    old = Certification.objects.drafts().filter(updated_at__lt=rules.drafts_kept_since(today)).order_by("pk")
    count = 0
    for draft in old.select_for_update(no_key=True, of=("self",)):
        record(action="certification.discard", by=by, subject=draft, reason="not touched")
        draft.delete()
        count += 1
    return count
