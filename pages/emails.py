"""What the mails about a message say. The text of the message stands in none of them: a form that anybody can fill in
would carry it to any address, and it may hold medical details."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from notifications import kinds
from notifications.models import Notification
from pages.models import ContactMessage


def contact_receipt(notification: Notification) -> dict[str, Any] | None:
    message = ContactMessage.objects.filter(pk=notification.context["message"]).first()
    if message is None:
        return None
    return {"number": message.number, "contact_url": settings.SITE_URL + reverse("pages:contact")}


def contact_message(notification: Notification) -> dict[str, Any] | None:
    """Dropped when somebody has answered meanwhile."""
    message = ContactMessage.objects.filter(pk=notification.context["message"], answered_at__isnull=True).first()
    if message is None:
        return None
    return {
        "number": message.number,
        "received_at": message.created_at,
        "message_url": settings.SITE_URL + reverse("admin:pages_contactmessage_change", args=[message.pk]),
    }


def register_kinds() -> None:
    for context_for in (contact_receipt, contact_message):
        kinds.register(context_for.__name__, context_for=context_for)
