"""Queue messages in the caller's transaction, and send each message that is due once."""

import smtplib
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from audit.actions import audited, record
from notifications import emails, kinds, sql
from notifications.models import Notification
from notifications.signals import tried

LEASE = timedelta(minutes=5)  # longer than a worker's hard time limit, so no two workers hold the same row
MOST_ATTEMPTS = 6
AGAIN_AFTER = timedelta(minutes=1)  # the next sweep
# The mail server is away, which says nothing about the message. (A refusal of one message is an SMTPException too.)
SERVER_AWAY = (
    ConnectionError, TimeoutError, socket.gaierror, smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError,
)  # fmt: skip
log = structlog.get_logger()


def queue(
    *,
    kind: str,
    recipient: str,
    dedupe_key: str,
    by: AbstractBaseUser | None,
    context: dict[str, Any] | None = None,
    secret: str | None = None,
    channel: str = "email",
    language: str = "en",
    priority: int = 5,
) -> None:
    """Write one message into the outbox, in the caller's transaction; the sender is woken after the commit.

    `context` is JSON of ids, dates and figures (no names); `secret` is a one-time link, encrypted until it is sent. A
    second message with the same `dedupe_key` (at most 200 characters) is dropped, so that a reminder is sent once.
    """
    message = {"kind": kind, "recipient": recipient, "dedupe_key": dedupe_key, "context": context or {}}
    more = {"secret": secret, "channel": channel, "language": language, "priority": priority}
    queue_many(messages=[{**message, **more}], by=by)


def queue_many(*, messages: Iterable[dict[str, Any]], by: AbstractBaseUser | None) -> None:
    """Write many messages, each a dict of the arguments of `queue`; the sender is woken once for all."""
    now = timezone.now()
    rows = [Notification(due_at=now, **message) for message in messages]
    Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    transaction.on_commit(_wake_sender)


def queue_selected(*, messages: Iterable[QuerySet[Any, Any]], by: AbstractBaseUser | None) -> int:
    """Write the messages that queries select, one statement for each; return how many are new.

    Each query selects the columns `sql.SELECTED`. The sender is woken once, when there is a new message.
    """
    new = sum(sql.insert_selected(selected) for selected in messages)
    if new:
        transaction.on_commit(_wake_sender)
    return new


def _wake_sender() -> None:
    """Wake the sender. When Redis is away, the job of every minute sends what is due."""
    try:
        current_app.tasks["notifications.send_due"].delay()
    except (OperationalError, OSError) as error:
        log.warning("sender_not_woken", error=type(error).__name__)


def send_due(*, by: AbstractBaseUser | None, limit: int = 100) -> int:
    """Send up to `limit` messages that are due, the most urgent and oldest first; return how many were sent.

    A conditional update with a lease of 5 minutes claims each message; it is then sent and marked. When a worker dies
    in between, the lease runs out and the message is sent again under the same Message-ID. When the mail server is
    away, the rest waits for the next run: without Redis a visitor's request sends, and would wait for each time-out.
    """
    sent = 0
    for pk in _due(timezone.now()).order_by("priority", "due_at", "pk").values_list("pk", flat=True)[:limit]:
        notification = _claim(pk)
        try:
            sent += bool(notification and _send(notification))
        except SERVER_AWAY:
            break
    return sent


def _due(now: datetime) -> QuerySet[Notification]:
    waiting = Q(status=Notification.Status.QUEUED, due_at__lte=now)
    abandoned = Q(status=Notification.Status.SENDING, lease_until__lt=now)
    return Notification.objects.filter(waiting | abandoned, channel=Notification.Channel.EMAIL)


def _claim(pk: int) -> Notification | None:
    now = timezone.now()
    claimed = (
        _due(now)
        .filter(pk=pk)
        .update(status=Notification.Status.SENDING, lease_until=now + LEASE, attempts=F("attempts") + 1)
    )
    return Notification.objects.get(pk=pk) if claimed else None


def _send(notification: Notification) -> bool:
    try:
        words = kinds.get(notification.kind).context_for(notification)
        if words is None:
            _mark(notification, status=Notification.Status.CANCELLED, secret=None)
            return False
        emails.build(notification, words).send()
    except SoftTimeLimitExceeded:  # the worker is out of time: the lease runs out, and the next sweep sends it
        raise
    except SERVER_AWAY as error:
        log.warning("mail_server_away", notification=notification.pk, error=type(error).__name__)
        _mark_untried(notification, error)
        tried.send_robust(sender=Notification, kind=notification.kind, is_sent=False)
        raise
    except Exception as error:  # whatever a mail server or a template does, the other messages still go
        log.exception("notification_not_sent", notification=notification.pk, kind=notification.kind)
        _mark_failed(notification, error)
        tried.send_robust(sender=Notification, kind=notification.kind, is_sent=False)
        return False
    _mark(
        notification,
        status=Notification.Status.SENT,
        sent_at=timezone.now(),
        message_id=emails.message_id_for(notification),
        secret=None,
    )
    tried.send_robust(sender=Notification, kind=notification.kind, is_sent=True)
    return True


def _mark(notification: Notification, **changes: Any) -> None:
    """Write `changes` to a message while this worker still has its lease."""
    Notification.objects.filter(pk=notification.pk, lease_until=notification.lease_until).update(
        lease_until=None, **changes
    )


def _mark_untried(notification: Notification, error: Exception) -> None:
    """Queue a message again. The try does not count, so that an outage of hours loses no message."""
    _mark(
        notification,
        status=Notification.Status.QUEUED,
        attempts=F("attempts") - 1,
        due_at=timezone.now() + AGAIN_AFTER,
        last_error=type(error).__name__,
    )


def _mark_failed(notification: Notification, error: Exception) -> None:
    over = notification.attempts >= MOST_ATTEMPTS
    _mark(
        notification,
        status=Notification.Status.FAILED if over else Notification.Status.QUEUED,
        due_at=timezone.now() + timedelta(minutes=2**notification.attempts),
        last_error=type(error).__name__,
    )


@audited("notification.call", subject="notification")
def enter_call(*, notification: Notification, by: AbstractBaseUser | None) -> None:
    """Enter that staff have made a call of the call list. A second call of this action changes nothing."""
    called = Notification.objects.filter(pk=notification.pk, status=Notification.Status.QUEUED).update(
        status=Notification.Status.SENT, sent_at=timezone.now(), secret=None
    )
    if called:
        record(by=by, subject=notification)


def drop_calls(*, by: AbstractBaseUser | None) -> int:
    """Take calls that are not needed any more from the call list; return how many."""
    waiting = Notification.objects.filter(channel=Notification.Channel.PHONE, status=Notification.Status.QUEUED)
    stale = [row.pk for row in waiting.iterator() if kinds.get(row.kind).context_for(row) is None]
    return waiting.filter(pk__in=stale).update(status=Notification.Status.CANCELLED, secret=None)
