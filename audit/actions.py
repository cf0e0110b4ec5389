"""Write events and seals, and make a function of the portal an action."""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextvars import ContextVar
from datetime import timedelta
from functools import partial, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import OperationalError, connection, models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from audit import rules, sql
from audit.context import origin
from audit.models import Event, Seal
from audit.signals import recorded
from ui.errors import PortalError

# PostgreSQL: lock_not_available and deadlock_detected. SQLite says it in words.
RETRIED_CODES = {"55P03", "40P01"}


Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Busy(PortalError):
    """Somebody else locked the rows for too long."""


BUSY = gettext_lazy("Somebody else is changing this right now. Please try again in a moment.")

# The name of the action that runs now. An action that calls another one gives way to it until it returns.
_action_now: ContextVar[str] = ContextVar("action_now")


def record(
    *,
    by: AbstractBaseUser | None,
    subject: models.Model | None = None,
    action: str = "",
    outcome: str = Event.Outcome.DONE,
    reason: str = "",
) -> Event:
    """Append one event and return it.

    `action` is the event's name, by default the name that `audited` gave to the action that runs. `by` is the User, or
    None for the portal itself; `subject` a saved row or None. `reason` holds no personal text and is cut at 500
    characters. Raises LookupError where no action runs and no name is given.
    """
    event = _event(by, subject, action, outcome, reason)
    event.save(force_insert=True)
    _tell_after_commit(event)
    return event


def record_many(
    *,
    by: AbstractBaseUser | None,
    subjects: Iterable[models.Model],
    action: str = "",
    outcome: str = Event.Outcome.DONE,
    reason: str = "",
) -> None:
    """Append one event for each subject, as `record` does, in one statement."""
    events = [_event(by, subject, action, outcome, reason) for subject in subjects]
    for event in Event.objects.bulk_create(events, batch_size=500):
        _tell_after_commit(event)


def _event(by: AbstractBaseUser | None, subject: models.Model | None, action: str, outcome: str, reason: str) -> Event:
    came_from = origin.get()
    return Event(
        actor_id=by.pk if by else None,
        role=by.role if by else "system",  # type: ignore[attr-defined] # the leaves do not import accounts.User
        action=action or _action_now.get(),
        subject_type=subject._meta.label_lower if subject else "",
        subject_id=subject.pk if subject else None,
        outcome=outcome,
        reason=reason[:500],
        address=came_from.address,
        session=came_from.session,
        request_id=came_from.request_id,
    )


def _tell_after_commit(event: Event) -> None:
    transaction.on_commit(partial(recorded.send_robust, sender=Event, event=event), robust=True)


def audited(
    name: str, *, subject: str | None = None, atomic: bool = True
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Make a function an action: one transaction, and a refusal recorded after the rollback, before it is raised.

    `name` is the name of the action's event. `subject` is the argument that a refusal is about: its row, when saved,
    becomes the event's subject. The decorated function gets `by=` (a User, or None for the portal itself). A lock
    time-out or a deadlock is tried once more, then raised as `Busy`. With `atomic=False` the function opens its own
    transactions, so that what it writes about a failed try outlives the error.
    """

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(function)
        def action(*args: Arguments.args, **arguments: Arguments.kwargs) -> Result:
            token = _action_now.set(name)
            try:
                return _tried_twice(_in_transaction(function) if atomic else function, *args, **arguments)
            except PortalError as error:
                _record_refusal(error, subject, arguments)
                raise
            finally:
                _action_now.reset(token)

        return action

    return decorate


def _record_refusal(error: PortalError, subject: str | None, arguments: Mapping[str, Any]) -> None:
    row = arguments.get(subject) if subject else None
    row = getattr(row, "audit_subject", row)  # a row that may not be saved names another
    saved = row if row is not None and row.pk else None
    record(by=arguments["by"], subject=saved, outcome=Event.Outcome.REFUSED, reason=type(error).__name__)


def _in_transaction(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    def run(*args: Arguments.args, **arguments: Arguments.kwargs) -> Result:
        with transaction.atomic():
            return function(*args, **arguments)

    return run


def _tried_twice(function: Callable[Arguments, Result], *args: Arguments.args, **arguments: Arguments.kwargs) -> Result:
    """Return what `function` returns; after a lock time-out try once more, unless a transaction of a caller is open."""
    if connection.in_atomic_block:
        return function(*args, **arguments)
    try:
        return function(*args, **arguments)
    except OperationalError as error:
        if not is_lock_trouble(error):
            raise
    try:
        return function(*args, **arguments)
    except OperationalError as error:
        if not is_lock_trouble(error):
            raise
        raise Busy(BUSY) from error


def is_lock_trouble(error: OperationalError) -> bool:
    """Return whether a lock time-out or a deadlock is the cause."""
    return getattr(error.__cause__, "pgcode", None) in RETRIED_CODES or "locked" in str(error)


# --- Seals ---------------------------------------------------------------------------------------------------------

EVENTS_A_SEAL = 10_000
RANGES_A_QUERY = 100
# No transaction runs this long: an id that is missing beside an older event will not come any more.
LONGEST_TRANSACTION = timedelta(days=1)


def seal(*, by: AbstractBaseUser | None, most: int | None = None) -> int:
    """Seal every event that is committed and under no seal yet; return how many seals were made, at most `most`.

    Ids are given before the commit, so an event may appear below one that is sealed. Such an id stays `awaited` while
    its transaction runs, and the next seal takes the event in. Each seal is made in a transaction of its own.
    """
    made = 0
    while most is None or made < most:
        count = _seal_once()
        if count is None:
            break
        made += 1
        if count < EVENTS_A_SEAL:
            break
    return made


def _seal_once() -> int | None:
    """Make one seal; return its number of events, or None when nothing is to be sealed or another process seals now.

    The order of the three reads matters: what is the highest id, who may hold lower ones, and then the rows. A
    transaction that held a lower id either still runs at the second read or is visible at the third.
    """
    with transaction.atomic():
        if not sql.hold_sealing(connection):
            return None
        before = Seal.objects.order_by("pk").last()
        start = before.last_id if before else 0
        reached = _highest_id(start)
        writers = sql.writers(connection)
        fresh = list(_rows(pk__gt=start, pk__lte=reached)[:EVENTS_A_SEAL])
        late = _late_rows(rules.awaited_ranges(before))
        last = fresh[-1][0] if len(fresh) == EVENTS_A_SEAL else reached
        awaited = rules.still_awaited(before, writers=writers, found=[row[0] for row in late])
        awaited += _new_gaps(fresh, start, last, writers)
        if not fresh and not late and len(awaited) == len(before.awaited if before else []):
            return None
        _write_seal(before, start, last, [*late, *fresh], awaited)
        return len(fresh)


def _highest_id(start: int) -> int:
    events, highest = Event.objects.filter(pk__gt=start), sql.highest_given_id(connection)
    if highest is not None:  # an id that the database never gave would put all that are to come under this seal
        events = events.filter(pk__lte=highest)
    return events.aggregate(highest=models.Max("pk"))["highest"] or start


def _rows(*conditions: Q, **fields: Any) -> QuerySet[Any, Any]:
    return Event.objects.filter(*conditions, **fields).order_by("pk").values_list(*rules.COLUMNS)


def _late_rows(ranges: rules.Ranges) -> list[tuple[Any, ...]]:
    """Return the events that have appeared in these ranges of ids."""
    found: list[tuple[Any, ...]] = []
    for begin in range(0, len(ranges), RANGES_A_QUERY):
        where = Q()
        for first, last in ranges[begin : begin + RANGES_A_QUERY]:
            where |= Q(pk__gte=first, pk__lte=last)
        found += _rows(where)
    return sorted(found)


def _new_gaps(fresh: list[tuple[Any, ...]], start: int, last: int, writers: Collection[str]) -> list[dict[str, Any]]:
    """Return the ids that are missing among `fresh` and may still come, as an entry of `awaited`."""
    if not writers:
        return []
    oldest = timezone.now() - LONGEST_TRANSACTION
    recent = [row[0] for row in fresh if row[1] > oldest]
    after = fresh[-len(recent) - 1][0] if len(recent) < len(fresh) else start
    gaps = list(rules.gaps_between(recent, after=after, until=last))
    return [{"ids": gaps, "writers": sorted(writers)}] if gaps else []


def _write_seal(
    before: Seal | None, start: int, last: int, rows: list[tuple[Any, ...]], awaited: list[dict[str, Any]]
) -> None:
    digests = {row[0]: rules.row_digest(row) for row in rows}
    Seal.objects.create(
        first_id=start + 1,
        last_id=last,
        count=len(rows),
        rows_digest=rules.rows_digest(digests.values()),
        previous_digest=rules.seal_digest(before) if before else "",
        fingerprints=rules.packed(digests),
        awaited=awaited,
    )


def keep_seal_outside(*, path: str | Path, by: AbstractBaseUser | None) -> str | None:
    """Append the newest seal's digest to a file, unless it is the last line there; return the line, or None.

    Raises OSError where the file cannot be written. Keep the file on another machine, or where the owner of the
    database cannot write: whoever rewrites events and seals is found by it alone.
    """
    newest = Seal.objects.order_by("pk").last()
    line = newest and rules.outside_line(newest)
    if line and _last_line(Path(path)) != line:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
        return line
    return None


def _last_line(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 1_000))
        return (file.read().decode(errors="replace").splitlines() or [""])[-1]
