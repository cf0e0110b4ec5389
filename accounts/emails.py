"""What each of our messages says, asked again at the moment it is sent: None when it no longer holds."""

from django.conf import settings
from django.urls import reverse

from accounts.models import Decision, IdentificationTry, Physician, PhysicianApplication, Proof
from accounts.review import refusal_told
from notifications import kinds


def _physician(notification):
    return Physician.objects.filter(pk=notification.context["physician"]).first()


def _admin_url(row):
    return settings.SITE_URL + reverse(f"admin:accounts_{row._meta.model_name}_change", args=[row.pk])


def physician_bound(notification):
    physician = _physician(notification)
    return physician and {"physician": physician}


def binding_disowned(notification):
    physician = _physician(notification)
    return physician and {"admin_url": _admin_url(physician)}


def physician_status(notification):
    """Dropped when the Registrar has changed it back meanwhile."""
    physician = _physician(notification)
    if physician is None or physician.status != notification.context["status"]:
        return None
    return {"physician": physician, "may_certify": physician.status == Physician.Status.VERIFIED}


def identification_locked(notification):
    """Dropped when a Registrar has lifted it meanwhile."""
    failed = IdentificationTry.objects.filter(pk=notification.context["try"], lifted_at=None).first()
    return failed and {"admin_url": _admin_url(failed)}


def identification_second(notification):
    failed = IdentificationTry.objects.get(pk=notification.context["try"])
    return {"admin_url": _admin_url(failed)}


def proof_decided(notification):
    proof = Proof.objects.select_related("physician").get(pk=notification.context["proof"])
    return {"proof": proof, "physician": proof.physician, "is_verified": proof.status == Decision.VERIFIED}


def application_received(notification):
    """Dropped when somebody has decided meanwhile."""
    application = PhysicianApplication.objects.filter(
        pk=notification.context["application"], status=Decision.PENDING
    ).first()
    return application and {"application": application, "admin_url": _admin_url(application)}


def application_decided(notification):
    application = PhysicianApplication.objects.get(pk=notification.context["application"])
    return {
        "application": application,
        "is_verified": application.status == Decision.VERIFIED,
        "reason": refusal_told(application),
    }


def register_kinds():
    for context_for in (
        physician_bound,
        binding_disowned,
        physician_status,
        identification_locked,
        identification_second,
        proof_decided,
        application_received,
        application_decided,
    ):
        kinds.register(context_for.__name__, context_for=context_for)
