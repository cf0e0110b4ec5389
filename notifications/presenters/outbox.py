"""How many messages wait, since when, and which have failed: for staff, for probes and for metrics."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max
from django.utils.translation import gettext_lazy as _

from notifications import sql
from notifications.models import Bounce, Notification
from notifications.rules import WORKER_LOST

FAILURES_OF = timedelta(days=7)
WAITS, FAILED = "waits", "failed"  # parameters of the list of messages
ANY_CAUSE = "any"
MAIL_QUEUES = {"urgent": _("Urgent messages"), "bulk": _("Reminders and other bulk messages")}
STOPPED = {"stopped_at__isempty": "0"}  # of the list of bounces
OTHER_QUEUES = {
    "texts": (_("Text messages"), Notification.Channel.SMS),
    "calls": (_("Calls to make"), Notification.Channel.PHONE),
    "letters": (_("Letters to post"), Notification.Channel.LETTER),
}


@dataclass(frozen=True)
class Counts:
    """Numbers of messages that wait or failed in 7 days, and of addresses that bounce: MOST_COUNTED + 1 at most."""

    urgent: int
    bulk: int
    texts: int
    calls: int
    letters: int  # that nobody has posted
    failed: int
    bouncing: int  # addresses to which no mail goes, because it came back
    oldest: dict[str, datetime | None]  # by queue

    @property
    def oldest_mail(self) -> datetime | None:
        """Return since when the oldest e-mail waits, or None."""
        waiting = [moment for queue in MAIL_QUEUES if (moment := self.oldest[queue])]
        return min(waiting, default=None)


@dataclass(frozen=True)
class Line:
    """A number of messages or addresses, with a link to the list of them; `since` is when the oldest was written."""

    name: Any
    count: int
    url: str
    since: datetime | None = None

    @property
    def is_more(self) -> bool:
        """Return whether there are more messages than were counted."""
        return self.count > sql.MOST_COUNTED

    @property
    def most_counted(self) -> int:
        return sql.MOST_COUNTED


@dataclass(frozen=True)
class Failure:
    """Messages that failed for the same cause, and when the newest of them was written."""

    cause: str
    count: int
    newest: datetime
    url: str = ""

    @property
    def advice(self) -> Any:
        """Return what the cause means and what staff can do."""
        return advice_on(self.cause)


@dataclass(frozen=True)
class OutboxPage:
    """The page of the outbox: a line for each queue, and one for each cause of failures."""

    now: datetime
    queues: list[Line]
    failures: list[Failure]


def failures_count_from(now: datetime) -> datetime:
    """Return the time from which on failed messages are shown: 7 days ago."""
    return now - FAILURES_OF


def counts(*, now: datetime) -> Counts:
    """Return the figures of the outbox, by three queries that take milliseconds however many messages wait."""
    waiting = sql.waiting()
    failed = Notification.objects.failed_since(failures_count_from(now))[: sql.MOST_COUNTED + 1].count()
    bouncing = Bounce.objects.stopped()[: sql.MOST_COUNTED + 1].count()
    numbers = {queue: count for queue, (count, _oldest) in waiting.items()}
    return Counts(
        **numbers,
        failed=failed,
        bouncing=bouncing,
        oldest={queue: oldest for queue, (_count, oldest) in waiting.items()},
    )


def failures(*, now: datetime, list_url: str = "") -> list[Failure]:
    """Return the failures of the last 7 days by cause, the most frequent cause first."""
    failed = Notification.objects.failed_since(failures_count_from(now)).values_list("last_error").order_by()
    grouped = failed.annotate(count=Count("pk"), newest=Max("created_at")).order_by("-count", "last_error")
    return [Failure(cause, count, newest, _list(list_url, {FAILED: cause})) for cause, count, newest in grouped]


def outbox_page(*, now: datetime, list_url: str, bounces_url: str) -> OutboxPage:
    """Return what the page of the outbox shows; the addresses are those of the lists of messages and of bounces."""
    found = counts(now=now)
    queues = [
        Line(name, getattr(found, queue), _list(list_url, {WAITS: queue}), found.oldest[queue])
        for queue, name in MAIL_QUEUES.items()
    ]
    for queue, (name, channel) in OTHER_QUEUES.items():
        asked = {"status__exact": Notification.Status.QUEUED, "channel__exact": channel}
        queues.append(Line(name, getattr(found, queue), _list(list_url, asked), found.oldest[queue]))
    bouncing = Line(_("Addresses from which mail comes back"), found.bouncing, f"{bounces_url}?{urlencode(STOPPED)}")
    return OutboxPage(now, [*queues, bouncing], failures(now=now, list_url=list_url))


def advice_on(cause: str) -> Any:
    """Return what a cause (`notifications.rules.cause_of`) means, and what to do."""
    code = re.search(r" ([45])\d\d$", cause)
    if cause == WORKER_LOST:
        return _("Each worker that sent it ended before the mail server had answered. Tell the operators.")
    if code and code[1] == "5":
        return _("The mail server refuses it for good. Correct the address of the person, then send it again.")
    if code:
        return _("The mail server refused it for a day and a half, as a full mailbox does. Call the person.")
    return _("An error of the portal, or of its connection to the mail server. Tell the operators.")


def _list(list_url: str, query: dict[str, Any]) -> str:
    return f"{list_url}?{urlencode(query)}"
