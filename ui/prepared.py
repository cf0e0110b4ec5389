"""Queries that Django compiles once in a process: to build a query takes longer than to ask it (docs/adr/0016)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Model, QuerySet

MOST_SHAPES = 100  # that a query is kept in; a list of another length is another shape
_FIRST_INT, _FIRST_DAY = 2_000_000_000, date(9000, 1, 1)  # what the marks begin with: no row has such values
_TURNS = (0, 10_000)  # a query is compiled with two sets of marks, so that nothing made from a mark goes unnoticed


class NotPreparable(TypeError):
    """The query cannot be compiled once: its SQL, or something in it, depends on the values in another way."""


@dataclass(frozen=True)
class _Compiled:
    queryset: QuerySet[Any]
    compiler: Any
    sql: str
    params: tuple[Any, ...]
    places: tuple[tuple[int, str, int | None], ...]  # of a parameter: position, name of the value, index in a list


class Prepared:
    """A query whose values change from request to request, while its SQL stays the same.

    `build(**values)` returns the QuerySet. It takes whole numbers, texts, days, times, lists of them, and None; each
    goes into the query as it is, because what `build` makes of a value (the day after) would be compiled for good. From
    the values named in `fixed`, such as today, it may make what it likes: for each of them the query is compiled anew.
    `rows(**values)` returns what `list(build(**values))` would. `None` and the length of a list are part of the SQL.
    Nothing is prefetched.
    """

    checks = False  # the tests compare each call with what Django compiles anew

    def __init__(self, build: Callable[..., QuerySet[Any]], *, fixed: Collection[str] = ()) -> None:
        self.build, self.fixed = build, frozenset(fixed)
        self._kept: dict[Any, _Compiled] = {}

    def rows(self, **values: Any) -> list[Any]:
        """Return the rows of the query with these values."""
        fixed = self.fixed
        shape = tuple((name, value if name in fixed else _shape_of(value)) for name, value in values.items())
        compiled = self._kept.get(shape)
        if compiled is None or compiled.compiler.connection.vendor != connections[compiled.queryset.db].vendor:
            try:
                compiled = self._kept_anew(shape, values)
            except EmptyResultSet:  # an empty list: Django asks nothing
                return []
        params = list(compiled.params)
        connection = connections[compiled.queryset.db]
        for position, name, index in compiled.places:
            value = values[name] if index is None else values[name][index]
            params[position] = _adapted(value, connection)
        if self.checks:
            self._check(compiled, tuple(params), values)
        return list(_iterated(compiled, tuple(params), connection))

    def first(self, **values: Any) -> Any:
        """Return the first row of the query, or None; the query says itself how many it reads."""
        return next(iter(self.rows(**values)), None)

    def _kept_anew(self, shape: Any, values: Mapping[str, Any]) -> _Compiled:
        if len(self._kept) >= MOST_SHAPES:
            self._kept.clear()
        self._kept[shape] = compiled = _compile(self.build, values, self.fixed)
        return compiled

    def _check(self, compiled: _Compiled, params: tuple[Any, ...], values: Mapping[str, Any]) -> None:
        queryset = self.build(**values)
        anew = queryset.query.get_compiler(using=queryset.db).as_sql()
        if (compiled.sql, params) != anew:
            raise NotPreparable(f"{self.build.__qualname__} asks {anew}, and was prepared as {(compiled.sql, params)}")


def _shape_of(value: Any) -> Any:
    if value is None:
        return None
    return len(value) if isinstance(value, list | tuple) else type(value).__name__


def _compile(build: Callable[..., QuerySet[Any]], values: Mapping[str, Any], fixed: Collection[str]) -> _Compiled:
    kept = {name: value for name, value in values.items() if name in fixed}
    done = []
    for turn in _TURNS:
        marks = dict(_marked({name: value for name, value in values.items() if name not in fixed}, turn))
        queryset = build(**marks, **kept)
        if queryset._prefetch_related_lookups:  # type: ignore[attr-defined]
            raise NotPreparable(f"{build.__qualname__} prefetches")
        compiler = queryset.query.get_compiler(using=queryset.db)
        sql, params = compiler.as_sql()
        done.append((queryset, compiler, sql, params, list(_places(params, marks, compiler.connection))))
    (_, _, other_sql, other_params, other_places), (queryset, compiler, sql, params, places) = done
    marked = {position for position, _name, _index in places}
    is_same = sql == other_sql and places == other_places and len(params) == len(other_params)
    if not is_same or any(params[n] != other_params[n] for n in range(len(params)) if n not in marked):
        raise NotPreparable(f"{build.__qualname__} makes something of its values: {other_params} and {params}")
    return _Compiled(queryset, compiler, sql, tuple(params), tuple(places))


def _marked(values: Mapping[str, Any], turn: int) -> Iterator[tuple[str, Any]]:
    """Return a mark in the place of each value: the same kind of value, and no other has it."""
    for number, (name, value) in enumerate(values.items()):
        first = turn + 100 * number
        if isinstance(value, list | tuple):
            yield name, [_mark(each, turn + 1_000 + 1_000 * number + n) for n, each in enumerate(value)]
        else:
            yield name, None if value is None else _mark(value, first)


def _mark(value: Any, number: int) -> Any:
    if isinstance(value, datetime):
        return datetime(9000, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    if isinstance(value, date):
        return _FIRST_DAY + timedelta(days=number)
    if isinstance(value, int) and not isinstance(value, bool):
        return _FIRST_INT + number
    if isinstance(value, str):
        return f"\ue000{number}\ue001"
    raise NotPreparable(f"A query is prepared for numbers, texts, days and times, not for {type(value)}")


def _places(params: Any, marks: Mapping[str, Any], connection: Any) -> Iterator[tuple[int, str, int | None]]:
    """Return where the marks stand among the parameters."""
    found: list[tuple[Any, str, int | None]] = []
    for name, mark in marks.items():
        if isinstance(mark, list):
            found += [(_adapted(each, connection), name, index) for index, each in enumerate(mark)]
        elif mark is not None:
            found.append((_adapted(mark, connection), name, None))
    for position, param in enumerate(params):
        for mark, name, index in found:
            if type(param) is type(mark) and param == mark:
                yield position, name, index


def _adapted(value: Any, connection: Any) -> Any:
    """Return the value as Django gives it to this database."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value


class _Query:
    """What Django's iterables ask of a QuerySet: they read the rows and make objects of them."""

    _known_related_objects: Mapping[Any, Any] = {}

    def __init__(self, compiled: _Compiled, compiler: Any) -> None:
        self.db, self.model = compiled.queryset.db, compiled.queryset.model
        self._fields = compiled.queryset._fields  # type: ignore[attr-defined]
        self.query = copy(compiled.queryset.query)
        self.query.get_compiler = lambda *_args, **_options: compiler  # type: ignore[method-assign]


def _iterated(compiled: _Compiled, params: tuple[Any, ...], connection: Any) -> Iterator[Any]:
    compiler = copy(compiled.compiler)  # of this thread's connection; nothing is written to what both share
    compiler.connection, compiler.as_sql = connection, lambda *_args, **_options: (compiled.sql, params)
    kind: Any = compiled.queryset._iterable_class
    rows: Iterator[Any] = iter(kind(_Query(compiled, compiler)))
    return rows


def attach(parents: Iterable[Model], name: str, rows: Iterable[Any], *, by: str) -> None:
    """Let `parent.name.all()` return those of the rows whose `by` is the key of the parent, as a prefetch does."""
    of_parent: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        of_parent[getattr(row, by)].append(row)
    for parent in parents:
        found: Any = parent._meta.get_field(name).related_model._default_manager.all()  # type: ignore[union-attr]
        found._result_cache, found._prefetch_done = of_parent[parent.pk], True
        vars(parent).setdefault("_prefetched_objects_cache", {})[name] = found
