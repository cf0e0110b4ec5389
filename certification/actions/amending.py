"""Changes to a running certification that leave its validity. Lock order: identity, patient, certification."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.rules import check_may_sign
from audit.actions import audited, record
from certification import rules, signals
from certification.drafts import to_json
from certification.models import Amendment, Card, Certification, Patient, PatientRequest
from certification.statements import AMENDMENT_VERSION
from certification.writes import cards
from certification.writes.invitations import send_invitation_anew
from certification.writes.locks import lock_certification, lock_identity, lock_patient_of
from certification.writes.messages import message_to, messages_to, recipients_of
from certification.writes.people import write_patient
from certification.writes.requests import answer
from notifications.actions import queue_many
from notifications.ways import comes_back

CONTACT = ("street", "unit", "city", "zip_code", "phone", "email", "has_no_email")
REPORTED = "Reported by the patient or the caregiver."
IDENTITY = ("first_name", "middle_name", "last_name", "suffix", "birth_date")


@audited("certification.amend_contact", subject="certification")
def amend_contact(*, certification: Certification, contact: Mapping[str, Any], reason: str, by: User) -> Amendment:
    """Change the home, phone or e-mail address of the patient (CONTACT) for a reason; return the amendment.

    Orders that were placed keep their address. Patient and caregiver are notified, also at the earlier e-mail address.
    A patient who has not joined yet is invited anew at the new one. Raises AmendmentError, AddressError,
    IncompleteError, OwnPatientError.
    """
    patient = lock_patient_of(certification)
    certification = lock_certification(certification)
    _check_may_amend(certification, reason)
    rules.check_street_address(contact["street"], contact["unit"])
    rules.check_lives_in_connecticut(contact["zip_code"])
    rules.check_email_or_none(contact)
    name = {"first_name": patient.first_name, "last_name": patient.last_name}
    rules.check_not_own_patient(certification.physician, {**contact, **name})
    earlier_email = patient.email
    before, after = _write(patient, {name: contact[name] for name in CONTACT})
    amendment = _write_amendment(certification, Amendment.Kind.CONTACT, before, after, reason=reason, by=by)
    _notify(amendment, patient, earlier_email=earlier_email if patient.email != earlier_email else "", by=by)
    if patient.email != earlier_email:
        send_invitation_anew(patient, by=by)
    return amendment


@audited("certification.amend_allotment", subject="certification")
def amend_allotment(*, certification: Certification, monthly_allotment_oz: Decimal, reason: str, by: User) -> Amendment:
    """Change the monthly allotment in ounces, up to the limit of today; return the amendment. Only the physician may.

    The year of the certification stays. The reason also says why the allotment is less than the limit. Open orders that
    a lower allotment does not cover are cancelled. Raises MayNotSign, NotEligible, AmendmentError, AllotmentError.
    """
    patient = lock_patient_of(certification)
    certification = lock_certification(certification)
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
    amendment = _write_amendment(
        certification, Amendment.Kind.ALLOTMENT, {name: str(earlier)}, {name: str(monthly_allotment_oz)},
        reason=reason, by=by,
    )  # fmt: skip
    _notify(amendment, patient, by=by)
    if earlier is not None and monthly_allotment_oz < earlier:
        signals.allotment_lowered.send(Certification, patient=patient)
    return amendment


@audited("certification.amend_condition", subject="certification")
def amend_condition(
    *, certification: Certification, condition_codes: Collection[str], directions: str, letters_cover: bool = False,
    signature_name: str, seen: str, reason: str, by: User,
) -> Amendment:  # fmt: skip
    """Change the conditions, the directions or both of a running certification; return the signed amendment.

    Only the physician may. The number, the year and the rest of the statement stay. `seen` is the `condition_digest` of
    what the page showed; `letters_cover` says that a minor's letters are about the new condition. Labels print the new
    directions from now on. Raises MayNotSign, NotEligible, AmendmentError, ChangedError, SignatureError, and whatever
    `check_amended_condition_fits` raises.
    """
    patient = lock_patient_of(certification)
    certification = lock_certification(certification)
    today = timezone.localdate()
    check_may_sign(certification.physician, by=by, today=today)
    _check_may_amend(certification, reason)
    rules.check_condition_is_as_seen(certification, seen)
    before = {"condition_codes": sorted(certification.condition_codes), "directions": certification.directions}
    after = {"condition_codes": sorted(set(condition_codes)), "directions": directions}
    rules.check_something_changes(before, after)
    rules.check_amended_condition_fits(
        certification, patient, condition_codes, letters_cover=letters_cover, today=today
    )
    rules.check_signature(certification.physician, signature_name)
    certification.condition_codes, certification.directions = after["condition_codes"], directions
    certification.save(update_fields=["condition_codes", "directions", "updated_at"])
    amendment = _write_amendment(
        certification, Amendment.Kind.CONDITION, before, after, reason=reason, by=by,
        signature_name=signature_name.strip(), statement_version=AMENDMENT_VERSION, letters_cover=letters_cover,
    )  # fmt: skip
    _notify(amendment, patient, by=by)
    return amendment


@audited("certification.amend_identity", subject="certification")
def amend_identity(
    *, certification: Certification, identity: Mapping[str, Any], proof: str, reason: str, by: User
) -> Amendment:
    """Correct the name or birth date of the patient (IDENTITY), as an `Amendment.Proof` says; return the amendment.

    Only the physician may. The card is revoked and another is issued. A patient who has not joined yet is invited anew,
    with five tries. Raises MayNotSign, NotEligible, AmendmentError, and whatever `check_identity_fits` raises.
    """
    lock_identity(**identity)
    patient = lock_patient_of(certification)
    certification = lock_certification(certification)
    check_may_sign(certification.physician, by=by, today=timezone.localdate())
    _check_may_amend(certification, reason)
    rules.check_identity_fits(certification, patient, identity, today=timezone.localdate())
    before, after = _write(patient, {name: identity[name] for name in IDENTITY})
    amendment = _write_amendment(
        certification, Amendment.Kind.IDENTITY, before, after, proof=proof, reason=reason, by=by
    )
    _notify(amendment, patient, by=by)
    if card := Card.objects.live().of(patient).first():
        cards.revoke(card, reason=Card.Reason.CHANGED, by=by)
        if certification.is_valid_on(timezone.localdate()):
            cards.issue(patient, by=by)
    send_invitation_anew(patient, by=by)
    return amendment


@audited("request.confirm_address", subject="request")
def confirm_address(*, request: PatientRequest, by: User) -> PatientRequest:
    """Make the reported address the patient's, as `amend_contact` does; return the answered request.

    Raises RequestError, AmendmentError, AddressError.
    """
    certification = request.patient.certifications.latest("certified_at")
    patient = lock_patient_of(certification)
    request.refresh_from_db()
    rules.check_is_a_report(request)
    contact = {**{name: getattr(patient, name) for name in CONTACT}, **(request.address or {})}
    amend_contact(certification=certification, contact=contact, reason=REPORTED, by=by)
    return answer(request, by=by)


def _check_may_amend(certification: Certification, reason: str) -> None:
    rules.check_may_be_amended(certification, today=timezone.localdate())
    rules.check_amendment_has_reason(reason)


def _write(patient: Patient, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write the patient's columns; return what they held before, and what they hold now, as JSON.

    Raises AmendmentError when both are the same.
    """
    before = to_json({name: getattr(patient, name) for name in fields})
    for name, value in fields.items():
        setattr(patient, name, value)
    after = to_json({name: getattr(patient, name) for name in fields})
    rules.check_something_changes(before, after)
    write_patient(patient, {name: getattr(patient, name) for name in fields})
    return before, after


def _write_amendment(
    certification: Certification, kind: str, before: Mapping[str, Any], after: Mapping[str, Any], *, reason: str,
    by: User, **more: Any,
) -> Amendment:  # fmt: skip
    """Write the row of an amendment; `more` are its proof, or the signature with its statement."""
    amendment = Amendment.objects.create(
        certification=certification, kind=kind, reason=reason, before=before, after=after, amended_by=by, **more
    )
    record(action=f"certification.amend_{kind}", by=by, subject=certification)
    return amendment


def _notify(amendment: Amendment, patient: Patient, *, by: User, earlier_email: str = "") -> None:
    """Notify patient and caregiver, and the earlier e-mail address, so that nobody changes it without its reader.

    Nothing goes to an earlier address from which mail comes back: nobody reads it.
    """
    context, key = {"amendment": amendment.pk}, str(amendment.pk)
    people = {**recipients_of(amendment.certification), "patient": patient}
    messages = messages_to(people, "certification_amended", context=context, key=key)
    if earlier_email and not comes_back(earlier_email):
        earlier = message_to(
            patient, "certification_amended", context={**context, "role": "earlier"}, key=f"{key}:earlier"
        )
        messages.append({**earlier, "recipient": earlier_email, "channel": "email"})
    queue_many(messages=messages, by=by)
