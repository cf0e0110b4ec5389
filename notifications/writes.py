"""Claim messages of the outbox, and write what became of them. The clock of the database alone counts.

A worker's clock may be wrong. So leases and pauses begin and end by the clock that all workers share.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from notifications import kinds, sql
from notifications.addressees import addressee_of
from notifications.models import Notification
from notifications.ways import Way, way_to

log = structlog.get_logger()
LEASE = timedelta(minutes=5)  # longer than a worker's hard time limit, so no two workers hold the same row
# A message that was never tried is due, whatever a clock says that was set back since.
IS_DUE = Q(due_at__lte=Now()) | Q(attempts=0, last_error="")


def claim(*, priorities: range, limit: int, channel: str = Notification.Channel.EMAIL) -> list[Notification]:
    """Claim up to `limit` messages of a channel that are due, for LEASE.

    What a dead worker left comes first, then the others by urgency and age.

    What a dead worker left is claimed one by one and counted (`lost_workers`): one of these messages may have killed
    it, and a claim of the whole batch would count the others with it. Messages that another worker claims at this
    moment are skipped.
    """
    mails = Notification.objects.filter(channel=channel, priority__gte=priorities.start, priority__lt=priorities.stop)
    abandoned = mails.filter(status=Notification.Status.SENDING, lease_until__lt=Now())
    waiting = mails.filter(IS_DUE, status=Notification.Status.QUEUED)
    with transaction.atomic():
        if limit > 0 and (left := _locked(abandoned, 1)):
            return _lease(abandoned, left, lost_workers=F("lost_workers") + 1)
        return _lease(waiting, _locked(waiting, limit))


def _lease(found: QuerySet[Notification], keys: list[int], **changes: Any) -> list[Notification]:
    """Give these messages a lease; return those that are still `found` (SQLite knows no row locks)."""
    lease_until = sql.database_now() + LEASE
    found.filter(pk__in=keys).update(
        status=Notification.Status.SENDING, lease_until=lease_until, attempts=F("attempts") + 1, **changes
    )
    claimed = Notification.objects.filter(lease_until=lease_until).in_bulk(keys)
    return [claimed[key] for key in keys if key in claimed]


def _locked(found: QuerySet[Notification], limit: int) -> list[int]:
    if limit <= 0:
        return []
    rows = found.select_for_update(skip_locked=True, no_key=True)
    return list(rows.order_by("priority", "due_at", "pk").values_list("pk", flat=True)[:limit])


def mark(notification: Notification, **changes: Any) -> bool:
    """Write `changes` to a message while this worker still has its lease; return whether it has."""
    held = Notification.objects.filter(pk=notification.pk, lease_until=notification.lease_until)
    return bool(held.update(lease_until=None, **changes))


def mark_sent(notification: Notification, message_id: str) -> None:
    """Write that the server has the message, and erase its one-time link."""
    if notification.lease_until:
        sql.mark_sent(notification.pk, notification.lease_until, message_id)


def mark_again(notification: Notification, cause: str, pause: timedelta, *, counts: bool = True) -> None:
    """Queue a message for another try after a pause; without `counts` the last try is not counted."""
    mark(
        notification,
        status=Notification.Status.QUEUED,
        attempts=notification.attempts - (0 if counts else 1),
        due_at=Now() + pause,
        last_error=cause,
    )


def mark_failed(notification: Notification, cause: str) -> bool:
    """Write that no further try is made; return whether this worker still has the message."""
    return mark(notification, status=Notification.Status.FAILED, last_error=cause)


def give_back(notifications: Collection[Notification]) -> None:
    """Queue claimed messages that were not tried, so that another worker sends them at once."""
    if not notifications:
        return
    (lease_until,) = {notification.lease_until for notification in notifications}
    held = Notification.objects.filter(pk__in=[row.pk for row in notifications], lease_until=lease_until)
    held.update(status=Notification.Status.QUEUED, lease_until=None, attempts=F("attempts") - 1)


def send_another_way(notification: Notification, cause: str = "") -> None:
    """Queue a text that this worker holds, or that waits, as a mail, or as a call to a person whom no mail reaches."""
    way = _other_way(notification)
    Notification.objects.filter(
        pk=notification.pk,
        channel=Notification.Channel.SMS,
        status=notification.status,
        lease_until=notification.lease_until,
    ).update(
        status=Notification.Status.QUEUED,
        channel=way.channel,
        recipient=way.recipient,
        lease_until=None,
        attempts=0,
        due_at=Now(),
        last_error=cause,
    )


def _other_way(notification: Notification) -> Way:
    """Return the way to the person without a text. Whom nobody finds is called at the number of the text."""
    try:
        words = kinds.get(notification.kind).context_for(notification)
        person = addressee_of(notification, words) if words else None
    except Exception:  # whatever one kind does, no message is lost
        log.exception("addressee_not_found", notification=notification.pk, kind=notification.kind)
        person = None
    return way_to(email=person.email if person else "", phone=notification.recipient)
