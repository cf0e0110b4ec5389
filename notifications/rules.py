"""What a failed try to send a message means, when the next one is due, and what becomes of bounces and calls."""

import re
import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum

from django.utils import timezone

from notifications.models import CallTry, Notification

MOST_ATTEMPTS = 12  # the last about 34 hours after the first
MOST_LOST_WORKERS = 5  # as many workers may die with one message in hand; it is not sent to a sixth
WORKER_LOST = "WorkerLost"  # the cause of a message that ended each worker which had it in hand
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


def is_deadly(lost_workers: int) -> bool:
    """Return whether a message has ended so many workers that nobody should try it again.

    Each time five minutes pass before the next worker takes it, so it fails about 25 minutes after its first try.
    """
    return lost_workers >= MOST_LOST_WORKERS


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


# --- What a refusal says of the address ------------------------------------------------------------------------------

SOFT_BOUNCES = 3  # so many within SOFT_SPAN stop the mail to an address, as a hard one does at once
SOFT_SPAN = timedelta(days=14)
# Class, subject and detail of RFC 3463, such as 5.1.1; not a part of an IP address.
STATUS_CODE = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
SMTP_CODE = re.compile(r"(?<![\d.-])([45]\d\d)(?![\d.])")
# The details about the sender, about this one mail (too large, its content) or about policy say nothing of the address.
NOT_THE_ADDRESS = re.compile(r"\.(1\.[78]|2\.3|3\.4|[5-7]\.\d+)$")
# A full mailbox, a system that is full or closed for now, a loop, an attempt that took too long.
PASSES = re.compile(r"\.(2\.2|3\.\d+|4\.[67])$")
MAILBOX_CODES = {550, 551, 553}  # RFC 5321: there is no such mailbox here; 552 is a full one


class Fault(Enum):
    """The fault of an address, as a bounce tells it."""

    HARD = "it takes no mail: nothing more is sent there"
    SOFT = "it takes none for now: SOFT_BOUNCES of them within SOFT_SPAN stop the mail"
    NONE = "nothing: another mail may arrive"


def fault_of(status_code: str, smtp_code: int | None = None) -> Fault:
    """Return what a bounce says of the address.

    `status_code` is that of RFC 3463, such as 5.1.1, or empty; `smtp_code` that of RFC 5321, such as 550. Without a
    code that says more, a bounce counts as a soft one.
    """
    if NOT_THE_ADDRESS.search(status_code):
        return Fault.NONE
    if status_code and not status_code.endswith(".0.0"):
        return Fault.SOFT if status_code.startswith("4") or PASSES.search(status_code) else Fault.HARD
    if smtp_code is not None:
        return Fault.HARD if smtp_code in MAILBOX_CODES else Fault.SOFT
    return Fault.HARD if status_code.startswith("5") else Fault.SOFT


def codes_in(words: str) -> tuple[str, int | None]:
    """Return the status code and the SMTP code that a server's words begin with or contain: an empty text, None."""
    status, smtp = STATUS_CODE.search(words), SMTP_CODE.search(words)
    return (status[0] if status else ""), (int(smtp[1]) if smtp else None)


def refusal_of(error: Exception) -> tuple[Fault, str]:
    """Return what a server's refusal of a mail says of the address, and the code by which it says so.

    Fault.NONE when it refused anything but the recipient. A refusal after the mail itself is about the address only
    when the status code says so.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        status, _ = codes_in(_text(words))
        return fault_of(status, code), status or str(code)
    if isinstance(error, smtplib.SMTPDataError):
        status, _ = codes_in(_text(error.smtp_error))
        return (fault_of(status), status) if re.search(r"\.[12]\.\d+$", status) else (Fault.NONE, "")
    return Fault.NONE, ""


def _text(words: bytes | str) -> str:
    return words.decode("ascii", "replace") if isinstance(words, bytes) else words


def bounces_anew(
    *, first_at: datetime, stopped_at: datetime | None, cleared_at: datetime | None, now: datetime
) -> bool:
    """Return whether an address is counted anew: staff have cleared it, or its soft bounces are long ago."""
    return cleared_at is not None or (stopped_at is None and now - first_at > SOFT_SPAN)


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
