"""What people type in about a registration. It waits as a Proof until a second person verifies it."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts import review, rules
from accounts.actions.physicians import set_registration
from accounts.models import Decision, Physician, PhysicianApplication, Proof, Registration, User
from audit.actions import audited, record
from notifications.actions import queue

COPIED = ("number", "state", "schedules", "is_active", "is_limited", "expires_date", "source")
REPORTED = "Reported by the physician"
STATED = "Stated by the physician"


@audited("registration.report", subject="physician")
def report_renewed_registration(
    *, physician: Physician, kind: str, number: str, valid_through: date | None, by: User
) -> Proof:
    """The physician says that she has renewed: a Proof on top of the Registrar's queue, in the place of one that waits.

    `valid_through` is the last day on which it counts (None for access to the monitoring program, which has no number).
    Raises CredentialError, DeaNumberError, RenewalDateError.
    """
    if valid_through:
        review.check_renewed_until(valid_through, today=timezone.localdate())
    proof = _enter(physician, kind=kind, number=number, valid_through=valid_through, state="CT", source=REPORTED, by=by)
    record(by=by, subject=proof)
    return proof


@audited("registration.state_access", subject="physician")
def state_monitoring_access(*, physician: Physician, by: User) -> Registration:
    """The physician states that she is registered with the monitoring program and can sign in there: it counts at once.

    The fifth requirement [docs/domain.md#who-may-certify] has neither number nor end. Once anything is on record of it,
    a change is reported instead. Raises CredentialError.
    """
    physician = Physician.objects.select_for_update(no_key=True, of=("self",)).get(pk=physician.pk)
    kind = Registration.Kind.PRESCRIPTION_MONITORING
    rules.check_may_state_access(physician.registrations.filter(kind=kind).first())
    registration = set_registration(physician=physician, kind=kind, source=STATED, by=by)
    record(by=by, subject=registration)
    return registration


@audited("proof.enter", subject="owner")
def enter_proof(
    *,
    owner: Physician | PhysicianApplication,
    kind: str,
    number: str,
    valid_through: date | None,
    by: User,
    **seen: Any,
) -> Proof:
    """What a member of staff looked up for a physician or an application, in the place of what waits.

    `seen` has state, schedules, is_active, is_limited, source. Somebody else verifies it. Raises CredentialError,
    DeaNumberError, RenewalDateError, AlreadyDecided.
    """
    proof = _enter(owner, kind=kind, number=number, valid_through=valid_through, by=by, **seen)
    record(by=by, subject=proof)
    return proof


def _enter(
    owner: Physician | PhysicianApplication,
    *,
    kind: str,
    number: str,
    valid_through: date | None,
    by: User,
    **seen: Any,
) -> Proof:
    locked = type(owner).objects.select_for_update(no_key=True, of=("self",)).get(pk=owner.pk)
    if isinstance(locked, PhysicianApplication):
        review.check_is_pending(locked)
    number = rules.normalize_registration_number(kind, number)
    rules.check_registration_number(kind, number)
    review.check_dea_number_stays(locked, kind, number)
    review.check_has_an_end(kind, valid_through)
    proof, _created = Proof.objects.update_or_create(
        physician=locked if isinstance(locked, Physician) else None,
        application=locked if isinstance(locked, PhysicianApplication) else None,
        kind=kind,
        status=Decision.PENDING,
        defaults={
            **seen,
            "number": number,
            "expires_date": valid_through + timedelta(days=1) if valid_through else None,
            "entered_by": by,
            "entered_at": timezone.now(),
        },
    )
    return proof


@audited("proof.verify", subject="proof")
def verify_proof(*, proof: Proof, source: str, by: User) -> Registration:
    """What a proof says was found at `source`: it counts from now on, and the physician is told.

    Raises AlreadyDecided, ApplicationError (proofs of an application are decided with it), FourEyesError.
    """
    proof = _locked(proof)
    review.check_four_eyes([proof], by=by)
    _decide(proof, Decision.VERIFIED, by=by, source=source)
    assert proof.physician is not None
    seen = {name: getattr(proof, name) for name in COPIED}
    return set_registration(physician=proof.physician, kind=proof.kind, by=by, **seen)


@audited("proof.refuse", subject="proof")
def refuse_proof(*, proof: Proof, reason: str, by: User) -> None:
    """What a proof says could not be found; what was on record stays. Raises AlreadyDecided, ApplicationError."""
    _decide(_locked(proof), Decision.REFUSED, by=by, reason=reason)


def _locked(proof: Proof) -> Proof:
    if proof.physician_id:
        Physician.objects.select_for_update(no_key=True, of=("self",)).get(pk=proof.physician_id)
    proof = Proof.objects.select_for_update(no_key=True, of=("self",)).get(pk=proof.pk)
    review.check_stands_alone(proof)
    review.check_is_pending(proof)
    return proof


def _decide(proof: Proof, status: str, *, by: User, **fields: str) -> None:
    for name, value in {**fields, "status": status, "decided_by": by, "decided_at": timezone.now()}.items():
        setattr(proof, name, value)
    proof.save()
    record(by=by, subject=proof)
    assert proof.physician is not None
    queue(
        kind="proof_decided",
        recipient=proof.physician.email,
        context={"proof": proof.pk},
        dedupe_key=f"proof_decided:{proof.pk}",
        by=by,
    )
