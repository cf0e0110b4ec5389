"""The second way in: who is not on the roster applies, and the Registrar decides."""

from typing import Any

from django.utils import timezone

from accounts import review, rules, signals
from accounts.actions.bindings import bind
from accounts.actions.physicians import set_registration
from accounts.actions.proofs import COPIED, STATED
from accounts.actions.registrars import tell_registrars
from accounts.models import Decision, IdentityProof, Physician, PhysicianApplication, Proof, Registration, User
from accounts.sql import lock_text
from audit.actions import audited, record
from notifications.actions import queue
from ui.text import search_name

CLAIMED = "Claimed in the application"
TAKEN_OVER = (
    "first_name", "last_name", "search_name", "dea_number", "dea_suffix", "ssn_digest", "npi", "phone",
    "practice_name", "practice_street", "practice_city", "practice_state", "practice_zip",
)  # fmt: skip


@audited("application.send")
def apply_as_physician(
    *, dea_number: str, ssn_last_four: str, license_number: str, csp_number: str, by: User, **fields: Any
) -> PhysicianApplication:
    """Keep what `by` claims (`fields` of PhysicianApplication), with a proof to look up for each registration.

    The answer is the same whoever holds the numbers. The SSN digits are digested here and kept nowhere. The Registrars
    are told. Raises DeaNumberError, NpiError, CredentialError, ApplicationError.
    """
    number, suffix = rules.split_dea_number(dea_number)
    rules.check_dea_number(number)
    rules.check_npi(fields["npi"])
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    review.check_has_no_application(list(by.physician_applications.all()))
    application = PhysicianApplication.objects.create(
        **fields,
        user=by,
        dea_number=number,
        dea_suffix=suffix,
        ssn_digest=rules.ssn_digest(number, ssn_last_four),
        search_name=search_name(fields["last_name"], fields["first_name"]),
    )
    _claim(application, license_number=license_number, csp_number=csp_number, by=by)
    record(by=by, subject=application)
    tell_registrars(kind="application_received", about={"application": application.pk}, key=str(application.pk), by=by)
    return application


def _claim(application: PhysicianApplication, *, license_number: str, csp_number: str, by: User) -> None:
    claimed = {
        Registration.Kind.MEDICAL_LICENSE: (license_number, "license_number"),
        Registration.Kind.CONTROLLED_SUBSTANCE: (csp_number, "csp_number"),
        Registration.Kind.DEA: (application.dea_number, "dea_number"),
        Registration.Kind.PRESCRIPTION_MONITORING: ("", ""),
    }
    now = timezone.now()
    for kind, (typed, field) in claimed.items():
        number = rules.normalize_registration_number(kind, typed)
        rules.check_registration_number(kind, number, field=field)
        Proof.objects.create(
            application=application, kind=kind, number=number, source=CLAIMED, entered_by=by, entered_at=now
        )


@audited("application.call_back", subject="application")
def record_call_back(*, application: PhysicianApplication, called_number: str, number_source: str, by: User) -> None:
    """`by` has called the physician at `called_number` (E.164), and the physician said: the application is mine.

    `number_source` names the public register that shows the number. The last call counts. Raises AlreadyDecided,
    ApplicationError.
    """
    application = _locked(application)
    on_roster = review.physician_applying(application, Physician.objects.all())
    review.check_number_is_in_register(called_number, on_roster=on_roster)
    application.identity_proof = IdentityProof.CALL_BACK
    application.called_number, application.number_source = called_number, number_source
    application.called_at, application.called_by = timezone.now(), by
    application.save()
    record(by=by, subject=application, reason=number_source)


@audited("application.verify", subject="application")
def verify_application(*, application: PhysicianApplication, by: User) -> Physician:
    """The applicant is a physician: on the roster, bound to the account, with the registrations that were looked up.

    A physician who is there already, by DEA number or else by NPI, keeps her patients and gets the new numbers. Raises
    AlreadyDecided, FourEyesError, ApplicationError.
    """
    application = _locked(application)
    proofs = list(application.proofs.select_for_update(no_key=True, of=("self",)))
    review.check_application_is_proven(proofs)
    review.check_four_eyes(proofs, by=by)
    review.check_identity_is_proven(application, by=by)
    lock_text(rules.dea_digest(application.dea_number))
    physician = _physician_of(application, by)
    for proof in proofs:
        seen = {name: getattr(proof, name) for name in COPIED}
        if proof.source == CLAIMED:  # nothing to look up: her own word for the access to the monitoring program
            seen["source"] = STATED
        set_registration(physician=physician, kind=proof.kind, by=by, **seen)
    application.physician = physician
    _decide(application, Decision.VERIFIED, "", by)
    signals.application_verified.send(PhysicianApplication, application=application, physician=physician)
    return physician


def _physician_of(application: PhysicianApplication, by: User) -> Physician:
    known = review.physician_applying(application, Physician.objects.select_for_update(no_key=True, of=("self",)))
    physician = known or Physician(user=application.user, email=application.user.email)
    review.check_may_become(physician, application)
    for name in TAKEN_OVER:
        setattr(physician, name, getattr(application, name))
    physician.status = Physician.Status.VERIFIED
    physician.save()
    record(action="physician.take_over" if known else "physician.add", by=by, subject=physician)
    if physician.user_id is None:
        bind(physician=physician, user=application.user, by=by)
    return physician


@audited("application.refuse", subject="application")
def refuse_application(*, application: PhysicianApplication, reason: str, by: User) -> None:
    """Not verified, for a reason that the applicant is told. Another application is possible. Raises AlreadyDecided."""
    _decide(_locked(application), Decision.REFUSED, reason, by)


def _locked(application: PhysicianApplication) -> PhysicianApplication:
    application = PhysicianApplication.objects.select_for_update(no_key=True, of=("self",)).get(pk=application.pk)
    review.check_is_pending(application)
    return application


def _decide(application: PhysicianApplication, status: str, reason: str, by: User) -> None:
    now = timezone.now()
    application.status, application.reason = status, reason
    application.decided_by, application.decided_at = by, now
    application.save()
    application.proofs.update(status=status, reason=reason, decided_by=by, decided_at=now)
    record(by=by, subject=application)
    queue(
        kind="application_decided",
        recipient=application.user.email,
        context={"application": application.pk},
        dedupe_key=f"application_decided:{application.pk}",
        by=by,
    )
