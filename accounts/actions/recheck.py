"""Each night: registrations that have ended or will soon, physicians whose last day has passed, old rosters."""

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
    """The result of one night: ended and soon ending registrations by kind, and the number of physicians who left."""

    ended: Mapping[str, int]
    ending: Mapping[str, int]
    left: int


@audited("registration.recheck")
def recheck_registrations(*, today: date, by: User | None) -> Recheck:
    """Notify physicians of registrations that ended or will end soon, and Registrars of those that ended.

    An end is announced once: within 60 days before it, and within 30 days after it. Each physician gets one message
    in a run, and each Registrar one, however many registrations ended. A second run announces only what is new. All is
    written or nothing. No registration changes: whether it counts is asked on the day of a certification.
    """
    ended = _notify_physicians("registration_ended", "told_end_date", _ended_lately(today), by=by)
    ends_soon = rules.registrations_ending_soon(today=today)
    ending = _notify_physicians("registration_ending", "warned_end_date", ends_soon, by=by)
    found = Recheck(ended, ending, _close_left(today, by=by))
    _notify_registrars(found, today, by=by)
    if any(found):
        numbers = f"{ended.total()} ended, {ending.total()} ending, {found.left} left"
        record(by=by, reason=numbers)
    return found


def _ended_lately(today: date) -> Q:
    """Return a filter of registrations whose end is still news."""
    return rules.registrations_ended(today=today) & Q(expires_date__gt=today - rules.ENDS_ANNOUNCED_WITHIN)


def _notify_physicians(kind: str, mark: str, ends: Q, *, by: User | None) -> Counter[str]:
    """Queue messages of `kind` about ends that the column `mark` does not hold yet; return how many, by registration.

    Afterwards `mark` holds the ends, so that no later run announces them again.
    """
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
    """Give the status "left practice" to physicians whose announced day has come; return how many."""
    left = Physician.objects.filter(rules.physicians_left_on(today)).exclude(status=Physician.Status.LEFT)
    leaving = list(left.order_by("pk").select_for_update(no_key=True, of=("self",)))
    for physician in leaving:
        physician.status = rules.PHYSICIAN_MOVES["leave"].to
        physician.save(update_fields=["status"])
        record(action="physician.leave", by=by, subject=physician)
    return len(leaving)


def _notify_registrars(found: Recheck, today: date, *, by: User | None) -> None:
    """Queue messages about what this run found ended and, once a week, about an old roster."""
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
