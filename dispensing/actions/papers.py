"""Long papers: a person asks, a worker makes them, and after a week their content is deleted."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone, translation
from kombu.exceptions import OperationalError

from accounts.models import User
from audit.actions import audited, record
from dispensing import rules
from dispensing.models import Paper, PaperPart
from ui.encryption import encrypt_bytes

LEASE = timedelta(minutes=5)  # renewed with each part; the slowest takes seconds
KEPT = timedelta(days=7)
MOST_ATTEMPTS = 3
PART = 1 << 20  # bytes in one row
Status = Paper.Status
Writers = Mapping[str, Callable[[date, date], Iterable[bytes]]]
log = structlog.get_logger()


class LeaseLost(Exception):
    """Another worker makes this paper now."""


@audited("paper.ask")
def ask_paper(*, kind: str, first: date, last: date, by: User) -> Paper:
    """Ask for a paper of the days from `first` through `last`; a worker is woken after the commit.

    Whoever asks again while theirs is under way gets the same row. Raises PaperError.
    """
    rules.check_paper_days(first, last, today=timezone.localdate())
    same = Paper.objects.filter(kind=kind, first_date=first, last_date=last, asked_by=by)
    waiting = same.filter(status__in=[Status.WAITING, Status.MAKING]).first()
    if waiting:
        return waiting
    paper = Paper.objects.create(kind=kind, first_date=first, last_date=last, asked_by=by)
    record(by=by, subject=paper, reason=f"{kind}, {first} to {last}")
    transaction.on_commit(_wake_worker, robust=True)
    return paper


def _wake_worker() -> None:
    """Wake a worker. Without Redis, the jobs of every minute make the paper, so that no request does."""
    if settings.CELERY_TASK_ALWAYS_EAGER:
        return
    try:
        current_app.send_task("dispensing.make_papers")
    except (OperationalError, OSError) as error:
        log.warning("worker_not_woken", error=type(error).__name__)


@audited("paper.make", atomic=False)
def make_papers(*, writers: Writers, by: User | None) -> int:
    """Make the papers that wait, oldest first, and those that a lost worker has left; return how many were made.

    `writers` gives for each kind the function that yields the paper in parts. A conditional update with a lease of 5
    minutes claims each paper, and each part renews it; a worker that lost it stores nothing more. After three tries a
    paper is given up.
    """
    now = timezone.now()
    _give_up(now)
    due = list(Paper.objects.due(now).order_by("pk").values_list("pk", flat=True))
    return sum(_make(paper, writers) for pk in due if (paper := _claim(pk)))


def _give_up(now: datetime) -> None:
    tried = Paper.objects.due(now).filter(attempts__gte=MOST_ATTEMPTS)
    for pk in tried.values_list("pk", flat=True):
        with transaction.atomic():
            paper = Paper.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
            paper.status, paper.lease_until = Status.FAILED, None
            paper.save(update_fields=["status", "lease_until"])
            paper.parts.all().delete()
            record(by=None, subject=paper, action="paper.fail")


def _claim(pk: int) -> Paper | None:
    now = timezone.now()
    with transaction.atomic():
        claim = {"status": Status.MAKING, "lease_until": now + LEASE, "attempts": F("attempts") + 1}
        if not Paper.objects.due(now).filter(pk=pk).update(**claim):
            return None
        PaperPart.objects.filter(paper=pk).delete()
    return Paper.objects.get(pk=pk)


def _make(paper: Paper, writers: Writers) -> bool:
    """Return whether the paper was made, in English; if not, the next run makes it."""
    try:
        with translation.override("en"):
            digest, size = _write(paper, writers[paper.kind](paper.first_date, paper.last_date))
        _finish(paper, digest, size)
    except LeaseLost:
        return False
    except Exception:  # whatever one paper does, the others are still made
        log.exception("paper_not_made", paper=paper.pk)
        _mine(paper).update(lease_until=timezone.now())
        return False
    return True


def _write(paper: Paper, parts: Iterable[bytes]) -> tuple[str, int]:
    """Store the parts; return the SHA-256 digest of all, and the size in bytes."""
    digest, size = hashlib.sha256(), 0
    for position, part in enumerate(_of_size(parts, PART)):
        _store(paper, position, part)
        digest.update(part)
        size += len(part)
    return digest.hexdigest(), size


def _of_size(parts: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield the same bytes in parts of this size; the last one is shorter."""
    held = bytearray()
    for part in parts:
        held += part
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)


def _mine(paper: Paper) -> QuerySet[Paper]:
    return Paper.objects.filter(pk=paper.pk, status=Status.MAKING, attempts=paper.attempts)


@transaction.atomic
def _store(paper: Paper, position: int, part: bytes) -> None:
    if not _mine(paper).update(lease_until=timezone.now() + LEASE):
        raise LeaseLost
    PaperPart.objects.create(paper=paper, position=position, data=encrypt_bytes(part, context=paper.seal_of(position)))


@transaction.atomic
def _finish(paper: Paper, digest: str, size: int) -> None:
    made = {"status": Status.READY, "made_at": timezone.now(), "lease_until": None, "digest": digest, "size": size}
    if not _mine(paper).update(**made):
        raise LeaseLost
    record(by=None, subject=paper, reason=f"{size} bytes, SHA-256 {digest}")


@audited("paper.delete")
def delete_old_papers(*, now: datetime, by: User | None) -> int:
    """Delete the content of papers that were made more than 7 days ago; the rows stay. Returns how many."""
    due = Paper.objects.filter(status=Status.READY, made_at__lt=now - KEPT)
    old = list(due.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    for paper in old:
        paper.parts.all().delete()
        paper.status = Status.DELETED
        paper.save(update_fields=["status"])
        record(by=by, subject=paper)
    return len(old)
