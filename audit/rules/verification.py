"""Whether the events are still those that were sealed. Reads in chunks: a million events take little memory."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from audit.models import Event, Seal
from audit.rules.sealing import (
    COLUMNS,
    Ranges,
    awaited_ranges,
    fingerprints_of,
    is_awaited,
    row_digest,
    rows_digest,
    seal_digest,
)
from audit.sql import highest_given_id

EVENTS_AT_ONCE = 5_000
SEALS_AT_ONCE = 50
# An id is taken within seconds of the time beside it. Clocks of a database that moved may differ by a little.
TOLERANCE = timedelta(minutes=1)


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was sealed: `subject` is "event 17" or "seal 3"."""

    subject: str
    what: str


@dataclass
class Report:
    """The counts of `verify`. They are complete once all problems have been read."""

    events: int = 0
    seals: int = 0
    problems: int = 0
    unsealed: int = 0
    unsealed_since: datetime | None = None


@dataclass
class _Reader:
    """Reads the events in the order of their ids, each once, and holds what must be known of those before."""

    highest: int | None
    newest: datetime | None = None
    pending: dict[int, bytes] = field(default_factory=dict)  # committed after their seal: a later seal must name them
    pending_since: dict[int, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = _in_chunks(Event.objects.values_list(*COLUMNS), EVENTS_AT_ONCE, key=lambda row: row[0])
        self.row = next(self.rows, None)

    def until(self, last: int | None) -> Iterator[tuple[Any, ...]]:
        while self.row is not None and (last is None or self.row[0] <= last):
            yield self.row
            self.row = next(self.rows, None)


def _in_chunks(rows: QuerySet, size: int, *, key: Any) -> Iterator[Any]:
    after = None
    while True:
        chunk = list((rows if after is None else rows.filter(pk__gt=after)).order_by("pk")[:size])
        yield from chunk
        if len(chunk) < size:
            return
        after = key(chunk[-1])


def verify(report: Report, *, outside: dict[int, bytes] | None = None) -> Iterator[Problem]:
    """Yield each event and seal that is not as it was sealed, and count into `report`.

    `outside` holds digests of seals that were kept elsewhere, by seal; each must be the digest that the seal has now.
    """
    for problem in _problems(report, dict(outside or {})):
        report.problems += 1
        yield problem


def _problems(report: Report, outside: dict[int, bytes]) -> Iterator[Problem]:
    reader = _Reader(highest=highest_given_id(connection))
    before: Seal | None = None
    for seal in _in_chunks(Seal.objects.all(), SEALS_AT_ONCE, key=lambda seal: seal.pk):
        yield from _chain_problems(seal, before)
        yield from _outside_problems(seal, outside)
        yield from _event_problems(seal, before, reader, report)
        report.seals += 1
        before = seal
    for pk in sorted(outside):
        yield Problem(f"seal {pk}", "missing: a digest of it was kept outside")
    yield from _unsealed_problems(reader, awaited_ranges(before), report)


# --- Seals ---------------------------------------------------------------------------------------------------------


def _chain_problems(seal: Seal, before: Seal | None) -> Iterator[Problem]:
    if seal.previous_digest != (seal_digest(before) if before else ""):
        name = f"seal {before.pk}" if before else "the first seal"
        yield Problem(
            f"seal {seal.pk}", f"does not follow what stands before it: {name} was altered, or one is missing"
        )
    if seal.first_id != (before.last_id if before else 0) + 1:
        yield Problem(f"seal {seal.pk}", "does not begin where the seal before ends")


def _outside_problems(seal: Seal, outside: dict[int, bytes]) -> Iterator[Problem]:
    stored = outside.pop(seal.pk, None)
    if stored is not None and stored.hex() != seal_digest(seal):
        yield Problem(f"seal {seal.pk}", "altered: its digest is not the one that was kept outside")


# --- Events under a seal -------------------------------------------------------------------------------------------


def _event_problems(seal: Seal, before: Seal | None, reader: _Reader, report: Report) -> Iterator[Problem]:
    try:
        listed = fingerprints_of(seal)
    except struct.error:
        listed = {}
        yield Problem(f"seal {seal.pk}", "altered: its list of events cannot be read")
    found: dict[int, bytes] = {}
    awaited = awaited_ranges(seal)
    for row in reader.until(seal.last_id):
        pk, digest = row[0], row_digest(row)
        yield from _time_problems(row, reader, until=seal.created_at)
        if pk in listed:
            found[pk] = digest
        elif is_awaited(pk, awaited):
            reader.pending[pk], reader.pending_since[pk] = digest, row[1]
        else:
            yield Problem(f"event {pk}", "inserted: it was not there when its seal was made")
    given_up = [pk for pk in listed if pk < seal.first_id and not is_awaited(pk, awaited_ranges(before))]
    for pk in given_up:
        yield Problem(f"event {pk}", f"inserted: seal {seal.pk} names it, and no transaction held its id any more")
    for pk in (pk for pk in listed if pk in reader.pending):
        found[pk] = reader.pending.pop(pk)
        del reader.pending_since[pk]
    yield from _difference_problems(
        seal, {pk: fingerprint for pk, fingerprint in listed.items() if pk not in given_up}, found
    )
    report.events += len(found)
    for pk in [pk for pk in reader.pending if not is_awaited(pk, awaited)]:
        del reader.pending[pk], reader.pending_since[pk]
        yield Problem(f"event {pk}", "inserted: its id was given up before it came")


def _difference_problems(seal: Seal, listed: dict[int, bytes], found: dict[int, bytes]) -> Iterator[Problem]:
    names_one = False
    for pk, fingerprint in listed.items():
        if pk not in found:
            names_one = True
            yield Problem(f"event {pk}", "missing: it was sealed and is gone")
        elif found[pk][:8] != fingerprint:
            names_one = True
            yield Problem(f"event {pk}", "altered: it is not what was sealed")
    digest = rows_digest(found[pk] for pk in sorted(found))
    if not names_one and (digest != seal.rows_digest or len(listed) != seal.count):
        yield Problem(f"seal {seal.pk}", "its digest of the events is not theirs")


def _time_problems(row: tuple[Any, ...], reader: _Reader, *, until: datetime | None) -> Iterator[Problem]:
    """Yield an event whose time does not rise with its id: both are given together."""
    pk, created_at = row[0], row[1]
    if until is not None and created_at > until + TOLERANCE:
        yield Problem(f"event {pk}", f"dated ahead: it says {created_at.isoformat()}, and its seal is older")
        return
    if reader.newest is not None and created_at < reader.newest - TOLERANCE:
        yield Problem(f"event {pk}", f"backdated: it says {created_at.isoformat()}, and an earlier event is newer")
    reader.newest = created_at if reader.newest is None else max(reader.newest, created_at)


# --- Events that no seal covers yet --------------------------------------------------------------------------------


def _unsealed_problems(reader: _Reader, awaited: Ranges, report: Report) -> Iterator[Problem]:
    since = list(reader.pending_since.values())
    report.unsealed = len(since)
    report.unsealed_since = min(since, default=None)
    for row in reader.until(None):
        pk, created_at = row[0], row[1]
        if reader.highest is not None and pk > reader.highest:
            yield Problem(f"event {pk}", "inserted: the database never gave this id")
            continue
        yield from _time_problems(row, reader, until=None)
        report.unsealed += 1
        report.unsealed_since = min(report.unsealed_since or created_at, created_at)
