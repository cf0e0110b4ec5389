"""Whether a physician may certify at all: suspended and reinstated by the Registrar, with a reason."""

from django.utils import timezone

from accounts import review
from accounts.models import Physician, User
from audit.actions import audited, record
from notifications.actions import queue


@audited("physician.suspend", subject="physician")
def suspend_physician(*, physician: Physician, reason: str, by: User) -> None:
    """From now on she cannot certify; what she signed stays valid. She is told. Raises StatusError."""
    _move(physician, Physician.Status.SUSPENDED, reason, by)


@audited("physician.reinstate", subject="physician")
def reinstate_physician(*, physician: Physician, reason: str, by: User) -> None:
    """A physician who was suspended, or had left, may certify again. She is told. Raises StatusError."""
    _move(physician, Physician.Status.VERIFIED, reason, by)


def _move(physician: Physician, status: str, reason: str, by: User) -> None:
    physician = Physician.objects.select_for_update(no_key=True, of=("self",)).get(pk=physician.pk)
    review.check_physician_becomes(physician, status)
    physician.status = status
    physician.save(update_fields=["status"])
    record(by=by, subject=physician, reason=reason)
    queue(
        kind="physician_status",
        recipient=physician.email,
        context={"physician": physician.pk, "status": status},
        dedupe_key=f"physician_status:{physician.pk}:{timezone.now().isoformat()}",
        by=by,
    )
