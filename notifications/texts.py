"""Text messages (SMS): which kinds have one, at what hours they go, and the words to which people agree."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import timezone
from django.utils.translation import gettext as _

from notifications.models import Notification, TextConsent
from ui.context import hours
from ui.templatetags.portal import phone as written

# Answers to what somebody has just sent to us. They go without an agreement, and say nothing about a person.
ANSWERS = frozenset({"text_help", "text_stopped", "text_start"})

PROMPT = timedelta(minutes=5)  # 47 CFR 64.1200(a)(12)


def no_words(_notification: Notification) -> dict[str, Any]:
    """Return nothing more than what every template gets: enough for the answers."""
    return {}


def words_if_prompt(notification: Notification) -> dict[str, Any] | None:
    """Return the same within PROMPT, and later None: a confirmation of STOP goes within five minutes or not at all."""
    return {} if timezone.now() - notification.created_at < PROMPT else None


def is_on() -> bool:
    """Return whether this portal sends texts."""
    return bool(settings.SMS_URL)


def template_of(kind: str) -> str:
    return f"emails/{kind}.sms.txt"


@cache
def has_text(kind: str) -> bool:
    """Return whether messages of the kind may go as a text: a kind without a template for it never does."""
    try:
        get_template(template_of(kind))
    except TemplateDoesNotExist:
        return False
    return True


def is_agreed(phone: str) -> bool:
    """Return whether somebody has agreed to texts at the number (E.164), and has not ended them."""
    return TextConsent.objects.open().filter(phone=phone).exists()


def consent_words(phone: str) -> str:
    """Return the words to which a person agrees before the first text to the number, in the active language."""
    return _(
        "I agree to get text messages from %(name)s at %(phone)s about my registration and my deliveries, in place of "
        "email or calls where a text says enough. How many depends on what happens, mostly fewer than 10 a month. "
        "Message and data rates may apply. I can end them at any time: I reply STOP to a text, or change it on the "
        "portal. I reply HELP for help. I get the same service without texts."
    ) % {"name": settings.DISPENSARY_NAME, "phone": written(phone)}


def closes_at(now: datetime) -> datetime | None:
    """Return until when texts may go, by the clocks of TIME_ZONE; None in the quiet hours.

    They may go from the first of SMS_HOURS to before the second: with 08:00 and 21:00, at 8 a.m. and not at 9 p.m.
    """
    opens, closes = settings.SMS_HOURS
    local = timezone.localtime(now, timezone.get_default_timezone())
    if not opens <= local.time() < closes:
        return None
    return timezone.make_aware(datetime.combine(local.date(), closes), timezone.get_default_timezone())


def mailbox_words(name: str) -> str:
    """Return what may be said on a mailbox that others hear as well: no health, and not even who calls."""
    words = _("This is a message for %(name)s. Please call back at %(phone)s, %(hours)s. Thank you.")
    return words % {"name": name, "phone": written(settings.DISPENSARY_PHONE), "hours": hours()}
