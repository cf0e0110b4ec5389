"""What the public pages state, and which messages of the contact form are taken. Nothing is written here."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils.crypto import salted_hmac
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification.rules import allotment_limit_oz
from delivery.rules import policy_on
from pages.models import ContactMessage
from ui.errors import PortalError

COUNTED_OVER = timedelta(hours=1)
MOST_FROM_ADDRESS = 5
MOST_FROM_EMAIL = 3

DAYS = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)
DAYS_PLURAL = (
    gettext_lazy("Mondays"),
    gettext_lazy("Tuesdays"),
    gettext_lazy("Wednesdays"),
    gettext_lazy("Thursdays"),
    gettext_lazy("Fridays"),
    gettext_lazy("Saturdays"),
    gettext_lazy("Sundays"),
)


class PagesError(PortalError):
    """An expected refusal of this app."""


class TooManyMessages(PagesError):
    """More messages in an hour than one person sends."""


class UnreadableName(PagesError):
    """The name is not one line of text."""


class AlreadyAnswered(PagesError):
    """The message was marked as answered before."""


# --- Answers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WindowTerms:
    """A delivery window of the policy, in local time."""

    starts: time
    ends: time


@dataclass(frozen=True)
class Deadline:
    """The last moment to order for a window of one delivery day, in local time."""

    day: str
    starts: time
    order_by_day: str
    order_by: time


@dataclass(frozen=True)
class Terms:
    """The figures that the public pages state, as they are in force on one day."""

    days: str
    windows: list[WindowTerms]
    deadlines: list[Deadline]
    minimum_cents: int
    lead_hours: int
    radius_miles: int | None
    origin_zip: str
    allotment_oz: Decimal

    @property
    def starts(self) -> time:
        return self.windows[0].starts

    @property
    def ends(self) -> time:
        return self.windows[-1].ends


def terms_on(day: date) -> Terms:
    """Delivery and allotment as they are in force on `day`; the pages state no figure of their own."""
    policy = policy_on(day)
    windows = [WindowTerms(time.fromisoformat(starts), time.fromisoformat(ends)) for starts, ends in policy.windows]
    return Terms(
        days=get_text_list([str(DAYS_PLURAL[weekday]) for weekday in policy.days_of_week], _("and")),
        windows=windows,
        deadlines=[
            _deadline(weekday, window.starts, policy.lead_hours)
            for weekday in policy.days_of_week
            for window in windows
        ],
        minimum_cents=policy.minimum_cents,
        lead_hours=policy.lead_hours,
        radius_miles=policy.radius_miles,
        origin_zip=policy.origin_zip,
        allotment_oz=allotment_limit_oz(day).normalize(),
    )


def _deadline(weekday: int, starts: time, lead_hours: int) -> Deadline:
    monday = datetime(2024, 1, 1)  # noqa: DTZ001  any Monday far from a change of the clocks: only its weekday is used
    closes = datetime.combine(monday + timedelta(days=weekday), starts) - timedelta(hours=lead_hours)
    return Deadline(str(DAYS[weekday]), starts, str(DAYS[closes.weekday()]), closes.time())


def address_digest(address: str | None) -> str:
    """A keyed digest under which the messages of one network address are counted, in hex; "" without an address."""
    return salted_hmac("pages.address", address, algorithm="sha256").hexdigest() if address else ""


def content_digest(*, name: str, email: str, message: str) -> str:
    """A keyed digest that tells whether the same form came twice, in hex."""
    return salted_hmac("pages.content", "\0".join([name, email, message]), algorithm="sha256").hexdigest()


# --- Checks ---------------------------------------------------------------------------------------------------------


def check_name_is_one_line(name: str) -> None:
    """No line breaks or other control characters, which could forge a header of a mail; raises UnreadableName."""
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", name):
        raise UnreadableName(_("Enter your name on one line, as letters and spaces."), field="name")


def check_not_too_many_messages(*, address: str, email: str, now: datetime) -> None:
    """At most 5 messages from an address (a digest, or "") and 3 from an e-mail in a rolling hour.

    Raises TooManyMessages.
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


def check_message_is_open(message: ContactMessage) -> None:
    """Not answered yet; raises AlreadyAnswered."""
    if not message.is_open:
        raise AlreadyAnswered(_("This message was marked as answered before."))
