"""Write that a mail came back: of its message, of its address, and how far a mailbox was read."""

from datetime import datetime

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from notifications.models import Bounce, BounceMailbox, Notification
from notifications.rules import SOFT_BOUNCES, Fault, bounces_anew
from notifications.ways import other_way

log = structlog.get_logger()

# A worker may have died after the server took a mail and before it was marked: such a message was tried as well.
WAS_SENT = Q(status__in=[Notification.Status.SENT, Notification.Status.SENDING]) | Q(
    status=Notification.Status.QUEUED, attempts__gt=0
)


def take(notification: Notification, fault: Fault, code: str) -> None:
    """Count what a bounce says of the address, and send the message that failed another way."""
    if fault is not Fault.NONE:
        count_bounce(notification, fault, code, now=timezone.now())
    send_other_way(notification)


def fail_sent(pk: int, cause: str) -> Notification | None:
    """Write that a mail came back; return its message, or None when none was sent or this was written before."""
    sent = Notification.objects.filter(WAS_SENT, pk=pk, channel=Notification.Channel.EMAIL)
    if not sent.update(status=Notification.Status.FAILED, lease_until=None, last_error=cause[:200]):
        return None
    return Notification.objects.get(pk=pk)


def count_bounce(notification: Notification, fault: Fault, code: str, *, now: datetime) -> None:
    """Count a bounce of the message's address, and stop the mail to it when it is a hard one or one too many."""
    kind = Bounce.Kind.HARD if fault is Fault.HARD else Bounce.Kind.SOFT
    first = {"kind": kind, "status_code": code[:12], "first_at": now, "last_at": now, "notification": notification}
    if kind == Bounce.Kind.HARD:
        first["stopped_at"] = now
    bounce, is_new = Bounce.objects.get_or_create(address=notification.recipient.lower(), defaults=first)
    if is_new:
        return
    bounce = Bounce.objects.select_for_update(no_key=True).get(pk=bounce.pk)
    if bounces_anew(first_at=bounce.first_at, stopped_at=bounce.stopped_at, cleared_at=bounce.cleared_at, now=now):
        bounce.kind, bounce.count, bounce.first_at, bounce.cleared_at = kind, 0, now, None
    bounce.count += 1
    bounce.kind = Bounce.Kind.HARD if Bounce.Kind.HARD in (kind, bounce.kind) else Bounce.Kind.SOFT
    if bounce.kind == Bounce.Kind.HARD or bounce.count >= SOFT_BOUNCES:
        bounce.stopped_at = bounce.stopped_at or now
    bounce.status_code, bounce.last_at, bounce.notification = code[:12], max(now, bounce.first_at), notification
    bounce.save()


def send_other_way(notification: Notification) -> None:
    """Queue a mail that came back by another way, where the person has one. A second call changes nothing."""
    try:
        with transaction.atomic():
            way = other_way(notification)
    except SoftTimeLimitExceeded:
        raise
    except Exception:  # whatever the words of one message do, that it failed is written
        log.exception("other_way_not_found", notification=notification.pk, kind=notification.kind)
        return
    if way is not None:
        again = Notification(
            kind=notification.kind,
            channel=way.channel,
            recipient=way.recipient,
            language=notification.language,
            context=notification.context,
            priority=notification.priority,
            dedupe_key=f"{notification.dedupe_key}:{way.channel}",
            due_at=Now(),
        )
        Notification.objects.bulk_create([again], ignore_conflicts=True)


def mailbox_row(name: str, uid_validity: int) -> BounceMailbox:
    """Return how far a mailbox was read. When its UIDs count anew, it is read from its beginning again."""
    row, _ = BounceMailbox.objects.get_or_create(name=name)
    anew = BounceMailbox.objects.filter(pk=row.pk).exclude(uid_validity=uid_validity)
    if anew.update(uid_validity=uid_validity, last_uid=0):
        row.refresh_from_db()
    return row


def pass_mail(row: BounceMailbox, uid: int, **counted: int) -> bool:
    """Write that a mail was read; return False when another job has read it. `counted` is added to the columns.

    The update locks the row until the transaction ends: of two jobs at the same mail one gets False.
    """
    unread = BounceMailbox.objects.filter(pk=row.pk, uid_validity=row.uid_validity, last_uid__lt=uid)
    return bool(unread.update(last_uid=uid, **{name: F(name) + count for name, count in counted.items()}))


def count_report(row: BounceMailbox, *, is_ours: bool) -> None:
    """Count a bounce of the mailbox: of a message of ours, or of none."""
    name = "bounced" if is_ours else "unmatched"
    BounceMailbox.objects.filter(pk=row.pk).update(**{name: F(name) + 1})


def note_visit(name: str, *, error: str = "") -> None:
    """Write that a visit to a mailbox ended, or with which kind of error."""
    row, _ = BounceMailbox.objects.get_or_create(name=name)
    ended = {"last_error": error[:200]} if error else {"last_error": "", "read_at": Now()}
    BounceMailbox.objects.filter(pk=row.pk).update(**ended)
