"""What the physician signs. Lock order: physician, patient, certification."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import Physician, User
from accounts.rules import check_may_sign
from audit.actions import audited, record
from certification import rules, signals
from certification.actions.caregivers import assign
from certification.actions.drafts import forget_review, locked, locked_patient
from certification.actions.ending import end
from certification.actions.identity import agree_take_over, patient_for, tell_of_less
from certification.actions.joining import invite, write_invitation
from certification.actions.requests import answer_request
from certification.drafts import to_json
from certification.models import Certification, PatientRequest, TakeOver
from certification.statements import ATTESTATIONS, QUESTIONS, STATEMENT_VERSION
from certification.steps import answers_of, check_renewal, guardian_of, is_minor, step_errors
from notifications.actions import queue_many
from ui.text import readable_number


@audited("certification.certify")
def certify_patient(
    *,
    certification: Certification,
    signature_name: str,
    statement: Mapping[str, Any] | None = None,
    seen: str | None = None,
    as_reviewed: str | None = None,
    by: User,
) -> Certification:
    """Sign a draft: Patient, caregiver and assignment are written, the certification is active for one year.

    `statement` (answers as in its step) is made together with the signature; None takes the one that was saved.
    Everything is checked again, whatever the steps checked before. `seen` is the `draft_digest` of the answers that
    the signer looked at (None: no page was shown), `as_reviewed` the `reviewed_digest` of what she reviewed before.
    Signing a second time returns what was signed. Raises NotEligible, MayNotSign and every CertificationError.
    """
    physician = locked_physician(certification)
    certification = locked(certification)
    if certification.status != Certification.Status.DRAFT and physician.user_id == by.pk:
        return certification
    today = timezone.localdate()
    check_may_sign(physician, by=by, today=today)
    if seen is not None:
        rules.check_is_as_seen(certification, seen)
    if as_reviewed is not None:
        rules.check_is_as_reviewed(certification, patient=None, seen=as_reviewed, today=today)
    if statement is not None:
        certification.draft = {**(certification.draft or {}), "statement": to_json(statement)}
    limit_oz = rules.allotment_limit_oz(today)
    for error in step_errors(certification.draft, physician=physician, today=today, limit=limit_oz).values():
        raise error
    rules.check_signature(physician, signature_name)
    answers = answers_of(certification.draft)
    caregiver = answers["caregiver"]
    patient, is_new = patient_for(certification, today=today, by=by)
    certification.patient = patient
    if answers["letters"] and not is_minor(answers, today=today):
        certification.letters.all().delete()  # the birth date was corrected, or she has come of age
    certification.explained_to = guardian_of(answers, today=today)
    _activate(certification, answers, signature_name, today, limit_oz)
    record(action="certification.certify", by=by, subject=certification)
    messages = [_told("patient_certified", certification)]
    if caregiver and (is_new or patient.current_assignment is None):
        messages += assign(patient, caregiver, today, by=by)[1]
    if is_new and patient.email:
        messages.append(write_invitation(patient, now=timezone.now(), by=by)[1])
    queue_many(messages=messages, by=by)
    if not is_new:
        invite(person=patient, by=by)
        tell_of_less(patient)
    return certification


@audited("certification.take_over")
def take_over_patient(
    *, certification: Certification, how: str, agreed_date: date, signature_name: str, seen: str | None = None, by: User
) -> Certification:
    """Sign a draft whose patient another physician has certified, because the patient asked for it.

    `how` and `agreed_date` say how and when that was agreed. The other certification is superseded, and both physicians
    are told. Signing a second time returns what was signed. Raises TakeOverError and whatever `certify_patient` does.
    """
    physician = locked_physician(certification)
    certification = locked(certification)
    if certification.status == Certification.Status.DRAFT:
        check_may_sign(physician, by=by, today=timezone.localdate())
        profile = answers_of(certification.draft)["profile"] or {}
        rules.check_profile_is_complete(profile)
        other = rules.certified_elsewhere(profile, physician=physician, today=timezone.localdate())
        rules.check_may_be_taken_over(other, physician=physician)
        assert other is not None and other.patient is not None
        agree_take_over(
            patient=other.patient,
            physician=physician,
            agreed_with=TakeOver.AgreedWith.PATIENT,
            how=how,
            agreed_date=agreed_date,
            by=by,
        )
    return certify_patient(certification=certification, signature_name=signature_name, seen=seen, by=by)


def locked_physician(certification: Certification) -> Physician:
    """With her account: `check_not_own_patient` asks for its address."""
    physicians = Physician.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    return physicians.get(pk=rules.signer_of(certification).pk)


def _activate(
    certification: Certification, answers: Mapping[str, Any], signature_name: str, today: date, limit_oz: Decimal
) -> None:
    condition, statement = answers["condition"], answers["statement"]
    assert certification.patient is not None
    certification.search_name = certification.patient.search_name
    certification.number = readable_number("C")
    certification.status = Certification.Status.ACTIVE
    certification.patient_as_signed = certification.patient.facts
    certification.condition_codes = condition["condition_codes"]
    certification.exam_date = condition["exam_date"]
    certification.monitoring_reviewed_date = condition["monitoring_reviewed_date"]
    for name in QUESTIONS:
        setattr(certification, name, bool(answers["questions"][name]))
    for name in ATTESTATIONS:
        setattr(certification, name, bool(statement[name]))
    certification.monthly_allotment_oz = statement["monthly_allotment_oz"]
    certification.allotment_limit_oz = limit_oz
    reason = (statement.get("allotment_reason") or "").strip()
    certification.allotment_reason = reason if statement["monthly_allotment_oz"] < limit_oz else None
    certification.directions = statement.get("directions") or ""
    certification.signature_name = signature_name.strip()
    certification.statement_version = STATEMENT_VERSION
    certification.certified_at = timezone.now()
    certification.certified_date = today
    certification.expires_date = rules.expires_date_for(today)
    certification.draft = certification.prepared_at = None
    forget_review(certification)
    certification.save()


def _told(kind: str, certification: Certification) -> dict[str, Any]:
    """A message to the patient by mail, or on the list of calls."""
    patient = certification.patient
    assert patient is not None
    return {
        "kind": kind,
        "recipient": patient.email or str(patient.phone),
        "channel": "email" if patient.email else "phone",
        "context": {"certification": certification.pk},
        "dedupe_key": f"{kind}:{certification.pk}",
        "language": patient.language,
    }


@audited("certification.renew")
def renew_certification(
    *,
    certification: Certification,
    signature_name: str,
    questions: Mapping[str, Any] | None = None,
    condition: Mapping[str, Any] | None = None,
    statement: Mapping[str, Any] | None = None,
    as_reviewed: str | None = None,
    by: User,
) -> Certification:
    """A new certification from today in the place of `certification`; answers as in the steps of a draft.

    Takes effect on the day it is signed and runs one year from it. What the office had prepared becomes the renewal.
    With `as_reviewed`, the `reviewed_digest` of its draft, the answers are those that she reviewed; else all three are
    given: the questions are asked anew [docs/domain.md#renewal]. Signing a second time returns the renewal. Raises
    RenewalNotOpen, NotEligible, MayNotSign and every CertificationError.
    """
    physician = locked_physician(certification)
    patient = locked_patient(certification)
    old = locked(certification)
    today = timezone.localdate()
    check_may_sign(physician, by=by, today=today)
    renewal = Certification.objects.select_for_update(no_key=True, of=("self",)).filter(renewal_of=old).first()
    if renewal and renewal.status != Certification.Status.DRAFT:
        return renewal
    rules.check_renewal_is_open(old, today=today)
    answers = answers_of(renewal.draft if renewal else None)
    if as_reviewed is not None:
        rules.check_is_as_reviewed(renewal, patient=patient, seen=as_reviewed, today=today)
    else:
        answers = {**answers, "questions": questions, "condition": condition, "statement": statement}
    check_renewal(patient, answers, today=today)
    rules.check_signature(physician, signature_name)
    end(old, Certification.Status.SUPERSEDED, by=by)
    renewal = renewal or Certification(physician=physician, renewal_of=old)
    renewal.patient, renewal.explained_to = patient, rules.guardian_name(patient, today=today)
    if answers["letters"] and not rules.is_minor_on(patient.birth_date, today):
        renewal.letters.all().delete()  # she came of age since they were asked for
    _activate(renewal, answers, signature_name, today, rules.allotment_limit_oz(today))
    for asked in patient.requests.open().filter(kind=PatientRequest.Kind.RENEWAL):
        answer_request(request=asked, by=by)
    record(action="certification.renew", by=by, subject=renewal)
    queue_many(messages=[_told("patient_certified", renewal)], by=by)
    _tell_of_a_lower_allotment(old, renewal)
    return renewal


def _tell_of_a_lower_allotment(old: Certification, renewal: Certification) -> None:
    """Open orders that the renewal does not cover are undone."""
    assert renewal.monthly_allotment_oz and old.monthly_allotment_oz
    if renewal.monthly_allotment_oz < old.monthly_allotment_oz:
        signals.allotment_lowered.send(Certification, patient=renewal.patient)
