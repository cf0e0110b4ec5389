"""The messages that allauth writes, as kinds of the outbox: one kind for each of its templates."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from notifications.kinds import Templates

if TYPE_CHECKING:
    from notifications.models import Notification

LINK_VALID = timedelta(days=3)  # ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS and PASSWORD_RESET_TIMEOUT, as they come
NOTICE = ("timestamp", "ip", "user_agent")  # what a notice says of the person who made the change
LINKS = {
    "account/email/email_confirmation": ("activate_url",),
    "account/email/email_confirmation_signup": ("activate_url",),
    "account/email/password_reset_key": ("password_reset_url",),
}
# The words that each template needs; allauth's context holds more: the user, the key again, the request.
WORDS = {
    **LINKS,
    "account/email/unknown_account": ("signup_url",),
    "account/email/account_already_exists": ("signup_url", "password_reset_url"),
    "account/email/email_changed": (*NOTICE, "from_email", "to_email"),
    "account/email/email_deleted": (*NOTICE, "deleted_email"),
    "account/email/password_changed": NOTICE,
    "account/email/password_reset": NOTICE,
    "account/email/password_set": NOTICE,
    "mfa/email/recovery_codes_generated": NOTICE,
    "mfa/email/totp_activated": NOTICE,
    "mfa/email/totp_deactivated": NOTICE,
    "mfa/email/webauthn_added": NOTICE,
    "mfa/email/webauthn_removed": NOTICE,
    "socialaccount/email/account_connected": NOTICE,
    "socialaccount/email/account_disconnected": NOTICE,
}


def kind_of(prefix: str) -> str:
    """Return the outbox's kind for allauth's template `prefix`, such as `account_password_changed`."""
    name = prefix.rpartition("/")[2]
    return name if name.startswith("account_") else f"account_{name}"


KINDS = {kind_of(prefix): prefix for prefix in WORDS}


def templates_of(kind: str) -> Templates:
    """Return allauth's own names of the templates. Ours in templates/ replace them."""
    return Templates(f"{KINDS[kind]}_subject.txt", f"{KINDS[kind]}_message.txt", html=None)


def stored_words(prefix: str, context: dict[str, Any]) -> str:
    """Return the words of a message as JSON, for the encrypted `secret`: links, addresses, where a change came from."""
    words = {name: context[name] for name in WORDS[prefix]}
    return json.dumps({name: _written(value) for name, value in words.items()})


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def words_for(notification: "Notification") -> dict[str, Any] | None:
    """Return the words of the templates, or None for a link that is too old to be opened."""
    if KINDS[notification.kind] in LINKS and timezone.now() - notification.created_at >= LINK_VALID:
        return None
    words = json.loads(notification.secret or "{}")
    if "timestamp" in words:
        words["timestamp"] = datetime.fromisoformat(words["timestamp"])
    return {**words, "email": notification.recipient}
