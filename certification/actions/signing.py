"""Sign a draft, a draft whose patient is taken over, or a batch of reviewed drafts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Physician, User
from accounts.rules import check_may_sign
from audit.actions import audited, record
from certification import rules, signals
from certification.drafts import with_answers
from certification.models import Answers, Certification, Draft, Patient, PatientRequest, TakeOver
from certification.statements import ATTESTATIONS, QUESTIONS, STATEMENT_VERSION
from certification.steps import answers_of, check_draft, guardian_in
from certification.writes import take_overs
from certification.writes.assignments import assign
from certification.writes.endings import supersede
from certification.writes.invitations import send_invitation, write_invitation
from certification.writes.locks import lock_draft, lock_physician_of
from certification.writes.messages import Message, message_to
from certification.writes.patients import write_patient_of
from certification.writes.requests import answer
from notifications.actions import queue_many
from ui.errors import PortalError
from ui.text import readable_number


@dataclass
class SignedTogether:
    """The certifications signed by one signature, refused drafts with their errors, and a count of discarded ones."""

    signed: list[Certification] = field(default_factory=list)
    refused: list[tuple[Draft, PortalError]] = field(default_factory=list)
    gone: int = 0


@audited("certification.certify", subject="draft")
def sign_draft(
    *,
    draft: Draft,
    signature_name: str,
    answers: Mapping[str, Answers] | None = None,
    seen: str | None = None,
    as_reviewed: str | None = None,
    by: User,
) -> Certification:
    """Sign a draft and return its certification, active from today for one year; the draft is deleted.

    Of a new patient, Patient, caregiver and assignment are written; a renewal supersedes the certification that it
    renews. `answers` are those given together with the signature, by step; everything is checked again, whatever the
    steps checked before. `seen` is the `draft_digest` of the answers that the signer looked at (None: no page showed
    them), `as_reviewed` the `reviewed_digest` of an earlier review. Signing a second time returns what was signed.
    Raises NotEligible, MayNotSign and every CertificationError.
    """
    physician = lock_physician_of(draft)
    try:
        draft = lock_draft(draft)
    except rules.CertificationError:
        if physician.user_id == by.pk and (signed := _signed_before(draft)):
            return signed
        raise
    draft.physician, today = physician, timezone.localdate()
    check_may_sign(physician, by=by, today=today)
    if seen is not None:
        rules.check_is_as_seen(draft, seen)
    if as_reviewed is not None:
        rules.check_is_as_reviewed(draft, seen=as_reviewed, today=today)
    draft.answers = with_answers(draft, answers or {})
    limit_oz = rules.allotment_limit_oz(today)
    check_draft(draft, today=today, limit=limit_oz)
    rules.check_signature(physician, signature_name)
    if draft.renews is not None:
        return _sign_renewal(draft, draft.renews, signature_name, limit_oz, today=today, by=by)
    return _sign_first(draft, signature_name, limit_oz, today=today, by=by)


def _signed_before(draft: Draft) -> Certification | None:
    """Return the certification that was signed from this draft, or from another draft of the same renewal."""
    signed = Certification.objects
    return (signed.filter(renewal_of=draft.renews) if draft.renews else signed.filter(uuid=draft.uuid)).first()


def _sign_first(draft: Draft, signature_name: str, limit_oz: Decimal, *, today: date, by: User) -> Certification:
    """Sign the draft of a new patient, of one certified again, or of one taken over; notify and invite them."""
    patient, is_new = write_patient_of(draft, today=today, by=by)
    certification = _write(draft, patient, signature_name, limit_oz, today=today)
    record(action="certification.certify", by=by, subject=certification)
    messages = [_certified_message(certification)]
    caregiver = answers_of(draft.answers)["caregiver"]
    if caregiver and (is_new or patient.current_assignment is None):
        messages += assign(patient, caregiver, today, by=by)[1]
    if is_new and patient.email and rules.may_be_invited(patient, today=today):
        messages.append(write_invitation(patient, now=timezone.now(), by=by)[1])
    queue_many(messages=messages, by=by)
    if not is_new:
        send_invitation(patient, by=by)
        signals.allotment_lowered.send(Certification, patient=patient)
    return certification


def _sign_renewal(
    draft: Draft, old: Certification, signature_name: str, limit_oz: Decimal, *, today: date, by: User
) -> Certification:
    """Sign the draft of a renewal in the place of `old`, and answer the patient's request for it."""
    supersede(old, by=by)
    certification = _write(draft, old.patient, signature_name, limit_oz, today=today)
    for request in old.patient.requests.open().filter(kind=PatientRequest.Kind.RENEWAL):
        answer(request, by=by)
    record(action="certification.renew", by=by, subject=certification)
    queue_many(messages=[_certified_message(certification)], by=by)
    if certification.monthly_allotment_oz < old.monthly_allotment_oz:
        signals.allotment_lowered.send(Certification, patient=certification.patient)
    return certification


def _write(draft: Draft, patient: Patient, signature_name: str, limit_oz: Decimal, *, today: date) -> Certification:
    """Write the certification, under the id and uuid of its draft; a minor's letters go along; delete the draft."""
    answers = answers_of(draft.answers)
    certification = Certification(
        pk=draft.pk,
        uuid=draft.uuid,
        number=readable_number("C"),
        physician=rules.signer_of(draft),
        patient=patient,
        search_name=patient.search_name,
        patient_as_signed=patient.facts,
        renewal_of=draft.renews,
        explained_to=guardian_in(draft, answers, today=today),
        signature_name=signature_name.strip(),
        statement_version=STATEMENT_VERSION,
        certified_at=timezone.now(),
        certified_date=today,
        expires_date=rules.expires_date_for(today),
        **_medical_fields(answers, limit_oz),
    )
    certification.save(force_insert=True)
    if rules.is_minor_on(patient.birth_date, today):
        draft.letters.update(draft=None, certification=certification)
    draft.delete()
    return certification


def _medical_fields(answers: Mapping[str, Any], limit_oz: Decimal) -> dict[str, Any]:
    """Return the fields of the certification that the steps questions, condition and statement answer."""
    condition, statement = answers["condition"], answers["statement"]
    reason = (statement.get("allotment_reason") or "").strip()
    return {
        "condition_codes": condition["condition_codes"],
        "exam_date": condition["exam_date"],
        "monitoring_reviewed_date": condition["monitoring_reviewed_date"],
        **{name: bool(answers["questions"][name]) for name in QUESTIONS},
        **{name: bool(statement[name]) for name in ATTESTATIONS},
        "monthly_allotment_oz": statement["monthly_allotment_oz"],
        "allotment_limit_oz": limit_oz,
        "allotment_reason": reason if statement["monthly_allotment_oz"] < limit_oz else None,
        "directions": statement.get("directions") or "",
    }


def _certified_message(certification: Certification) -> Message:
    context = {"certification": certification.pk}
    return message_to(certification.patient, "patient_certified", context=context, key=str(certification.pk))


@audited("certification.take_over", subject="draft")
def take_over_patient(
    *, draft: Draft, how: str, agreed_date: date, signature_name: str, seen: str | None = None, by: User
) -> Certification:
    """Sign a draft whose patient another physician has certified, because the patient asked for it.

    `how` and `agreed_date` say how and when that was agreed. The other certification is superseded, and both physicians
    are notified. Signing a second time returns what was signed. Raises TakeOverError and whatever `sign_draft` raises.
    """
    physician = lock_physician_of(draft)
    if not _signed_before(draft):
        draft, today = lock_draft(draft), timezone.localdate()
        check_may_sign(physician, by=by, today=today)
        profile = answers_of(draft.answers)["profile"] or {}
        rules.check_profile_is_complete(profile)
        other = rules.certified_elsewhere(profile, physician=physician, today=today)
        rules.check_may_be_taken_over(other, physician=physician)
        assert other is not None
        take_overs.agree(
            other.patient,
            physician,
            agreed_with=TakeOver.AgreedWith.PATIENT,
            how=how,
            agreed_date=agreed_date,
            by=by,
        )
    return sign_draft(draft=draft, signature_name=signature_name, seen=seen, by=by)


@audited("certification.sign_reviewed", subject="physician", atomic=False)
def sign_reviewed(*, physician: Physician, seen: Mapping[str, str], signature_name: str, by: User) -> SignedTogether:
    """Sign each reviewed draft that the page showed, in a transaction of its own, so that a refusal stops no other.

    `seen` gives by a draft's uuid the `reviewed_digest` that the page showed with it. A draft that was signed before
    counts as signed. Raises NotEligible, MayNotSign, SignatureError or IncompleteError before anything is signed; a
    draft that is refused after that is returned with its error.
    """
    rules.check_something_is_chosen(seen)
    physician = Physician.objects.select_related("user").get(pk=physician.pk)
    check_may_sign(physician, by=by, today=timezone.localdate())
    rules.check_signature(physician, signature_name)
    chosen = {"physician": physician, "uuid__in": [UUID(uuid) for uuid in seen]}
    answer = SignedTogether(signed=list(Certification.objects.filter(**chosen)))
    drafts = Draft.objects.filter(**chosen).select_related("renews__patient", "physician")
    for draft in drafts.order_by("prepared_at", "pk"):
        digest = seen[str(draft.uuid)]
        try:
            answer.signed.append(sign_draft(draft=draft, signature_name=signature_name, as_reviewed=digest, by=by))
        except PortalError as error:
            answer.refused.append((draft, error))
    answer.gone = len(seen) - len(answer.signed) - len(answer.refused)
    return answer
