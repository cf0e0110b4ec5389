"""Second factors that were lost: asked for by staff after a call back, confirmed by another or after a day."""

import secrets
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.utils import timezone

from accounts import factors
from accounts.actions.registrars import tell_registrars
from accounts.models import MFAReset, User
from audit.actions import audited, record
from notifications.actions import queue
from ui.text import token_digest


@audited("mfa.reset_ask", subject="user")
def ask_mfa_reset(*, user: User, called_number: str, reason: str, by: User) -> MFAReset:
    """`by` has called `user` back at `called_number` (E.164) and asks that her second factors go.

    They go when another member of staff confirms, or 24 hours from now. Every address of hers is told, with a link to
    cancel; Registrars and Managers are told that it waits for one of them. Raises ResetError.
    """
    factors.check_is_somebody_else(by, user.pk)
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    factors.check_has_factors(user)
    factors.check_no_reset_waits(user)
    factors.check_called_on_file(called_number, on_file=factors.numbers_on_file(user))
    now, token = timezone.now(), secrets.token_urlsafe(24)
    reset = MFAReset.objects.create(
        user=user,
        called_number=called_number,
        reason=reason,
        asked_by=by,
        asked_at=now,
        due_at=now + factors.RESET_WAITS,
        token_digest=token_digest(token),
    )
    record(by=by, subject=user, reason=reason)
    _tell_owner(reset, "mfa_reset_asked", by=by, secret=f"{settings.SITE_URL}/accounts/reset/{token}/", priority=1)
    tell_registrars(kind="mfa_reset_waits", about={"reset": reset.pk}, key=str(reset.pk), by=by, also=("Manager",))
    return reset


@audited("mfa.reset_confirm", subject="reset")
def confirm_mfa_reset(*, reset: MFAReset, by: User) -> None:
    """A second person confirms: the second factors go at once. Raises ResetError."""
    reset = _locked(reset)
    factors.check_is_somebody_else(by, reset.asked_by_id, reset.user_id)
    factors.check_reset_becomes(reset, MFAReset.Status.DONE)
    reset.confirmed_by = by
    _carry_out(reset, now=timezone.now(), by=by)


@audited("mfa.reset_cancel", subject="reset")
def cancel_mfa_reset(*, reset: MFAReset, by: User | None, reason: str = "") -> None:
    """Nothing is reset. `by` None is the owner with the link: then the Registrars are told. Raises ResetError."""
    reset = _locked(reset)
    factors.check_reset_becomes(reset, MFAReset.Status.CANCELLED)
    reset.status, reset.cancelled_by, reset.cancelled_at = MFAReset.Status.CANCELLED, by, timezone.now()
    reset.save(update_fields=["status", "cancelled_by", "cancelled_at"])
    record(by=by, subject=reset.user, reason=reason)
    _tell_owner(reset, "mfa_reset_cancelled", by=by)
    if by is None:
        tell_registrars(kind="mfa_reset_disowned", about={"reset": reset.pk}, key=str(reset.pk), by=by)


@audited("mfa.reset_due")
def reset_due_mfa(*, by: User | None) -> int:
    """Carry out each reset whose 24 hours are over and that nobody cancelled; returns how many."""
    now = timezone.now()
    due = MFAReset.objects.filter(status=MFAReset.Status.WAITING, due_at__lte=now).order_by("pk")
    resets = list(due.select_for_update(no_key=True, of=("self",), skip_locked=True).select_related("user"))
    for reset in resets:
        _carry_out(reset, now=now, by=by)
    return len(resets)


def _locked(reset: MFAReset) -> MFAReset:
    return MFAReset.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(pk=reset.pk)


def _carry_out(reset: MFAReset, *, now: datetime, by: User | None) -> None:
    """The second factors go, all sessions end, every address is told. The password stays."""
    reset.status, reset.done_at = MFAReset.Status.DONE, now
    reset.save(update_fields=["status", "done_at", "confirmed_by"])
    Authenticator.objects.filter(user=reset.user).delete()
    for session in UserSession.objects.filter(user=reset.user):
        session.end()
    record(action="mfa.reset", by=by, subject=reset.user, reason=reset.reason)
    _tell_owner(reset, "mfa_reset_done", by=by)


def _tell_owner(reset: MFAReset, kind: str, *, by: User | None, **more: Any) -> None:
    for number, address in enumerate(factors.addresses_of(reset.user)):
        key = f"{kind}:{reset.pk}:{number}"
        queue(kind=kind, recipient=address, context={"reset": reset.pk}, dedupe_key=key, by=by, **more)
