"""Which messages of the contact form are accepted. Nothing is written here."""

import re
from datetime import datetime, time, timedelta

from django.utils.crypto import salted_hmac
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.models import User
from pages.models import ContactAnswer, ContactMessage
from ui.errors import PortalError
from ui.templatetags.portal import moment

COUNTED_OVER = timedelta(hours=1)
MOST_FROM_ADDRESS = 5
MOST_FROM_EMAIL = 3
MORNING = (time(7), time(12))  # in New York: when staff are told what waits, also by a run that comes late
EVENING = (time(17), time(22))
SATURDAY = 5


class PagesError(PortalError):
    """An expected refusal of this app."""


class TooManyMessages(PagesError):
    """Somebody has sent more messages in an hour than one person sends."""


class UnreadableName(PagesError):
    """The name is not one line of text."""


class AnsweredMeanwhile(PagesError):
    """Somebody has answered the message since the page of the answer was opened."""


class TakenByAnother(PagesError):
    """Somebody else has taken the message."""


class TakenByNobody(PagesError):
    """Nobody has taken the message, so nobody can give it back."""


# --- Answers --------------------------------------------------------------------------------------------------------


def address_digest(address: str | None) -> str:
    """Return a keyed digest of a network address, in hex, to count its messages; "" without an address."""
    return salted_hmac("pages.address", address, algorithm="sha256").hexdigest() if address else ""


def content_digest(*, name: str, email: str, message: str) -> str:
    """Return a keyed digest of a message, in hex, to notice when the same form is sent twice."""
    return salted_hmac("pages.content", "\0".join([name, email, message]), algorithm="sha256").hexdigest()


def staff_name(user: User) -> str:
    """Return what staff call each other: the first name, or the e-mail address."""
    return user.first_name or user.email


def summary_due(now: datetime, *, delivers_tomorrow: bool) -> str | None:
    """Return which message to staff is due: "morning" on weekdays, "evening" before a delivery day, or None."""
    local = localtime(now)
    if MORNING[0] <= local.time() < MORNING[1] and local.weekday() < SATURDAY:
        return "morning"
    return "evening" if delivers_tomorrow and EVENING[0] <= local.time() < EVENING[1] else None


# --- Checks ---------------------------------------------------------------------------------------------------------


def check_name_is_one_line(name: str) -> None:
    """Raise UnreadableName for a line break or another control character: it could forge a header of a mail."""
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", name):
        raise UnreadableName(_("Enter your name on one line, as letters and spaces."), field="name")


def check_not_too_many_messages(*, address: str, email: str, now: datetime) -> None:
    """Raise TooManyMessages after 5 messages from a network address or 3 from an e-mail address in the last hour.

    `address` is a digest of the network address, or "".
    """
    recent = ContactMessage.objects.since(now - COUNTED_OVER)
    from_address = recent.filter(address_digest=address).count() if address else 0
    if from_address >= MOST_FROM_ADDRESS or recent.filter(email=email).count() >= MOST_FROM_EMAIL:
        raise TooManyMessages(
            _(
                "We have received several messages from you in the last hour, and this one was not sent. "
                "Your text is still here: send it again in an hour, or call us now."
            )
        )


def check_answers_were_seen(answers: list[ContactAnswer], *, seen: int) -> None:
    """Raise AnsweredMeanwhile when there are more answers than the `seen` first ones that the page showed."""
    if len(answers) > seen:
        latest = answers[-1]
        words = {"who": staff_name(latest.by), "way": latest.get_way_display(), "when": moment(latest.created_at)}
        raise AnsweredMeanwhile(
            _(
                "%(who)s answered this message %(way)s on %(when)s, while you were writing. Read that answer on this "
                "page. Your text is still here and was not sent: you can send it as a further answer."
            )
            % words
        )


def check_nobody_has_it(message: ContactMessage, *, but: User) -> None:
    """Raise TakenByAnother when the message belongs to somebody other than `but`."""
    if message.owner and message.owner != but:
        words = {"who": staff_name(message.owner)}
        raise TakenByAnother(_("%(who)s has taken this message. It has to be given back first.") % words)


def check_somebody_has_it(message: ContactMessage) -> None:
    """Raise TakenByNobody when the message belongs to nobody."""
    if message.owner is None:
        raise TakenByNobody(_("Nobody has this message: it was given back before."))
