"""What is changed of a certification that runs, its validity apart. Lock order: person, patient, certification."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.rules import check_may_sign
from audit.actions import audited, record
from certification import rules, signals
from certification.actions.cards import issue_card, revoke_card
from certification.actions.caregivers import keep_search_name
from certification.actions.identity import lock_person
from certification.actions.joining import end_invitations, invite
from certification.actions.locks import locked, locked_patient
from certification.actions.reminders import addresses, patient_and_caregiver
from certification.actions.requests import answer_request
from certification.drafts import to_json
from certification.models import Amendment, Card, Certification, Patient, PatientRequest
from notifications.actions import queue_many
from ui.text import search_name

CONTACT = ("street", "unit", "city", "zip_code", "phone", "email", "has_no_email")
REPORTED = "Reported by the patient or the caregiver."
IDENTITY = ("first_name", "middle_name", "last_name", "suffix", "birth_date")


@audited("certification.amend_contact", subject="certification")
def amend_contact(*, certification: Certification, contact: Mapping[str, Any], reason: str, by: User) -> Amendment:
    """Another home, phone or e-mail address (the CONTACT of the patient), for a reason.

    Orders that were placed keep their address. Patient and caregiver are told, at the earlier e-mail address too; who
    has not joined yet is invited anew at the new one. Raises AmendmentError, AddressError, IncompleteError,
    OwnPatientError.
    """
    patient = locked_patient(certification)
    certification = locked(certification)
    _check_may_amend(certification, reason)
    rules.check_street_address(contact["street"], contact["unit"])
    rules.check_lives_in_connecticut(contact["zip_code"])
    rules.check_email_or_none(contact)
    name = {"first_name": patient.first_name, "last_name": patient.last_name}
    rules.check_not_own_patient(certification.physician, {**contact, **name})
    earlier_email = patient.email
    before, after = _write(patient, {name: contact[name] for name in CONTACT})
    amendment = _keep(certification, Amendment.Kind.CONTACT, before, after, reason=reason, by=by)
    _tell(amendment, patient, earlier_email=earlier_email if patient.email != earlier_email else "", by=by)
    if patient.email != earlier_email:
        _invite_anew(patient, by=by)
    return amendment


@audited("certification.amend_allotment", subject="certification")
def amend_allotment(*, certification: Certification, monthly_allotment_oz: Decimal, reason: str, by: User) -> Amendment:
    """Another monthly allotment in ounces, up to the limit of today; the year stays. The physician alone.

    The reason is kept as the one for less than the limit as well. Open orders that a lower one does not cover are
    undone. Raises MayNotSign, NotEligible, AmendmentError, AllotmentError.
    """
    patient = locked_patient(certification)
    certification = locked(certification)
    today = timezone.localdate()
    check_may_sign(certification.physician, by=by, today=today)
    _check_may_amend(certification, reason)
    limit = rules.allotment_limit_oz(today)
    rules.check_monthly_allotment(monthly_allotment_oz, day=today, limit=limit)
    earlier = certification.monthly_allotment_oz
    rules.check_something_changes({"oz": earlier}, {"oz": monthly_allotment_oz})
    certification.monthly_allotment_oz, certification.allotment_limit_oz = monthly_allotment_oz, limit
    certification.allotment_reason = reason if monthly_allotment_oz < limit else None
    certification.save(update_fields=["monthly_allotment_oz", "allotment_limit_oz", "allotment_reason", "updated_at"])
    name = "monthly_allotment_oz"
    amendment = _keep(
        certification, Amendment.Kind.ALLOTMENT, {name: str(earlier)}, {name: str(monthly_allotment_oz)},
        reason=reason, by=by,
    )  # fmt: skip
    _tell(amendment, patient, by=by)
    if earlier is not None and monthly_allotment_oz < earlier:
        signals.allotment_lowered.send(Certification, patient=patient)
    return amendment


@audited("certification.amend_identity", subject="certification")
def amend_identity(
    *, certification: Certification, identity: Mapping[str, Any], proof: str, reason: str, by: User
) -> Amendment:
    """The right name or birth date (the IDENTITY of the patient), seen on an `Amendment.Proof`. The physician alone.

    The card ends and another is issued; who has not joined yet is invited anew, with five tries. Raises MayNotSign,
    NotEligible, AmendmentError, and whatever `check_identity_fits` does.
    """
    lock_person(**identity)
    patient = locked_patient(certification)
    certification = locked(certification)
    check_may_sign(certification.physician, by=by, today=timezone.localdate())
    _check_may_amend(certification, reason)
    rules.check_identity_fits(certification, patient, identity, today=timezone.localdate())
    before, after = _write(patient, {name: identity[name] for name in IDENTITY})
    amendment = _keep(certification, Amendment.Kind.IDENTITY, before, after, proof=proof, reason=reason, by=by)
    _tell(amendment, patient, by=by)
    if card := Card.objects.live().of(patient).first():
        revoke_card(card=card, reason=Card.Reason.CHANGED, by=by)
        if certification.is_valid_on(timezone.localdate()):
            issue_card(person=patient, by=by)
    _invite_anew(patient, by=by)
    return amendment


@audited("request.confirm_address", subject="request")
def confirm_address(*, request: PatientRequest, by: User) -> PatientRequest:
    """The reported address is the patient's from now on, as `amend_contact` writes it.

    Raises RequestError, AmendmentError, AddressError.
    """
    certification = request.patient.certifications.latest("certified_at")
    patient = locked_patient(certification)
    request.refresh_from_db()
    rules.check_is_a_report(request)
    contact = {**{name: getattr(patient, name) for name in CONTACT}, **(request.address or {})}
    amend_contact(certification=certification, contact=contact, reason=REPORTED, by=by)
    return answer_request(request=request, by=by)


def _check_may_amend(certification: Certification, reason: str) -> None:
    rules.check_may_be_amended(certification, today=timezone.localdate())
    rules.check_amendment_has_reason(reason)


def _write(patient: Patient, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the patient's columns held, and hold now, as JSON. Raises AmendmentError when that is the same."""
    before = to_json({name: getattr(patient, name) for name in fields})
    for name, value in fields.items():
        setattr(patient, name, value)
    after = to_json({name: getattr(patient, name) for name in fields})
    rules.check_something_changes(before, after)
    patient.search_name = search_name(patient.last_name, patient.first_name, patient.middle_name)
    patient.save(update_fields=[*fields, "search_name"])
    keep_search_name(patient)
    return before, after


def _keep(
    certification: Certification, kind: str, before: Mapping[str, Any], after: Mapping[str, Any], *, reason: str,
    by: User, proof: str = "",
) -> Amendment:  # fmt: skip
    amendment = Amendment.objects.create(
        certification=certification, kind=kind, proof=proof, reason=reason, before=before, after=after, amended_by=by
    )
    record(action=f"certification.amend_{kind}", by=by, subject=certification)
    return amendment


def _tell(amendment: Amendment, patient: Patient, *, by: User, earlier_email: str = "") -> None:
    """Patient and caregiver; also who reads the earlier address, so that nobody moves it away in silence."""
    people = {**patient_and_caregiver(amendment.certification), "patient": patient}
    told = addresses(people)
    if earlier_email:
        told["earlier"] = {"recipient": earlier_email, "channel": "email", "language": patient.language}
    messages = [
        {
            "kind": "certification_amended",
            "context": {"amendment": amendment.pk, "role": role},
            "dedupe_key": f"certification_amended:{amendment.pk}:{role}",
            **address,
        }
        for role, address in told.items()
    ]
    queue_many(messages=messages, by=by)


def _invite_anew(patient: Patient, *, by: User) -> None:
    """What was sent to the wrong address, or asks for the wrong birth date, joins nobody."""
    if patient.user_id is None:
        end_invitations(patient, now=timezone.now())
        invite(person=patient, by=by)
