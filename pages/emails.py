"""The words for the mails about a message of the contact form.

No mail contains the text of the message: anybody could use the form to send a text to any address, and the text may
hold medical details.
"""

from typing import Any

from django.conf import settings
from django.urls import reverse

from notifications import kinds
from notifications.models import Notification
from pages.models import ContactMessage


def contact_receipt(notification: Notification) -> dict[str, Any] | None:
    """Return the words for the receipt of the message's sender, or None when the message is gone."""
    message = ContactMessage.objects.filter(pk=notification.context["message"]).first()
    if message is None:
        return None
    return {"number": message.number, "contact_url": settings.SITE_URL + reverse("pages:contact")}


def contact_message(notification: Notification) -> dict[str, Any] | None:
    """Return the words for the mail to staff, or None when somebody has answered the message meanwhile."""
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
