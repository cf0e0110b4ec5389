"""The mails of samples, for the preview in the admin and for the tests. Nothing of the database is read."""

import base64
import hashlib
import re
from dataclasses import dataclass

from django.core.mail import EmailMultiAlternatives

from notifications import emails, kinds, texts
from notifications.kinds import About
from notifications.models import Notification

STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True)
class Preview:
    """A sample as its reader gets it. `html` is empty for a mail in plain text alone, `sms` where there is no text."""

    subject: str
    text: str
    html: str
    sms: str = ""


def mail_of(about: About, label: str, language: str) -> EmailMultiAlternatives:
    """Return the mail of one sample of a kind, in one language."""
    message = Notification(kind=about.name, recipient="reader@example.org", language=language)
    return emails.build(message, about.samples()[label])


def text_of(about: About, label: str, language: str) -> str:
    """Return the text message of one sample of a kind, or an empty text where the kind has none."""
    if not texts.has_text(about.name):
        return ""
    message = Notification(kind=about.name, recipient="+12035550100", language=language)
    return emails.build_text(message, about.samples()[label]).words


def preview_of(about: About, label: str, language: str) -> Preview:
    """Return what the reader of one sample sees."""
    mail = mail_of(about, label, language)
    html = next((str(content) for content, _type in mail.alternatives), "")
    return Preview(str(mail.subject), str(mail.body), html, text_of(about, label, language))


def style_hashes(html: str) -> list[str]:
    """Return the sources that let a browser apply the styles inside a mail, for a Content-Security-Policy."""
    digests = [hashlib.sha256(style.encode()).digest() for style in STYLE.findall(html)]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def document() -> str:
    """Return the text of docs/messages.md: every kind of message, who gets it and when."""
    lines = [
        "# Messages\n",
        "Printed from the code by `manage.py print_messages --write`. Each is a mail, or a call for a person without "
        "an address. Staff see each one with made-up data in the admin, under Notifications. What goes "
        "to offices and staff is in English, all else in English and Spanish.\n",
        "| kind | who gets it | when | languages |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{about.name}` | {about.readers} | {about.when} | {' '.join(about.languages)} |" for about in kinds.abouts()
    ]
    return "\n".join(lines) + "\n"
