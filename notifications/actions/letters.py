"""Letters: put those that wait into a batch, which is printed as one PDF, and write that a batch was posted."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import audited, record
from notifications import kinds
from notifications.models import LetterBatch, Notification
from ui.errors import PortalError

MOST_LETTERS = 200  # of a batch: as many as one person folds, and one PDF is drawn within a request


class NoLettersWait(PortalError):
    """Nothing waits to be printed."""


@audited("letters.batch")
def make_batch(*, by: AbstractBaseUser | None) -> LetterBatch:
    """Put the letters that wait, the most urgent first and at most MOST_LETTERS, into a batch; return it.

    A letter is in one batch at most, also when two people do it at once. Letters that are not needed any more are
    cancelled. Raises NoLettersWait.
    """
    rows = _locked(_waiting_letters())
    stale = [row.pk for row in rows if kinds.get(row.kind).context_for(row) is None]
    Notification.objects.filter(pk__in=stale).update(status=Notification.Status.CANCELLED)
    if len(stale) == len(rows):
        raise NoLettersWait(_("No letter waits to be printed."))
    batch = LetterBatch.objects.create(made_by_id=by.pk if by else None, count=len(rows) - len(stale))
    held = [row.pk for row in rows if row.pk not in stale]
    _waiting_letters().filter(pk__in=held).update(letter_batch=batch)
    record(by=by, subject=batch, reason=str(batch.count))
    return batch


def _waiting_letters() -> QuerySet[Notification]:
    return Notification.objects.filter(
        channel=Notification.Channel.LETTER, status=Notification.Status.QUEUED, letter_batch=None
    )


def _locked(waiting: QuerySet[Notification]) -> list[Notification]:
    rows = waiting.select_for_update(skip_locked=True, no_key=True)
    return list(rows.order_by("priority", "due_at", "pk")[:MOST_LETTERS])


@audited("letters.post", subject="batch")
def post_batch(*, batch: LetterBatch, by: AbstractBaseUser | None) -> None:
    """Write that the letters of a batch were posted. A second call changes nothing.

    A letter that is not needed any more is cancelled: its page says that it is not to be posted.
    """
    held = LetterBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if held.posted_at:
        return
    now = timezone.now()
    letters = held.letters.filter(status=Notification.Status.QUEUED)
    stale = [row.pk for row in letters if kinds.get(row.kind).context_for(row) is None]
    letters.filter(pk__in=stale).update(status=Notification.Status.CANCELLED)
    letters.update(status=Notification.Status.SENT, sent_at=now)
    held.posted_at, held.posted_by_id = now, by.pk if by else None
    held.save(update_fields=["posted_at", "posted_by"])
    record(by=by, subject=held)
