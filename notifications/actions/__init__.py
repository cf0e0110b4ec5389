"""Queue messages in the caller's transaction, and send each mail and each text that is due once.

What staff do about calls, letters and texts stands in the modules beside.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import audited, record
from notifications import bounced, emails, kinds, sql, texts, waking, writes
from notifications.connections import Line
from notifications.gateways import Text, TextLine
from notifications.kinds import Words
from notifications.models import Notification
from notifications.rules import (
    MOST_ATTEMPTS,
    WORKER_LOST,
    Fault,
    Trouble,
    cause_of,
    is_deadly,
    pause_after,
    refusal_of,
    trouble_of,
)
from notifications.signals import tried
from ui.errors import PortalError

BATCH = 100
BATCH_WITHIN = timedelta(minutes=4)  # less than the lease by more than one mail may take
AGAIN_AFTER = timedelta(minutes=1)  # the next sweep
FOREVER = timedelta(days=365)
ALL = range(0, 1_000)
URGENT, BULK = range(0, Notification.BULK), range(Notification.BULK, 1_000)
SEND_BULK, SEND_TEXTS = "notifications.send_bulk", "notifications.send_texts"
# A text that the provider has not taken by then goes another way. It is longer than the quiet hours.
TEXT_WAITS_AT_MOST = timedelta(hours=12)
log = structlog.get_logger()


class TooLate(PortalError):
    """The message was sent or cancelled meanwhile."""


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
    priority: int = Notification.URGENT,
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
    rows = [Notification(due_at=Now(), **message) for message in messages]
    Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    transaction.on_commit(_wake_sender)
    if any(row.channel == Notification.Channel.SMS for row in rows):
        transaction.on_commit(partial(_wake_sender, SEND_TEXTS))


def queue_selected(*, messages: Iterable[QuerySet[Any, Any]], by: AbstractBaseUser | None) -> int:
    """Write the messages that queries select, one statement for each; return how many are new.

    Each query selects the columns `sql.SELECTED`. The bulk sender is woken once, when there is a new message.
    """
    new = sum(sql.insert_selected(selected) for selected in messages)
    if new:
        transaction.on_commit(partial(_wake_sender, SEND_BULK))
    return new


def _wake_sender(task: str = "notifications.send_due") -> None:
    """Wake a sender. Without Redis this process sends, and a visitor waits for it: one batch of what is urgent."""
    if not current_app.conf.task_always_eager:
        waking.wake(task)
    elif task != SEND_BULK:
        current_app.tasks[task].delay(limit=BATCH)


def _never() -> bool:
    return False


def send_due(
    *,
    by: AbstractBaseUser | None,
    channel: str = Notification.Channel.EMAIL,
    limit: int | None = BATCH,
    priorities: range = ALL,
    within: timedelta = FOREVER,
    is_stopping: Callable[[], bool] = _never,
    then_wake: str = "",
) -> int:
    """Send mails, or the texts of `channel` "sms", that are due, the most urgent and oldest first; return how many.

    At most `limit` messages are tried (None: all), and only those of the given `priorities`. Nothing more is begun when
    the time `within` is over or `is_stopping` is true: what was claimed and not tried is given back. When the time is
    over, the task `then_wake` is sent for the rest.

    A batch is claimed with a lease of 5 minutes and sent over one connection; each message is marked as soon as the
    server has answered. When a worker dies in between, the lease runs out and the one message in its hands is sent
    again under the same Message-ID. When the server is away, the rest waits for the next run. Texts wait in the quiet
    hours, and where they are off.
    """
    is_text = channel == Notification.Channel.SMS
    if is_text and not texts.is_on():
        return 0
    if is_text:
        within = min(within, _until_quiet())
    ends_at = time.monotonic() + within.total_seconds()
    taken = sent = 0
    with TextLine() if is_text else Line() as line:
        while (limit is None or taken < limit) and time.monotonic() < ends_at:
            most = BATCH if limit is None else min(BATCH, limit - taken)
            claimed = writes.claim(channel=channel, priorities=priorities, limit=most)
            batch = (_TextBatch if is_text else _Batch)(line, ends_at, is_stopping)
            sent += batch.send(claimed)
            taken += len(claimed)
            if not claimed or batch.is_over or is_stopping():
                break
            if time.monotonic() >= ends_at:
                if then_wake:
                    _wake_sender(then_wake)
                break
    return sent


def _until_quiet() -> timedelta:
    """Return how long texts may go from now, by the clock of the database; nothing in the quiet hours."""
    now = sql.database_now()
    closes_at = texts.closes_at(now)
    return closes_at - now if closes_at else timedelta()


class _Batch:
    """The mails that one worker has claimed together. `is_over` is whether the mail server is away."""

    def __init__(self, line: Any, ends_at: float, is_stopping: Callable[[], bool]) -> None:
        self.line = line
        self.ends_at = min(ends_at, time.monotonic() + BATCH_WITHIN.total_seconds())
        self.is_stopping = is_stopping
        self.is_over = False
        self.has_sent = False  # since the last trouble with the server

    def send(self, claimed: list[Notification]) -> int:
        """Send the messages; return how many the server took. Those not tried are given back, whatever happens."""
        left, sent = deque(row for row in claimed if not self._is_deadly(row)), 0
        words = self._words_of(left)  # out of time here, the batch keeps its lease: then each is claimed by itself
        try:
            while left and self._may_go_on():
                sent += self._send(left.popleft(), words)
        finally:
            writes.give_back(left)
        return sent

    def _may_go_on(self) -> bool:
        return not self.is_over and time.monotonic() < self.ends_at and not self.is_stopping()

    def _is_deadly(self, notification: Notification) -> bool:
        """Return whether the message has ended too many workers; it has then failed."""
        if not is_deadly(notification.lost_workers):
            return False
        log.error("notification_ends_workers", notification=notification.pk, kind=notification.kind)
        writes.mark_failed(notification, WORKER_LOST)
        tried.send_robust(sender=Notification, kind=notification.kind, is_sent=False)
        return True

    def _words_of(self, claimed: Sequence[Notification]) -> dict[int, Words]:
        try:
            return kinds.words_of_many(claimed)
        except SoftTimeLimitExceeded:
            raise
        except Exception:  # one row may be wrong: each message then reads its own words
            log.exception("words_of_many_failed")
            return {}

    def _send(self, notification: Notification, words: dict[int, Words]) -> bool:
        try:
            kind = kinds.get(notification.kind)
            its_words = words[notification.pk] if notification.pk in words else kind.context_for(notification)
            if its_words is None:
                writes.mark(notification, status=Notification.Status.CANCELLED, secret=None)
                return False
            mail = self._build(notification, its_words)
        except SoftTimeLimitExceeded:  # the worker is out of time: the lease runs out, and the next sweep sends it
            raise
        except Exception as error:  # whatever a template does, the other messages still go
            log.exception("notification_not_built", notification=notification.pk, kind=notification.kind)
            return self._failed(notification, error, Trouble.LATER)
        return self._post(notification, mail)

    def _build(self, notification: Notification, words: dict[str, Any]) -> EmailMessage | Text:
        return emails.build(notification, words)

    def _post(self, notification: Notification, mail: EmailMessage | Text) -> bool:
        try:
            self.line.send(mail)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            trouble = trouble_of(error, is_connected=self.line.is_connected)
            log.warning("notification_not_sent", notification=notification.pk, kind=notification.kind,
                        trouble=trouble.name, cause=cause_of(error))  # fmt: skip
            return self._failed(notification, error, trouble)
        writes.mark_sent(notification, emails.message_id_for(notification))
        self.has_sent = True
        tried.send_robust(sender=Notification, kind=notification.kind, is_sent=True)
        return True

    def _failed(self, notification: Notification, error: Exception, trouble: Trouble) -> bool:
        """Write when the message is tried again, if at all; return False."""
        cause, attempts = cause_of(error), notification.attempts
        if trouble in (Trouble.AWAY, Trouble.CUT):
            # A server that takes other mails may hang at one: the others go on, over another connection.
            self.line.close()
            self.is_over, self.has_sent = trouble is Trouble.AWAY or not self.has_sent, False
        if trouble is Trouble.AWAY:
            writes.mark_again(notification, cause, AGAIN_AFTER, counts=False)
        elif trouble is Trouble.REFUSED or (trouble is Trouble.LATER and attempts >= MOST_ATTEMPTS):
            self._give_up(notification, error)
        else:
            writes.mark_again(notification, cause, pause_after(attempts))
        tried.send_robust(sender=Notification, kind=notification.kind, is_sent=False)
        return False

    def _give_up(self, notification: Notification, error: Exception) -> None:
        """Write that the message failed; when its address was refused, that is a bounce like one that comes later."""
        fault, code = refusal_of(error)
        with transaction.atomic():
            if writes.mark_failed(notification, cause_of(error)) and fault is not Fault.NONE:
                bounced.take(notification, fault, code)


class _TextBatch(_Batch):
    """The texts that one worker has claimed together. A text that cannot go becomes a mail or a call."""

    def _build(self, notification: Notification, words: dict[str, Any]) -> Text:
        return emails.build_text(notification, words)

    def _post(self, notification: Notification, mail: EmailMessage | Text) -> bool:
        # Asked once more at the last moment: a STOP may have arrived since the text was queued or claimed.
        if notification.kind not in texts.ANSWERS and not texts.is_agreed(notification.recipient):
            self._go_another_way(notification, "NotAgreed")
            return False
        return super()._post(notification, mail)

    def _failed(self, notification: Notification, error: Exception, trouble: Trouble) -> bool:
        is_late = timezone.now() - notification.created_at > TEXT_WAITS_AT_MOST
        if is_late and trouble is not Trouble.REFUSED:
            self.is_over = trouble is Trouble.AWAY
            trouble = Trouble.REFUSED
        return super()._failed(notification, error, trouble)

    def _give_up(self, notification: Notification, error: Exception) -> None:
        self._go_another_way(notification, cause_of(error))

    def _go_another_way(self, notification: Notification, cause: str) -> None:
        if notification.kind in texts.ANSWERS:
            writes.mark_failed(notification, cause)
        else:
            writes.send_another_way(notification, cause)
            _wake_sender()


@audited("notification.resend", subject="notification")
def resend(*, notification: Notification, reason: str, by: AbstractBaseUser | None) -> None:
    """Queue a mail that has failed again, due at once and with every try ahead of it.

    It keeps its Message-ID. A mail that waits or is being sent stays as it is. Raises TooLate.
    """
    failed = Notification.objects.filter(pk=notification.pk, status=Notification.Status.FAILED)
    if failed.update(status=Notification.Status.QUEUED, attempts=0, lost_workers=0, due_at=Now(), last_error=""):
        record(by=by, subject=notification, reason=reason)
        transaction.on_commit(_wake_sender)
    else:
        _check_is(notification, Notification.Status.QUEUED, Notification.Status.SENDING)


@audited("notification.cancel", subject="notification")
def cancel_message(*, notification: Notification, reason: str, by: AbstractBaseUser | None) -> None:
    """Cancel a mail or a call that waits, or has failed, and erase its one-time link.

    One that was cancelled before stays. Raises TooLate when it was sent or is being sent.
    """
    waits = Notification.objects.filter(
        pk=notification.pk, status__in=[Notification.Status.QUEUED, Notification.Status.FAILED]
    )
    if waits.update(status=Notification.Status.CANCELLED, secret=None):
        record(by=by, subject=notification, reason=reason)
    else:
        _check_is(notification, Notification.Status.CANCELLED)


def _check_is(notification: Notification, *allowed: str) -> None:
    """Raise TooLate, which names the status, when the message has none of the allowed ones now."""
    now = Notification.objects.only("status").get(pk=notification.pk)
    if now.status not in allowed:
        words = _("This message is marked “%(status)s” by now. Nothing was changed.")
        raise TooLate(words % {"status": now.get_status_display()})


def drop_calls(*, by: AbstractBaseUser | None) -> int:
    """Cancel calls, and letters that nobody has printed, that are not needed any more; return how many."""
    by_hand = [Notification.Channel.PHONE, Notification.Channel.LETTER]
    waiting = Notification.objects.filter(channel__in=by_hand, status=Notification.Status.QUEUED, letter_batch=None)
    stale = [row.pk for row in waiting.iterator() if kinds.get(row.kind).context_for(row) is None]
    return waiting.filter(pk__in=stale).update(status=Notification.Status.CANCELLED, secret=None)
