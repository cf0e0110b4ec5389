"""Every night: registrations that have ended or soon will, physicians whose last day has passed, rosters grown old."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple
from uuid import uuid4

from django.db.models import F, Q
from django.utils import timezone

from accounts import rules
from accounts.models import Physician, Registration, User
from audit.actions import audited, record
from notifications.actions import queue_many

BATCH = 500  # physicians whose rows are held and written at once


class Recheck(NamedTuple):
    """What one night found: ends that have passed and ends to come, by kind of registration, and who has left."""

    ended: Mapping[str, int]
    ending: Mapping[str, int]
    left: int


@audited("registration.recheck")
def recheck_registrations(*, today: date, by: User | None) -> Recheck:
    """Tell each physician once of an end that passed (within 30 days) or comes (within 60), and the Registrars once.

    One mail a physician and run, one to each Registrar, however many ended; all of it or nothing. Run again, it tells
    what it newly finds, and nothing twice. Nothing stops here: whether a registration counts on a day is asked when
    she certifies.
    """
    ended = _tell("registration_ended", "told_end_date", _ended(today), by=by)
    ending = _tell("registration_ending", "warned_end_date", _ending(today), by=by)
    found = Recheck(ended, ending, _close_left(today, by=by))
    _tell_registrars(found, today, by=by)
    if any(found):
        numbers = f"{ended.total()} ended, {ending.total()} ending, {found.left} left"
        record(by=by, reason=numbers)
    return found


def _ended(today: date) -> Q:
    return Q(expires_date__lte=today, expires_date__gt=today - rules.ENDED_TOLD_WITHIN)


def _ending(today: date) -> Q:
    return Q(expires_date__gt=today, expires_date__lte=today + rules.WARN_BEFORE_END)


def _tell(kind: str, mark: str, ends: Q, *, by: User | None) -> Counter[str]:
    """Queue a mail of `kind` for ends that `mark` does not name yet, and name them; how many, by kind."""
    verified = Q(physician__status=Physician.Status.VERIFIED)
    due = Registration.objects.filter(ends & verified).exclude(**{mark: F("expires_date")})
    physicians = list(due.order_by("physician").values_list("physician", flat=True).distinct())
    counted: Counter[str] = Counter()
    for start in range(0, len(physicians), BATCH):
        batch = Physician.objects.filter(pk__in=physicians[start : start + BATCH]).order_by("pk")
        locked = {physician.pk: physician for physician in batch.select_for_update(no_key=True, of=("self",))}
        rows = list(due.filter(physician__in=locked).order_by("physician", "pk"))  # read again, now that they are held
        queue_many(messages=_messages(kind, rows, locked), by=by)
        Registration.objects.filter(pk__in=[row.pk for row in rows]).update(**{mark: F("expires_date")})
        counted.update(row.kind for row in rows)
    return counted


def _messages(kind: str, rows: Iterable[Registration], physicians: Mapping[int, Physician]) -> list[dict[str, Any]]:
    messages = []
    for physician, own in groupby(rows, key=lambda row: row.physician_id):
        ids, ends = zip(*((row.pk, row.expires_date) for row in own), strict=True)
        messages.append(
            {
                "kind": kind,
                "recipient": physicians[physician].email,
                "context": {"registrations": ids},
                "dedupe_key": f"{kind}:{ids[0]}:{ends[0]}",
            }
        )
    return messages


def _close_left(today: date, *, by: User | None) -> int:
    """The announced last day has passed."""
    ready = Physician.objects.filter(left_date__lte=today).exclude(status=Physician.Status.LEFT).order_by("pk")
    leaving = list(ready.select_for_update(no_key=True, of=("self",)))
    for physician in leaving:
        physician.status = Physician.Status.LEFT
        physician.save(update_fields=["status"])
        record(action="physician.leave", by=by, subject=physician)
    return len(leaving)


def _tell_registrars(found: Recheck, today: date, *, by: User | None) -> None:
    """What this run found ended, which no other run finds again; and an old roster, once a week."""
    now = timezone.now()
    read_at = rules.old_roster_read_at(now=now)
    if found.ended:
        _summarize(today, key=f"{today}:{uuid4()}", ended=found.ended, by=by)
    if read_at:
        week = f"roster:{read_at:%Y%m%d}:{(now - read_at).days // 7}"
        _summarize(today, key=week, roster_read_on=timezone.localdate(read_at).isoformat(), by=by)


def _summarize(
    today: date, *, key: str, ended: Mapping[str, int] | None = None, roster_read_on: str | None = None, by: User | None
) -> None:
    registrars = User.objects.filter(groups__name="Registrar", is_active=True).order_by("pk")
    queue_many(
        messages=[
            {
                "kind": "registrations_rechecked",
                "recipient": registrar.email,
                "context": {"day": today.isoformat(), "ended": ended or {}, "roster_read_on": roster_read_on},
                "dedupe_key": f"registrations_rechecked:{registrar.pk}:{key}",
            }
            for registrar in registrars
        ],
        by=by,
    )
