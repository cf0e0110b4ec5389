"""Write registrations of a physician. Each function runs inside the caller's transaction."""

from typing import Any

from django.utils import timezone

from accounts.models import Physician, Proof, Registration, User
from audit.actions import record

STATED = "Stated by the physician"
COPIED = ("number", "state", "schedules", "is_active", "is_limited", "expires_date", "source")


def write_registration(*, physician: Physician, kind: str, by: User | None, **fields: Any) -> Registration:
    """Write what was seen of one registration today (`fields` of Registration), and return the registration."""
    registration, _created = Registration.objects.update_or_create(
        physician=physician, kind=kind, defaults={**fields, "verified_at": timezone.now(), "verified_by": by}
    )
    record(action="registration.check", by=by, subject=registration)
    return registration


def write_proven_registration(*, physician: Physician, proof: Proof, by: User, **changes: Any) -> Registration:
    """Write the registration that a verified proof shows. `changes` go before what the proof says."""
    fields = {name: getattr(proof, name) for name in COPIED} | changes
    return write_registration(physician=physician, kind=proof.kind, by=by, **fields)
