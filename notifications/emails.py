"""Render an outbox row as a mail, by the templates of its kind."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils import translation

from notifications import kinds, texts
from notifications.gateways import Text
from notifications.message_ids import host_of, message_id
from notifications.models import Notification
from ui.context import hours

# Who is called or gets a letter mostly has no account: nothing leads to a page that asks for one.
WITHOUT_ACCOUNT = (Notification.Channel.PHONE, Notification.Channel.LETTER)
# Invisible signs behind the hidden first words of a mail. Mail programs show them in the list, in place of its words.
PREVIEW_END = "\n".join(["\N{COMBINING GRAPHEME JOINER}\N{ZERO WIDTH NON-JOINER}\N{NO-BREAK SPACE}" * 40] * 3)


def message_id_for(notification: Notification) -> str:
    """Return the Message-ID: the same for each try at one message, so that a repeat is recognizable."""
    return message_id(notification.pk)


def _plain(template: str, words: dict[str, Any]) -> str:
    """Return a template as plain text, in which an ampersand stays one."""
    found: Any = get_template(template)  # of Django's own engine
    return found.template.render(Context(words, autoescape=False))


def build(notification: Notification, words: dict[str, Any]) -> EmailMultiAlternatives:
    """Return the mail of a message, with the words that its kind has read."""
    words = {
        "site_url": settings.SITE_URL,
        "dispensary_name": settings.DISPENSARY_NAME,
        "dispensary_phone": settings.DISPENSARY_PHONE,
        "secret": notification.secret,
        "preview_end": PREVIEW_END,
        "is_call": notification.channel in WITHOUT_ACCOUNT,
        **words,
    }
    templates = kinds.get(notification.kind).templates
    with translation.override(notification.language):
        words["dispensary_hours"] = hours()
        subject = " ".join(_plain(templates.subject, words).split())
        message = EmailMultiAlternatives(
            subject=subject,
            body=_plain(templates.text, words),
            from_email=settings.BOUNCE_ADDRESS or settings.DEFAULT_FROM_EMAIL,  # the envelope's: bounces go there
            to=[notification.recipient],
            reply_to=[settings.REPLY_TO_EMAIL],
            headers={"Message-ID": message_id_for(notification), "From": settings.DEFAULT_FROM_EMAIL},
        )
        if templates.html:
            message.attach_alternative(render_to_string(templates.html, words), "text/html")
    return message


def build_text(notification: Notification, words: dict[str, Any]) -> Text:
    """Return the text message of a message whose kind has one."""
    words = {
        "site_url": settings.SITE_URL,
        "host": host_of(settings.SITE_URL),
        "dispensary_name": settings.DISPENSARY_NAME,
        "dispensary_phone": settings.DISPENSARY_PHONE,
        **words,
    }
    with translation.override(notification.language):
        said = " ".join(_plain(texts.template_of(notification.kind), words).split())
    return Text(notification.recipient, said, message_id_for(notification).strip("<>"))
