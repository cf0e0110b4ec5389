"""What a failed try to send a message means, and when the next one is due."""

import smtplib
from datetime import timedelta
from enum import Enum

MOST_ATTEMPTS = 12  # the last about 34 hours after the first
MOST_LOST_WORKERS = 5  # as many workers may die with one message in hand; it is not sent to a sixth
WORKER_LOST = "WorkerLost"  # the cause of a message that ended each worker which had it in hand
LONGEST_PAUSE = timedelta(hours=8)


class Trouble(Enum):
    """The reason why a try to send a message failed, and what follows for the message."""

    AWAY = "the mail server takes no mail: the try does not count"
    CUT = "the server hung or broke off: the message waits longer each time, and never fails for it"
    LATER = "refused for now (4xx), or our own error: another try later, and after MOST_ATTEMPTS it has failed"
    REFUSED = "refused for good (5xx): it has failed"


# Refusals of us, not of the message: who we are, or how we sign in.
OF_US = (
    smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused,
    smtplib.SMTPNotSupportedError,
)  # fmt: skip
CLOSING = 421  # "Service not available, closing": the server stops, whatever it was asked


def is_deadly(lost_workers: int) -> bool:
    """Return whether a message has ended so many workers that nobody should try it again.

    Each time five minutes pass before the next worker takes it, so it fails about 25 minutes after its first try.
    """
    return lost_workers >= MOST_LOST_WORKERS


def trouble_of(error: Exception, *, is_connected: bool) -> Trouble:
    """Return what an error says; `is_connected` is whether the server had taken the connection."""
    if isinstance(error, OF_US):
        return Trouble.AWAY
    if (code := smtp_code(error)) and code != CLOSING:
        return Trouble.REFUSED if 500 <= code < 600 else Trouble.LATER
    if code == CLOSING or isinstance(error, OSError) and not isinstance(error, smtplib.SMTPRecipientsRefused):
        return Trouble.CUT if is_connected else Trouble.AWAY
    return Trouble.LATER


def smtp_code(error: Exception) -> int | None:
    """Return the code with which the server refused, for example 452; None without one."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):  # a mail of ours has one recipient
        return next((code for code, _words in error.recipients.values()), None)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None


def cause_of(error: Exception) -> str:
    """Return the kind of error and its code. The server's words stay out: they may repeat the address."""
    code = smtp_code(error)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def pause_after(attempts: int) -> timedelta:
    """Return how long a message waits after so many tries: 2 minutes, then 4, 8, … up to LONGEST_PAUSE."""
    return min(timedelta(minutes=2 ** min(attempts, 10)), LONGEST_PAUSE)
