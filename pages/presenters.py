"""The figures that the public pages show, and what was said about a message of the contact form."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification.rules import allotment_limit_oz
from delivery.rules import policy_on
from pages.models import ContactAnswer, ContactMessage, ContactNote
from pages.rules import staff_name
from ui.text import plain_figure

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


@dataclass(frozen=True)
class WindowTerms:
    """The hours of a delivery window, in local time."""

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
    """The figures about delivery and allotment that are in force on one day."""

    days: str
    windows: list[WindowTerms]
    deadlines: list[Deadline]
    minimum_cents: int
    lead_hours: int
    radius_miles: int | None
    origin_zip: str
    allotment_oz: str

    @property
    def starts(self) -> time:
        return self.windows[0].starts

    @property
    def ends(self) -> time:
        return self.windows[-1].ends


def terms_on(day: date) -> Terms:
    """Return the figures in force on `day`. The templates contain no figure of their own."""
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
        allotment_oz=plain_figure(allotment_limit_oz(day)),
    )


def _deadline(weekday: int, starts: time, lead_hours: int) -> Deadline:
    """Return the last moment to order for the window that begins at `starts` on a weekday (Monday is 0)."""
    monday = datetime(2024, 1, 1)  # noqa: DTZ001  any Monday far from a clock change: only the weekday counts
    closes = datetime.combine(monday + timedelta(days=weekday), starts) - timedelta(hours=lead_hours)
    return Deadline(str(DAYS[weekday]), starts, str(DAYS[closes.weekday()]), closes.time())


@dataclass(frozen=True)
class Said:
    """An answer or a note: who wrote it, when, and its text. `way` is "" for a note."""

    who: str
    at: datetime
    text: str
    way: str = ""


@dataclass(frozen=True)
class Thread:
    """A message of the contact form, its answers and notes, the oldest first, and who has taken it."""

    number: str
    name: str
    email: str
    received_at: datetime
    text: str
    owner: str
    answers: list[Said]
    notes: list[Said]


def thread_of(message: ContactMessage) -> Thread:
    return Thread(
        number=message.number,
        name=message.name,
        email=message.email,
        received_at=message.created_at,
        text=message.message,
        owner=staff_name(message.owner) if message.owner else "",
        answers=[_said(answer, answer.get_way_display()) for answer in message.answers.select_related("by")],
        notes=[_said(note) for note in message.notes.select_related("by")],
    )


def _said(row: ContactAnswer | ContactNote, way: str = "") -> Said:
    return Said(who=staff_name(row.by), at=row.created_at, text=row.text, way=way)
