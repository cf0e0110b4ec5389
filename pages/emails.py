"""The words for the mails about a message of the contact form.

No mail contains the text of the message: anybody could use the form to send a text to any address, and the text may
hold medical details. The mail with an answer contains what staff wrote, and says so before they send it.
"""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from notifications import kinds
from notifications.models import Notification
from pages.models import ContactAnswer, ContactMessage
from pages.staff_summary import summary_of


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


def contact_answer(notification: Notification) -> dict[str, Any] | None:
    """Return the words for the mail with an answer; `is_further` when another mail with an answer went before."""
    answer = ContactAnswer.objects.select_related("message").filter(pk=notification.context["answer"]).first()
    if answer is None:
        return None
    earlier = answer.message.answers.filter(way=ContactAnswer.Way.EMAIL, pk__lt=answer.pk)
    return {
        "number": answer.message.number,
        "received_at": answer.message.created_at,
        "text": answer.text,
        "is_further": earlier.exists(),
        "contact_url": settings.SITE_URL + reverse("pages:contact"),
    }


def staff_summary(notification: Notification) -> dict[str, Any] | None:
    """Return what waits for the reader, or None when nothing does, or the day of the message is over."""
    context, now = notification.context, timezone.now()
    today, is_evening = timezone.localdate(now), context["part"] == "evening"
    user = User.objects.filter(pk=context["user"], is_active=True, is_staff=True).first()
    if user is None or date.fromisoformat(context["day"]) != today:
        return None
    figures = summary_of(user, now=now, is_evening=is_evening)
    words = {"figures": figures, "is_evening": is_evening, "delivery_day": today + timedelta(days=1)}
    return words if figures else None


def register_kinds() -> None:
    for context_for in (contact_receipt, contact_message, contact_answer, staff_summary):
        kinds.register(context_for.__name__, context_for=context_for)
