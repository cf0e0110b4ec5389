"""What a failed try to send a message means, when the next one is due, and what becomes of a call."""

import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum

from django.utils import timezone

from notifications.models import CallTry, Notification

MOST_ATTEMPTS = 12  # the last about 34 hours after the first
LONGEST_PAUSE = timedelta(hours=8)
URGENT_WITHIN = timedelta(hours=2)  # an urgent call or letter that is older stands on the staff's start page
LETTER_AFTER_TRIES, LETTER_AFTER_DAYS = 3, 2


class Trouble(Enum):
    """The reason why a try to send a message failed, and what follows for the message."""

    AWAY = "the server takes nothing: the try does not count"
    CUT = "the server hung or broke off: the message waits longer each time, and never fails for it"
    LATER = "refused for now (SMTP 4xx, HTTP 5xx), or our own error: again later; after MOST_ATTEMPTS it has failed"
    REFUSED = "refused for good (SMTP 5xx, HTTP 4xx): it has failed"


class TextRefused(Exception):
    """The provider of texts has answered, and does not take the text; `code` is the status of its answer."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


# Refusals of us, not of the message: who we are, or how we sign in.
OF_US = (
    smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused,
    smtplib.SMTPNotSupportedError,
)  # fmt: skip
# Answers of the provider of texts that say nothing about the text: our token or address is wrong, too many at a time,
# or what stands before the provider does not reach it.
OF_US_HTTP = {401, 402, 403, 404, 405, 407, 429, 502, 503, 504}
CLOSING = 421  # "Service not available, closing": the server stops, whatever it was asked


def trouble_of(error: Exception, *, is_connected: bool) -> Trouble:
    """Return what an error says; `is_connected` is whether the server had taken the connection."""
    if isinstance(error, TextRefused):
        return _trouble_of_text(error.code)
    if isinstance(error, OF_US):
        return Trouble.AWAY
    if (code := smtp_code(error)) and code != CLOSING:
        return Trouble.REFUSED if 500 <= code < 600 else Trouble.LATER
    if code == CLOSING or isinstance(error, OSError) and not isinstance(error, smtplib.SMTPRecipientsRefused):
        return Trouble.CUT if is_connected else Trouble.AWAY
    return Trouble.LATER


def _trouble_of_text(code: int) -> Trouble:
    if code in OF_US_HTTP or code < 400:
        return Trouble.AWAY
    return Trouble.REFUSED if code < 500 else Trouble.LATER


def smtp_code(error: Exception) -> int | None:
    """Return the code with which the server refused, for example 452; None without one."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):  # a mail of ours has one recipient
        return next((code for code, _words in error.recipients.values()), None)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None


def cause_of(error: Exception) -> str:
    """Return the kind of error and its code. The server's words stay out: they may repeat the address."""
    code = error.code if isinstance(error, TextRefused) else smtp_code(error)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def pause_after(attempts: int) -> timedelta:
    """Return how long a message waits after so many tries: 2 minutes, then 4, 8, … up to LONGEST_PAUSE."""
    return min(timedelta(minutes=2 ** min(attempts, 10)), LONGEST_PAUSE)


def is_waiting_call(notification: Notification) -> bool:
    """Return whether the message is a call that staff still have to make."""
    return (notification.channel, notification.status) == (Notification.Channel.PHONE, Notification.Status.QUEUED)


def is_letter_offered(tries: Iterable[CallTry]) -> bool:
    """Return whether nobody was reached in LETTER_AFTER_TRIES tries, on LETTER_AFTER_DAYS days or more."""
    missed = [each for each in tries if each.outcome != CallTry.Outcome.REACHED]
    days = {timezone.localdate(each.created_at) for each in missed}
    return len(missed) >= LETTER_AFTER_TRIES and len(days) >= LETTER_AFTER_DAYS


def late_since(now: datetime) -> datetime:
    """Return the moment before which an urgent message was queued that is late now."""
    return now - URGENT_WITHIN
