"""Resets of lost second factors: staff ask after a call back; a second person confirms, or 24 hours pass."""

import secrets
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.utils import timezone

from accounts import rules
from accounts.models import MFAReset, User
from accounts.writes.locks import lock
from accounts.writes.messages import notify_registrars
from audit.actions import audited, record
from notifications.actions import queue
from ui.text import token_digest


@audited("mfa.reset_ask", subject="user")
def ask_mfa_reset(*, user: User, called_number: str, reason: str, by: User) -> MFAReset:
    """Ask that the second factors of `user` be reset, after `by` has called them back at `called_number` (E.164).

    The reset is carried out when another member of staff confirms it, or in 24 hours. A message with a link to cancel
    goes to every address of the owner; Registrars and Managers are notified as well. Raises ResetError.
    """
    rules.check_is_somebody_else(by, user.pk)
    user = lock(user)
    rules.check_has_factors(user)
    rules.check_no_reset_waits(user)
    rules.check_called_on_file(called_number, on_file=rules.numbers_on_file(user))
    now, token = timezone.now(), secrets.token_urlsafe(24)
    reset = MFAReset.objects.create(
        user=user,
        called_number=called_number,
        reason=reason,
        asked_by=by,
        asked_at=now,
        due_at=now + rules.RESET_WAITS,
        token_digest=token_digest(token),
    )
    record(by=by, subject=user, reason=reason)
    _notify_owner(reset, "mfa_reset_asked", by=by, secret=f"{settings.SITE_URL}/accounts/reset/{token}/", priority=1)
    notify_registrars(kind="mfa_reset_waits", about={"reset": reset.pk}, key=str(reset.pk), by=by, also=("Manager",))
    return reset


@audited("mfa.reset_confirm", subject="reset")
def confirm_mfa_reset(*, reset: MFAReset, by: User) -> None:
    """Reset the second factors at once, confirmed by a second person. Raises ResetError."""
    reset = _lock_reset(reset)
    rules.check_is_somebody_else(by, reset.asked_by_id, reset.user_id)
    rules.check_reset_move("confirm", reset)
    reset.confirmed_by = by
    _carry_out(reset, now=timezone.now(), by=by)


@audited("mfa.reset_cancel", subject="reset")
def cancel_mfa_reset(*, reset: MFAReset, by: User | None, reason: str = "") -> None:
    """Cancel a reset that waits. Raises ResetError.

    Without `by` the owner cancels by the link, and the Registrars are notified.
    """
    reset = _lock_reset(reset)
    rules.check_reset_move("cancel", reset)
    reset.status, reset.cancelled_by, reset.cancelled_at = MFAReset.Status.CANCELLED, by, timezone.now()
    reset.save(update_fields=["status", "cancelled_by", "cancelled_at"])
    record(by=by, subject=reset.user, reason=reason)
    _notify_owner(reset, "mfa_reset_cancelled", by=by)
    if by is None:
        notify_registrars(kind="mfa_reset_disowned", about={"reset": reset.pk}, key=str(reset.pk), by=by)


@audited("mfa.reset_due")
def reset_due_mfa(*, by: User | None) -> int:
    """Carry out each reset whose 24 hours are over and that nobody cancelled; return how many."""
    now = timezone.now()
    due = MFAReset.objects.filter(status=MFAReset.Status.WAITING, due_at__lte=now).order_by("pk")
    resets = list(due.select_for_update(no_key=True, of=("self",), skip_locked=True).select_related("user"))
    for reset in resets:
        _carry_out(reset, now=now, by=by)
    return len(resets)


def _lock_reset(reset: MFAReset) -> MFAReset:
    return MFAReset.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(pk=reset.pk)


def _carry_out(reset: MFAReset, *, now: datetime, by: User | None) -> None:
    """Delete the second factors, end all sessions and notify every address of the owner. The password stays."""
    reset.status, reset.done_at = MFAReset.Status.DONE, now
    reset.save(update_fields=["status", "done_at", "confirmed_by"])
    Authenticator.objects.filter(user=reset.user).delete()
    for session in UserSession.objects.filter(user=reset.user):
        session.end()
    record(action="mfa.reset", by=by, subject=reset.user, reason=reset.reason)
    _notify_owner(reset, "mfa_reset_done", by=by)


def _notify_owner(reset: MFAReset, kind: str, *, by: User | None, **more: Any) -> None:
    """Queue a message of `kind` to every address of the owner, in the owner's language."""
    more = {**more, "language": rules.language_of(reset.user.email)}
    for number, address in enumerate(rules.addresses_of(reset.user)):
        key = f"{kind}:{reset.pk}:{number}"
        queue(kind=kind, recipient=address, context={"reset": reset.pk}, dedupe_key=key, by=by, **more)
