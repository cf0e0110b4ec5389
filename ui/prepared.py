"""Queries that Django compiles once in a process, and PostgreSQL plans once for a connection (docs/adr/0016).

Both take several times as long as the answer, for most that a page asks.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql import UpdateQuery
from django.db.transaction import TransactionManagementError, mark_for_rollback_on_error

from ui.statements import NotPreparable, Statement, numbered

# Types of PostgreSQL by those of Python, as psycopg2 writes the values; a text takes the type of its place.
TYPES = {int: "bigint", str: "unknown", date: "date", datetime: "timestamptz", time: "time", UUID: "uuid"}
MOST_SHAPES = 100  # that a query is kept in; a list of another length is another shape
_FIRST_INT, _FIRST_DAY = 2_000_000_000, date(9000, 1, 1)  # what the marks begin with: no row has such values
_TURNS = (0, 10_000)  # a query is compiled with two sets of marks, so that nothing made from a mark goes unnoticed


class Change:
    """An UPDATE that is not carried out yet: rows, and what becomes of their fields, as `QuerySet.update` takes it."""

    _prefetch_related_lookups = ()

    def __init__(self, rows: QuerySet[Any], **fields: Any) -> None:
        self.rows, self.fields, self.db = rows, fields, rows.db
        query: Any = rows.order_by().query.chain(UpdateQuery)
        query.add_update_values(fields)
        self.query = query


class _Asked:
    """The part of a QuerySet that Django's iterables ask for, with rows that this compiler reads."""

    def __init__(self, queryset: QuerySet[Any], compiler: Any) -> None:
        self.db, self.model = queryset.db, queryset.model
        self._fields = queryset._fields  # type: ignore[attr-defined]
        self.query = copy(queryset.query)
        self.query.get_compiler = lambda *_args, **_options: compiler  # type: ignore[method-assign]


@dataclass(frozen=True)
class _Compiled:
    """A query that Django has compiled, in one shape, and where its values stand in the SQL."""

    statement: Statement
    queryset: Any  # or a Change
    compiler: Any
    names: tuple[tuple[str, int | None], ...]  # of the values in the order of their positions, with an index in a list

    def filled(self, values: Mapping[str, Any], connection: Any) -> list[Any]:
        """Return the values in the order of their places, as this database takes them."""
        return [
            _adapted(values[name] if index is None else values[name][index], connection) for name, index in self.names
        ]

    def changed(self, filled: list[Any], connection: Any) -> int:
        """Change the rows, and return how many there were."""
        with mark_for_rollback_on_error(using=self.queryset.db), connection.cursor() as cursor:
            self.statement.run(cursor, connection, filled)
            count: int = cursor.rowcount
        return count

    def rows(self, filled: list[Any], connection: Any) -> list[Any]:
        """Return the rows of the query, as Django's QuerySet gives them."""
        if self.queryset.query.select_for_update and connection.get_autocommit():
            raise TransactionManagementError("A lock outside of a transaction would end at once.")
        found = self._converted(self._answer(filled, connection), connection)
        kind: Any = self.queryset._iterable_class
        if kind is ModelIterable:
            return [self._object(row) for row in found]
        compiler = copy(self.compiler)  # nothing is written to what all threads share
        compiler.results_iter = lambda *_args, **_options: iter(found)
        return list(kind(_Asked(self.queryset, compiler)))

    def _converted(self, rows: list[Any], connection: Any) -> list[Any]:
        """Return the rows with what the database gave turned into values of Python, as SQLCompiler does."""
        if not self._converters:
            return rows
        found = [list(row) for row in rows]
        for place, converters, expression in self._converters:
            for row in found:
                value = row[place]
                for converter in converters:
                    value = converter(value, expression, connection)
                row[place] = value
        return found

    @cached_property
    def _converters(self) -> list[tuple[int, list[Any], Any]]:
        """Return for each column that is converted its place, the converters, and the expression that they are for."""
        expressions = [column for column, _sql, _alias in self.compiler.select[: self.compiler.col_count]]
        if self.compiler.has_composite_fields(expressions):
            raise NotPreparable(f"{self.statement.name} reads a key of several columns")
        converters = self.compiler.get_converters(expressions)
        return [(place, found, expression) for place, (found, expression) in converters.items()]

    def _answer(self, filled: list[Any], connection: Any) -> list[Any]:
        with connection.cursor() as cursor:
            self.statement.run(cursor, connection, filled)
            found: list[Any] = cursor.fetchall()
        return found

    @cached_property
    def _classes(self) -> tuple[Any, slice, list[str], list[Any], list[tuple[str, int]]]:
        """The model, its columns and fields, what reads related rows, and the annotations, as in ModelIterable."""
        info, select = self.compiler.klass_info, self.compiler.select
        columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        names = [column.target.attname for column, _sql, _alias in select[columns]]
        related = get_related_populators(info, select, self.queryset.db)  # type: ignore[call-arg] # of Django 5.2
        return info["model"], columns, names, related, list((self.compiler.annotation_col_map or {}).items())

    def _object(self, row: Any) -> Model:
        model, columns, names, related, annotations = self._classes
        made: Model = model.from_db(self.queryset.db, names, row[columns])
        for each in related:
            each.populate(row, made)
        for name, place in annotations:
            setattr(made, name, row[place])
        return made


class Prepared:
    """A query whose values change from request to request, while its SQL stays the same.

    `build(**values)` returns the QuerySet, or a Change. It takes numbers, texts, days, times, UUIDs, lists of them, and
    None; each goes into the query as it is, because what `build` makes of a value (the day after) would be compiled for
    good. From the values named in `fixed`, such as today, it may make what it likes: for each of them the query is
    compiled anew. `rows(**values)` returns what `list(build(**values))` would; `change(**values)` carries the Change
    out. `None` and the length of a list are part of the SQL. Nothing is prefetched.
    """

    checks = False  # the tests compare each call with what Django compiles anew

    def __init__(self, build: Callable[..., QuerySet[Any] | Change], *, fixed: Collection[str] = ()) -> None:
        self.build, self.fixed = build, frozenset(fixed)
        self._kept: dict[Any, _Compiled] = {}

    def rows(self, **values: Any) -> list[Any]:
        """Return the rows of the query with these values."""
        try:
            compiled, filled, connection = self._filled(values)
        except EmptyResultSet:  # Django knows without asking that nothing fits an empty list
            return list(self.build(**values))  # type: ignore[arg-type] # a QuerySet
        return compiled.rows(filled, connection)

    def first(self, **values: Any) -> Any:
        """Return the first row of the query, or None; the query says itself how many it reads."""
        return next(iter(self.rows(**values)), None)

    def change(self, **values: Any) -> int:
        """Change the rows that the values say, and return how many there were."""
        compiled, filled, connection = self._filled(values)
        return compiled.changed(filled, connection)

    def _filled(self, values: Mapping[str, Any]) -> tuple[_Compiled, list[Any], Any]:
        """Return the compiled query, the values in the order of their places, and the connection."""
        fixed = self.fixed
        shape = tuple((name, value if name in fixed else _shape_of(value)) for name, value in values.items())
        compiled = self._kept.get(shape)
        if compiled is None or compiled.compiler.connection.vendor != connections[compiled.queryset.db].vendor:
            compiled = self._kept_anew(shape, values)
        connection = connections[compiled.queryset.db]
        filled = compiled.filled(values, connection)
        if self.checks:
            self._check(compiled.statement, filled, values)
        return compiled, filled, connection

    def _kept_anew(self, shape: Any, values: Mapping[str, Any]) -> _Compiled:
        if len(self._kept) >= MOST_SHAPES:
            self._kept.clear()
        self._kept[shape] = compiled = _compile(self.build, values, self.fixed)
        return compiled

    def _check(self, statement: Statement, filled: list[Any], values: Mapping[str, Any]) -> None:
        queryset = self.build(**values)
        anew, kept = queryset.query.get_compiler(using=queryset.db).as_sql(), (statement.sql, statement.filled(filled))
        if kept != anew:
            raise NotPreparable(f"{self.build.__qualname__} asks {anew}, and was prepared as {kept}")


def _shape_of(value: Any) -> Any:
    if value is None:
        return None
    return len(value) if isinstance(value, list | tuple) else type(value).__name__


def _compile(
    build: Callable[..., QuerySet[Any] | Change], values: Mapping[str, Any], fixed: Collection[str]
) -> _Compiled:
    kept = {name: value for name, value in values.items() if name in fixed}
    done = []
    for turn in _TURNS:
        marks = dict(_marked({name: value for name, value in values.items() if name not in fixed}, turn))
        queryset = build(**marks, **kept)
        if queryset._prefetch_related_lookups:  # type: ignore[union-attr]
            raise NotPreparable(f"{build.__qualname__} prefetches")
        compiler = queryset.query.get_compiler(using=queryset.db)
        sql, params = compiler.as_sql()
        done.append((queryset, compiler, sql, params, list(_places(params, marks, compiler.connection))))
    (_, _, other_sql, other_params, other_places), (queryset, compiler, sql, params, places) = done
    marked = {position for position, _name, _index in places}
    is_same = sql == other_sql and places == other_places and len(params) == len(other_params)
    if not is_same or any(params[n] != other_params[n] for n in range(len(params)) if n not in marked):
        raise NotPreparable(f"{build.__qualname__} makes something of its values: {other_params} and {params}")
    name = f"{build.__module__}.{build.__qualname__}"
    if isinstance(queryset, Change):
        name = f"UPDATE {queryset.rows.model._meta.db_table}"
    statement = Statement(
        numbered(name),
        sql,
        tuple(params),
        tuple(position for position, _name, _index in places),
        tuple(TYPES[type(params[position])] for position, _name, _index in places),
    )
    return _Compiled(statement, queryset, compiler, tuple((name, index) for _position, name, index in places))


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
    if isinstance(value, UUID):
        return UUID(int=_FIRST_INT + number)
    if isinstance(value, time):
        return time(23, 59, 59, number)
    raise NotPreparable(f"A query is prepared for numbers, texts, days, times and UUIDs, not for {type(value)}")


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
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    if isinstance(value, time):
        return connection.ops.adapt_timefield_value(value)
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return value


def attach(parents: Iterable[Model], name: str, rows: Iterable[Any], *, by: str) -> None:
    """Let `parent.name.all()` return those of the rows whose `by` is the key of the parent, as a prefetch does."""
    of_parent: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        of_parent[getattr(row, by)].append(row)
    for parent in parents:
        found: Any = getattr(parent, name).all()
        found._result_cache, found._prefetch_done = of_parent[parent.pk], True
        for row in of_parent[parent.pk]:
            setattr(row, by.removesuffix("_id"), parent)
        vars(parent).setdefault("_prefetched_objects_cache", {})[name] = found
