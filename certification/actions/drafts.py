"""A draft: begun, answered step by step, forgotten."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.utils import timezone

from accounts.models import Physician, User
from accounts.rules import check_may_sign
from audit.actions import audited, record
from certification import rules
from certification.drafts import to_json
from certification.models import Certification, Patient
from certification.steps import answers_of, check_condition, check_renewal_letters, is_prepared


@audited("certification.start")
def start_certification(
    *, physician: Physician | None, by: User, questions: Mapping[str, bool] | None = None, key: UUID | None = None
) -> Certification:
    """A draft in the physician's hands; a second call with the same `key` (of the form) returns it.

    None: it is in the hands of `by`, who waits to be verified as a physician.
    `questions` is what was confirmed before registering (`statements.QUESTIONS`); without, it is asked as a step.
    """
    # The physician's id is part of it: the same form, sent again for another physician, makes another draft.
    uuid = uuid5(key or uuid4(), str(physician.pk) if physician else f"applicant {by.pk}")
    holder = {"physician": physician} if physician else {"applicant": by}
    certification, is_new = Certification.objects.get_or_create(
        uuid=uuid, defaults={**holder, "draft": {"questions": dict(questions)} if questions else {}}
    )
    if is_new:
        record(action="certification.start", by=by, subject=certification)
    return certification


@audited("certification.save_step")
def save_step(*, certification: Certification, step: str, answers: Mapping[str, Any] | None, by: User) -> Certification:
    """Keep the answers of one step (a name of `steps.STEPS`) in the draft.

    Answers are the cleaned data of the step's form; None answers that there is nothing (no caregiver). A delegate never
    saves the statement. Once that and the signature alone are missing, the draft waits under "To sign". Raises
    TransitionError when the draft was signed meanwhile, IncompleteError.
    """
    certification = locked(certification)
    rules.check_is_draft(certification)
    today = timezone.localdate()
    if step == "statement":
        check_may_sign(rules.signer_of(certification), by=by, today=today)
    keep_answers(certification, step, None if answers is None else to_json(answers), today=today)
    record(action=f"certification.save_{step}", by=by, subject=certification)
    return certification


def keep_answers(certification: Certification, step: str, answers: Mapping[str, Any] | None, *, today: date) -> None:
    """Write the JSON of one step into a locked draft, and whether it now waits for the signature."""
    certification.draft = {**(certification.draft or {}), step: answers}
    waits = is_prepared(certification.draft, physician=certification.certifier, today=today)
    certification.prepared_at = (certification.prepared_at or timezone.now()) if waits else None
    forget_review(certification)
    certification.save(update_fields=["draft", "prepared_at", "reviewed_at", "reviewed_digest", "updated_at"])


def forget_review(certification: Certification) -> None:
    """What was reviewed is not what stands there now; the caller saves it."""
    certification.reviewed_at, certification.reviewed_digest = None, ""


@audited("certification.prepare_renewal")
def prepare_renewal(
    *, certification: Certification, questions: Mapping[str, Any], condition: Mapping[str, Any], by: User
) -> Certification:
    """Keep what was confirmed, conditions and exam dates of a renewal until the physician attests and signs.

    `questions` and `condition` are what the steps of a draft take. There is one such draft a certification: prepared
    again, the answers take the place of the earlier ones, and a review is made anew. Raises RenewalNotOpen and every
    CertificationError.
    """
    patient = locked_patient(certification)
    old = locked(certification)
    today = timezone.localdate()
    rules.check_renewal_is_open(old, today=today)
    rules.check_is_qualified(questions)
    check_condition(condition, birth_date=patient.birth_date, today=today)
    rules.check_has_guardian(patient, today=today)
    renewal, _is_new = Certification.objects.get_or_create(renewal_of=old, defaults={"physician": old.physician})
    kept = answers_of(renewal.draft)["letters"]
    check_renewal_letters(patient, {"letters": kept}, today=today)
    renewal.draft = {"questions": to_json(questions), "condition": to_json(condition), "letters": kept}
    renewal.prepared_at = renewal.prepared_at or timezone.now()
    forget_review(renewal)
    renewal.save(update_fields=["draft", "prepared_at", "reviewed_at", "reviewed_digest", "updated_at"])
    record(action="certification.prepare_renewal", by=by, subject=renewal)
    return renewal


@audited("certification.hand_over")
def hand_over_drafts(*, applicant: User, physician: Physician, by: User | None) -> None:
    """What the applicant prepared is the physician's, who she is from now on."""
    for certification in Certification.objects.drafts().filter(applicant=applicant).select_for_update(no_key=True):
        certification.applicant, certification.physician = None, physician
        certification.save(update_fields=["applicant", "physician"])
        record(action="certification.hand_over", by=by, subject=certification)


@audited("certification.discard")
def discard_draft(*, certification: Certification, by: User) -> None:
    """Forget an unsigned draft; raises TransitionError when it was signed meanwhile."""
    certification = locked(certification)
    rules.check_is_draft(certification)
    record(action="certification.discard", by=by, subject=certification)
    certification.delete()


def locked_patient(certification: Certification) -> Patient:
    """The patient of a signed certification, who is locked before it."""
    return Patient.objects.select_for_update(no_key=True, of=("self",)).get(certifications=certification)


def locked(certification: Certification) -> Certification:
    return (
        Certification.objects.select_for_update(no_key=True, of=("self",))
        .select_related("physician")
        .get(pk=certification.pk)
    )
