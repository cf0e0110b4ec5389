"""The words of each message, read when it is sent. None means that the message is not true any more."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Model, Q
from django.urls import reverse
from django.utils import timezone

from accounts import account_mails
from accounts.models import (
    Decision,
    Delegate,
    IdentificationTry,
    MFAReset,
    Physician,
    PhysicianApplication,
    Proof,
    Registration,
    User,
)
from accounts.rules import refusal_for_applicant, registrations_ended, registrations_ending_soon
from notifications import kinds
from notifications.models import Notification


def _physician(notification: Notification) -> Physician | None:
    return Physician.objects.filter(pk=notification.context["physician"]).first()


def _admin_url(row: Model) -> str:
    return settings.SITE_URL + reverse(f"admin:accounts_{row._meta.model_name}_change", args=[row.pk])


def physician_bound(notification: Notification) -> dict[str, Any] | None:
    """Return the physician who has an account now."""
    physician = _physician(notification)
    return {"physician": physician} if physician else None


def main_address(notification: Notification) -> dict[str, Any] | None:
    """Return no words: the link says which address becomes the main one."""
    return {} if User.objects.filter(pk=notification.context["user"], is_active=True).exists() else None


def leave_recorded(notification: Notification) -> dict[str, Any] | None:
    """Return the physician, or None when another day was entered meanwhile."""
    left_date = date.fromisoformat(notification.context["left_date"])
    physician = Physician.objects.filter(pk=notification.context["physician"], left_date=left_date).first()
    return {"physician": physician} if physician else None


def delegate_named(notification: Notification) -> dict[str, Any] | None:
    """Return the delegate and whether they have an account; None when the delegate has begun or ended meanwhile."""
    waiting = Delegate.objects.waiting(timezone.localdate()).select_related("physician")
    delegate = waiting.filter(pk=notification.context["delegate"]).first()
    return (
        {
            "delegate": delegate,
            "physician": delegate.physician,
            "has_account": User.objects.filter(email=delegate.email).exists(),
        }
        if delegate
        else None
    )


def registration_ended(notification: Notification) -> dict[str, Any] | None:
    """Return the registrations that have ended, or None when all are renewed."""
    return _registrations(notification, registrations_ended(today=timezone.localdate()))


def registration_ending(notification: Notification) -> dict[str, Any] | None:
    """Return the registrations that will end soon, or None when all are renewed."""
    return _registrations(notification, registrations_ending_soon(today=timezone.localdate()))


def _registrations(notification: Notification, ends: Q) -> dict[str, Any] | None:
    """Return those of the message's registrations of which the filter `ends` is still true."""
    still = Registration.objects.filter(ends, pk__in=notification.context["registrations"]).select_related("physician")
    rows = list(still.order_by("expires_date", "pk"))
    if not rows:
        return None
    return {
        "physician": rows[0].physician,
        "registrations": [(row.get_kind_display(), row.valid_through) for row in rows],
    }


def registrations_rechecked(notification: Notification) -> dict[str, Any] | None:
    context = notification.context
    read_on = context["roster_read_on"]
    kinds_of = Registration.Kind
    return {
        "day": date.fromisoformat(context["day"]),
        "ended": [(kinds_of(kind).label, count) for kind, count in sorted(context["ended"].items())],
        "total": sum(context["ended"].values()),
        "roster_read_on": read_on and date.fromisoformat(read_on),
    }


def binding_disowned(notification: Notification) -> dict[str, Any] | None:
    physician = _physician(notification)
    return {"admin_url": _admin_url(physician)} if physician else None


def physician_status(notification: Notification) -> dict[str, Any] | None:
    """Return the physician, or None when the Registrar has changed the status back."""
    physician = _physician(notification)
    if physician is None or physician.status != notification.context["status"]:
        return None
    return {"physician": physician, "may_certify": physician.status == Physician.Status.VERIFIED}


def identification_locked(notification: Notification) -> dict[str, Any] | None:
    """Return the page of the failed try, or None when a Registrar has lifted the lockout."""
    failed = IdentificationTry.objects.filter(pk=notification.context["try"], lifted_at=None).first()
    return {"admin_url": _admin_url(failed)} if failed else None


def identification_second(notification: Notification) -> dict[str, Any] | None:
    failed = IdentificationTry.objects.get(pk=notification.context["try"])
    return {"admin_url": _admin_url(failed)}


def proof_decided(notification: Notification) -> dict[str, Any] | None:
    proof = Proof.objects.select_related("physician").get(pk=notification.context["proof"])
    return {"proof": proof, "physician": proof.physician, "is_verified": proof.status == Decision.VERIFIED}


def application_received(notification: Notification) -> dict[str, Any] | None:
    """Return the application, or None when somebody has decided it."""
    application = PhysicianApplication.objects.filter(
        pk=notification.context["application"], status=Decision.PENDING
    ).first()
    return {"application": application, "admin_url": _admin_url(application)} if application else None


def application_decided(notification: Notification) -> dict[str, Any] | None:
    application = PhysicianApplication.objects.get(pk=notification.context["application"])
    return {
        "application": application,
        "is_verified": application.status == Decision.VERIFIED,
        "reason": refusal_for_applicant(application),
    }


def _reset(notification: Notification) -> MFAReset:
    return MFAReset.objects.get(pk=notification.context["reset"])


def mfa_reset_asked(notification: Notification) -> dict[str, Any] | None:
    """Return the reset, or None when it was cancelled or carried out."""
    reset = _reset(notification)
    return {"reset": reset} if reset.status == MFAReset.Status.WAITING else None


def mfa_reset_waits(notification: Notification) -> dict[str, Any] | None:
    """Return the page of the reset, or None when it was cancelled or carried out."""
    return mfa_reset_asked(notification) and {"admin_url": _admin_url(_reset(notification))}


def mfa_reset_done(notification: Notification) -> dict[str, Any] | None:
    return {"reset": _reset(notification)}


def mfa_reset_cancelled(notification: Notification) -> dict[str, Any] | None:
    return {"reset": _reset(notification)}


def mfa_reset_disowned(notification: Notification) -> dict[str, Any] | None:
    return {"admin_url": _admin_url(_reset(notification))}


def audit_sealed(notification: Notification) -> dict[str, Any] | None:
    """Return the line as it was when the message was queued, whatever the database says now."""
    return {"line": notification.context["line"]}


WITH_LINK = (main_address, mfa_reset_asked, physician_bound)


def register_kinds() -> None:
    for context_for in (
        physician_bound,
        leave_recorded,
        main_address,
        delegate_named,
        registration_ended,
        registration_ending,
        registrations_rechecked,
        binding_disowned,
        physician_status,
        identification_locked,
        identification_second,
        proof_decided,
        application_received,
        application_decided,
        mfa_reset_asked,
        mfa_reset_waits,
        mfa_reset_done,
        mfa_reset_cancelled,
        mfa_reset_disowned,
        audit_sealed,
    ):
        kinds.register(context_for.__name__, context_for=context_for, has_link=context_for in WITH_LINK)
    for kind in account_mails.KINDS:
        templates = account_mails.templates_of(kind)
        kinds.register(kind, context_for=account_mails.words_for, templates=templates, has_link=True)
