"""Read which mails came back, and let mail go again to an address."""

from datetime import timedelta

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import InterfaceError, transaction
from django.db import OperationalError as DatabaseError
from django.utils import timezone

from audit.actions import audited, record
from notifications import bounced
from notifications.mailboxes import Mailbox, MailboxError
from notifications.models import Bounce, BounceMailbox
from notifications.reports import Report, read_report

VISIT_WITHIN = timedelta(seconds=25)  # to the mailbox of bounces: less than a worker's soft time limit
MOST_MAILS = 500  # read in one visit
DATABASE_AWAY = (DatabaseError, InterfaceError)
log = structlog.get_logger()


def read_bounces(*, by: AbstractBaseUser | None, within: timedelta = VISIT_WITHIN) -> int:
    """Read the mails that came back since the last visit to the mailbox; return how many messages of ours they were.

    Each message of ours that could not be delivered has failed, and goes another way. The visit ends after `within` or
    MOST_MAILS; the next one goes on. A server that is away or hangs changes nothing but the mailbox's `last_error`.
    """
    account, found = settings.BOUNCE_MAILBOX, 0
    if account is None:
        return 0
    try:
        with Mailbox(account, within=within.total_seconds()) as mailbox:
            row = bounced.mailbox_row(account["name"], mailbox.uid_validity)
            for uid in mailbox.uids_after(row.last_uid)[:MOST_MAILS]:
                found += _read_bounce(mailbox, row, uid)
    except MailboxError as error:  # its words may name the account
        log.warning("bounces_not_read", cause=type(error).__name__)
        bounced.note_visit(account["name"], error=type(error).__name__)
    else:
        bounced.note_visit(account["name"])
    return found


def _read_bounce(mailbox: Mailbox, row: BounceMailbox, uid: int) -> bool:
    """Read one mail; return whether a message of ours came back in it.

    What it says and that it was read are written together: a worker that dies in between has read nothing, and after
    it nobody reads the mail again. A mail that is no bounce stays as it is, for people to read.
    """
    raw = mailbox.read(uid)
    try:
        report = read_report(raw) if raw else None
        with transaction.atomic():
            if not bounced.pass_mail(row, uid):
                return False
            is_ours = report is not None and _take_report(row, report)
    except (SoftTimeLimitExceeded, *DATABASE_AWAY):
        raise
    except Exception:  # a mail that no parser takes must not stop those behind it
        log.exception("bounce_not_read")
        with transaction.atomic():
            bounced.pass_mail(row, uid, unreadable=1)
        return False
    if report is not None:
        mailbox.mark_read(uid)
    return is_ours


def _take_report(row: BounceMailbox, report: Report) -> bool:
    """Write what a bounce says; return whether it is of a message of ours that had not come back before."""
    cause = f"Bounced {report.code}".strip()
    notification = bounced.fail_sent(report.message, cause) if report.message else None
    if notification:
        bounced.take(notification, report.fault, report.code)
    bounced.count_report(row, is_ours=report.message is not None)
    log.info("bounce_read", is_ours=report.message is not None, is_new=notification is not None, code=report.code)
    return notification is not None


@audited("bounce.clear", subject="bounce")
def clear_bounce(*, bounce: Bounce, reason: str, by: AbstractBaseUser | None) -> None:
    """Let mail go to an address again, from which it came back. Bounces after this count anew."""
    counted = Bounce.objects.filter(pk=bounce.pk, cleared_at=None)
    if counted.update(stopped_at=None, cleared_at=timezone.now()):
        record(by=by, subject=bounce, reason=reason)
