"""Fixtures whose rows are shared by tests that follow each other, instead of written for each.

`@shared` replaces `@pytest.fixture`. What a fixture wrote stays in a savepoint around the tests that ask for it; a test
that does not ask for it never sees it, because the savepoint is rolled back before. Each test gets a new copy of what
the fixture returned, so nothing that a test does to it reaches another test. A test of real transactions makes
everything anew.

A fixture of this kind may ask for others of its kind, and for the clock `monday`. It changes nothing but rows.
"""

import copy
import inspect
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)


@dataclass
class _Made:
    """A fixture that has been made: its savepoint, and how it left the world."""

    function: Callable
    savepoint: ExitStack
    values: dict  # of this fixture and of all before it, as they were when this one had been made
    now: datetime | None  # by the clock `monday`
    made_at: datetime  # by the clock of the machine, where no other is
    people: int  # how many birth dates have been given


_made: list[_Made] = []  # each inside the savepoint of those before it
_copies: dict[Callable, object] = {}  # for the test that runs


def shared(function: Callable) -> Callable:
    """Return a fixture that returns a copy of what the function returned when its rows were written."""

    def fixture(request, **given):
        if function not in _copies:
            return function(**given)
        if "monday" in given:
            (now,) = (made.now for made in _made if made.function is function)
            given["monday"].move_to(now, tick=False)
        return _copies[function]

    signature = inspect.signature(function)
    request = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    fixture.__signature__ = signature.replace(parameters=[request, *signature.parameters.values()])
    fixture.__name__, fixture.__doc__, fixture.shared = function.__name__, function.__doc__, function
    return pytest.fixture(fixture)


def end_what_is_not_for(item) -> None:
    """Roll back what the test does not ask for, before its fixtures begin."""
    wanted = [] if _is_stale() else _wanted_by(item)
    while [made.function for made in _made] != wanted[: len(_made)]:
        _made.pop().savepoint.close()
    _copies.clear()


def end_all() -> None:
    """Roll back all that has been made."""
    while _made:
        _made.pop().savepoint.close()


def make_for(item, blocker) -> None:
    """Make what the test asks for and is not there yet. The test's own transaction has not begun."""
    wanted = _wanted_by(item)
    for function in wanted[len(_made) :]:
        _made.append(_make(function, "monday" in item.fixturenames, blocker))
    if wanted:
        _copies.update(copy.deepcopy(_made[-1].values))


def people() -> int:
    """Return how many birth dates have been given to people whom the test finds."""
    return _made[-1].people if _made else 0


def _make(function: Callable, is_monday: bool, blocker) -> _Made:
    from django.db import transaction

    from tests import factories  # both need Django's settings

    before = _made[-1] if _made else None
    values = copy.deepcopy(before.values) if before else {}
    now = (before.now if before else MONDAY) if is_monday else None
    given = {each.__name__: value for each, value in values.items()}
    factories.begin_a_test(people())
    with ExitStack() as stack, blocker.unblock():
        block = transaction.atomic()
        block._from_testcase = True  # a durable transaction may begin inside
        block.__enter__()
        stack.callback(_roll_back, block, blocker)
        made_at = datetime.now(UTC)
        with time_machine.travel(now, tick=False) if now else nullcontext() as given["monday"]:
            values[function] = function(**{name: given[name] for name in inspect.signature(function).parameters})
            now = now and datetime.now(UTC)
        return _Made(function, stack.pop_all(), values, now, made_at, factories.people())


def _is_stale() -> bool:
    """Return whether a minute has passed, or a day begun, since people who live by the real clock were made."""
    from django.utils import timezone

    if not _made or _made[0].now:
        return False
    made_at, now = timezone.localtime(_made[0].made_at), timezone.localtime()
    return now - made_at > timedelta(minutes=1) or now.date() != made_at.date()


def _roll_back(block, blocker) -> None:
    from django.db import transaction

    with blocker.unblock():  # this is between two tests
        transaction.set_rollback(True)
        block.__exit__(None, None, None)


def _wanted_by(item) -> list[Callable]:
    """Return the functions of the fixtures that the test asks for, each after those that it needs."""
    known, wanted = getattr(item, "_fixtureinfo", None), {}
    marker = item.get_closest_marker("django_db")
    if known is None or {"transactional_db", "live_server"} & {*item.fixturenames}:
        return []
    if marker is None or marker.args or marker.kwargs:
        return []

    def ask_for(name):
        for definition in known.name2fixturedefs.get(name, ())[-1:]:
            for other in definition.argnames:
                ask_for(other)
            if hasattr(definition.func, "shared"):
                wanted[definition.func.shared] = None

    for name in item.fixturenames:
        ask_for(name)
    return [*wanted]
