"""Write proofs. Each function runs inside the caller's transaction, with the owner locked."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts import rules
from accounts.models import Decision, Physician, PhysicianApplication, Proof, User


def write_proof(
    owner: Physician | PhysicianApplication,
    *,
    kind: str,
    number: str,
    valid_through: date | None,
    by: User,
    **seen: Any,
) -> tuple[Proof, bool]:
    """Write a proof in the place of one that waits; return it, and whether that changed anything.

    What the same person enters again is left as it is. Raises CredentialError, DeaNumberError, RenewalDateError.
    """
    number = rules.normalize_registration_number(kind, number)
    rules.check_registration_number(kind, number)
    rules.check_dea_number_stays(owner, kind, number)
    rules.check_has_an_end(kind, valid_through)
    expires_date = valid_through + timedelta(days=1) if valid_through else None
    values = {**seen, "number": number, "expires_date": expires_date, "entered_by_id": by.pk}
    place = {
        "physician": owner if isinstance(owner, Physician) else None,
        "application": owner if isinstance(owner, PhysicianApplication) else None,
        "kind": kind,
        "status": Decision.PENDING,
    }
    waiting = Proof.objects.filter(**place).first()
    if waiting and all(getattr(waiting, name) == value for name, value in values.items()):
        return waiting, False
    proof = waiting or Proof(**place)
    for name, value in {**values, "entered_at": timezone.now()}.items():
        setattr(proof, name, value)
    proof.save()
    return proof, True
