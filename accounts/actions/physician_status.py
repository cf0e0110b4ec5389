"""The Registrar suspends and reinstates physicians, with a reason."""

from django.utils import timezone

from accounts import rules
from accounts.models import Physician, User
from accounts.writes.locks import lock
from audit.actions import audited, record
from notifications.actions import queue


@audited("physician.suspend", subject="physician")
def suspend_physician(*, physician: Physician, reason: str, by: User) -> None:
    """Suspend a physician: they cannot certify, and get a message. Certifications stay valid. Raises StatusError."""
    _move(physician, "suspend", reason, by)


@audited("physician.reinstate", subject="physician")
def reinstate_physician(*, physician: Physician, reason: str, by: User) -> None:
    """Let a physician who was suspended or had left certify again; they get a message. Raises StatusError."""
    _move(physician, "reinstate", reason, by)


def _move(physician: Physician, verb: str, reason: str, by: User) -> None:
    """Write the status to which `verb` leads, and notify the physician."""
    physician = lock(physician)
    rules.check_physician_move(verb, physician)
    physician.status = rules.PHYSICIAN_MOVES[verb].to
    physician.save(update_fields=["status"])
    record(by=by, subject=physician, reason=reason)
    queue(
        kind="physician_status",
        recipient=physician.email,
        context={"physician": physician.pk, "status": physician.status},
        dedupe_key=f"physician_status:{physician.pk}:{timezone.now().isoformat()}",
        by=by,
    )
