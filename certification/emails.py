"""What each of our messages says, asked again at the moment it is sent: None when it no longer holds."""

from datetime import timedelta

from django.utils import timezone

from certification.models import Certification, Invitation
from notifications import kinds


def _words(certification):
    return {
        "certification": certification,
        "patient": certification.patient,
        "physician": certification.physician,
        "valid_through": certification.expires_date - timedelta(days=1),
        "days_left": (certification.expires_date - timezone.localdate()).days,
    }


def _certification(notification, status):
    return (
        Certification.objects.filter(pk=notification.context["certification"], status=status)
        .select_related("patient", "physician")
        .first()
    )


def patient_certified(notification):
    certification = _certification(notification, Certification.Status.ACTIVE)
    return certification and _words(certification)


def certification_withdrawn(notification):
    certification = _certification(notification, Certification.Status.WITHDRAWN)
    return certification and _words(certification)


def renewal_reminder(notification):
    """A certification renewed or withdrawn meanwhile is no longer active, and its reminder is dropped."""
    certification = _certification(notification, Certification.Status.ACTIVE)
    if certification is None:
        return None
    role = notification.context["role"]
    return {**_words(certification), "role": role, "has_ended": certification.expires_date <= timezone.localdate()}


def invitation(notification):
    invitation = Invitation.objects.select_related("patient", "caregiver").get(pk=notification.context["invitation"])
    if invitation.used_at or invitation.valid_until <= timezone.now():
        return None
    return {"person": invitation.person, "valid_until": invitation.valid_until, "is_patient": bool(invitation.patient)}


def register_kinds():
    for context_for in (patient_certified, certification_withdrawn, renewal_reminder, invitation):
        kinds.register(context_for.__name__, context_for=context_for)
