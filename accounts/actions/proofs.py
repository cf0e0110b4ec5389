"""Proofs: what people enter about a registration waits until a second person verifies it."""

from datetime import date
from typing import Any

from django.utils import timezone

from accounts import rules
from accounts.models import Decision, Physician, Proof, Registration, User
from accounts.writes.locks import lock, lock_by_pk
from accounts.writes.proofs import write_proof
from accounts.writes.registrations import STATED, write_proven_registration, write_registration
from audit.actions import audited, record
from notifications.actions import queue

REPORTED = "Reported by the physician"


@audited("registration.report", subject="physician")
def report_renewed_registration(
    *, physician: Physician, kind: str, number: str, valid_through: date | None, by: User
) -> Proof:
    """Store the physician's report of a renewed registration as a proof, in the place of a proof that waits.

    `valid_through` is the last day on which it counts (None for access to the monitoring program, which has no number).
    Raises CredentialError, DeaNumberError, RenewalDateError.
    """
    if valid_through:
        rules.check_renewed_until(valid_through, today=timezone.localdate())
    physician = lock(physician)
    seen = {"state": "CT", "source": REPORTED}
    proof, _changed = write_proof(physician, kind=kind, number=number, valid_through=valid_through, by=by, **seen)
    record(by=by, subject=proof)
    return proof


@audited("registration.state_access", subject="physician")
def state_monitoring_access(*, physician: Physician, by: User) -> Registration:
    """Write the physician's statement that they can sign in to the monitoring program: it counts at once.

    The fifth requirement [docs/domain.md#who-may-certify] has neither number nor end. Once a registration of this kind
    exists, a change is reported instead. Raises CredentialError.
    """
    physician = lock(physician)
    kind = Registration.Kind.PRESCRIPTION_MONITORING
    rules.check_may_state_access(physician.registrations.filter(kind=kind).first())
    registration = write_registration(physician=physician, kind=kind, source=STATED, by=by)
    record(by=by, subject=registration)
    return registration


@audited("proof.enter", subject="physician")
def enter_proof(
    *,
    physician: Physician,
    kind: str,
    number: str,
    valid_through: date | None,
    by: User,
    **seen: Any,
) -> Proof:
    """Store what a member of staff looked up for a physician, in the place of a proof that waits.

    `valid_through` is the last day on which the registration counts. `seen` has state, schedules, is_active,
    is_limited, source. Somebody else verifies the proof. Raises CredentialError, DeaNumberError, RenewalDateError.
    """
    physician = lock(physician)
    proof, _changed = write_proof(physician, kind=kind, number=number, valid_through=valid_through, by=by, **seen)
    record(by=by, subject=proof)
    return proof


@audited("proof.verify", subject="proof")
def verify_proof(*, proof: Proof, source: str, by: User) -> Registration:
    """Verify a proof that was found at `source`: it counts from now on, and the physician is notified.

    Raises AlreadyDecided, ApplicationError (proofs of an application are decided with it), FourEyesError.
    """
    proof = _lock_pending(proof)
    rules.check_four_eyes([proof], by=by)
    _decide(proof, Decision.VERIFIED, by=by, source=source)
    assert proof.physician is not None
    return write_proven_registration(physician=proof.physician, proof=proof, by=by)


@audited("proof.refuse", subject="proof")
def refuse_proof(*, proof: Proof, reason: str, by: User) -> None:
    """Refuse a proof that could not be found; the registration stays. Raises AlreadyDecided, ApplicationError."""
    _decide(_lock_pending(proof), Decision.REFUSED, by=by, reason=reason)


def _lock_pending(proof: Proof) -> Proof:
    if proof.physician_id:
        lock_by_pk(Physician, proof.physician_id)
    proof = lock(proof)
    rules.check_stands_alone(proof)
    rules.check_is_pending(proof)
    return proof


def _decide(proof: Proof, status: str, *, by: User, **fields: str) -> None:
    """Write the decision on a proof, and notify the physician."""
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
