"""Queue the messages that allauth writes, so that a mail server that is away fails no request."""

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation.trans_real import get_supported_language_variant

from accounts import account_mails
from accounts.models import User
from notifications.actions import queue

PRIORITY = 1  # a person waits in front of the page


def send_account_mail(*, prefix: str, recipient: str, context: dict[str, Any], by: User | None) -> None:
    """Queue the message of allauth's template `prefix` with the words of its `context`, and wake the sender."""
    queue(
        kind=account_mails.kind_of(prefix),
        recipient=recipient,
        secret=account_mails.stored_words(prefix, context),
        dedupe_key=f"account:{uuid4()}",
        language=_language_of(recipient),
        priority=PRIORITY,
        by=by,
    )


def _language_of(address: str) -> str:
    """Return the language that the account has chosen for good, or else the language of the page.

    This is one query whether the address has an account or not, so that both answers take the same time.
    """
    default = settings.LANGUAGES[0][0]
    account = User.objects.filter(email=address).values_list("patient__language", "caregiver__language").first()
    chosen = set(account or ()) - {None, default}
    return chosen.pop() if chosen else get_supported_language_variant(get_language() or default)
