"""Queries that are compiled once and asked again and again with other values (docs/adr/0014).

The ORM compiles a query once for a process, and PostgreSQL plans it once for a connection. Both take several times as
long as the answer, for most that a page reads.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import cached_property
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import FlatValuesListIterable, ModelIterable, get_related_populators
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError
from psycopg2.extensions import AsIs

LONGEST_NAME = 63  # of a prepared statement of PostgreSQL
_prepared_on: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()  # by connection to PostgreSQL: its statements
Row = TypeVar("Row")


class Slot(Expression):
    """The place of a value in a prepared query: each asking fills it with the value of its name."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        return "%s", [self]


class Prepared(Generic[Row]):
    """A query without its values, made by `prepared`."""

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], fields: "dict[str, Field[Any, Any]]") -> None:
        self.queryset = build  # the same query, as the ORM asks it
        self._fields, self._plans = fields, dict[str, _Plan]()

    def __call__(self, **values: Any) -> list[Row]:
        """Return the rows for these values, one for each slot."""
        plan = self._plans.get(connection.vendor)
        if plan is None:
            queryset = self.queryset(**{name: Slot(name, field) for name, field in self._fields.items()})
            name = f"{self.queryset.__module__}.{self.queryset.__qualname__}"[-LONGEST_NAME:]
            plan = self._plans[connection.vendor] = _Plan(name, queryset, self._fields)
        return plan.rows(
            {name: field.get_db_prep_value(values[name], connection) for name, field in self._fields.items()}
        )

    def first(self, **values: Any) -> Row | None:
        """Return the first row for these values, or None."""
        return next(iter(self(**values)), None)


def prepared(**fields: "Field[Any, Any]") -> Callable[[Callable[..., QuerySet[Any, Row]]], Prepared[Row]]:
    """Make a function that returns a queryset a prepared query: called with values it returns the rows.

    `fields` names the arguments of the function, each with its kind of value. An argument may stand in the queryset
    wherever an expression may. Rows are models with what `select_related` and `annotate` add, or what `values_list`
    gives. The shape of the query must not depend on a value: None, for example, compiles to another comparison.
    """
    return lambda build: Prepared(build, fields)


class _Plan:
    """What is known of a query before it is asked: its SQL, and how an answer becomes rows."""

    def __init__(self, name: str, queryset: QuerySet[Any, Any], fields: "dict[str, Field[Any, Any]]") -> None:
        assert not queryset._prefetch_related_lookups, "a prepared query is one query"
        self._name, self._fields = name, fields
        self._locks = queryset.query.select_for_update
        self._compiler = queryset.query.get_compiler(connection=connection)
        self._sql, self._params = self._compiler.as_sql()
        columns = [column for column, _sql, _alias in self._compiler.select[: self._compiler.col_count]]
        self._converters = self._compiler.get_converters(columns)
        self._compiler.connection = None  # each thread has its own
        self._shape = queryset._iterable_class
        if self._shape is ModelIterable:
            self._learn_models(queryset.db)

    def _learn_models(self, database: str) -> None:
        info, select = self._compiler.klass_info, self._compiler.select
        self._database, self._model = database, info["model"]
        self._columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        self._names = [column.target.attname for column, _sql, _alias in select[self._columns]]
        self._related = get_related_populators(info, select, database)
        self._annotations = list((self._compiler.annotation_col_map or {}).items())

    def rows(self, values: dict[str, Any]) -> list[Any]:
        """Return the rows for these values, as the database takes them."""
        found: Iterable[Any] = self._answer(values)
        if self._converters:
            compiler = copy(self._compiler)
            compiler.connection = connection
            found = compiler.apply_converters(found, self._converters)
        if self._shape is ModelIterable:
            return [self._object(row) for row in found]
        return [row[0] for row in found] if self._shape is FlatValuesListIterable else [tuple(row) for row in found]

    def _answer(self, values: dict[str, Any]) -> list[Any]:
        if self._locks and connection.get_autocommit():
            raise TransactionManagementError("A lock outside of a transaction would end at once.")
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                self._prepare(connection.connection)
                cursor.execute(self._execute, list(values.values()))
            else:
                cursor.execute(
                    self._sql, [values[each.name] if isinstance(each, Slot) else each for each in self._params]
                )
            return cursor.fetchall()

    def _prepare(self, session: Any) -> None:
        """Prepare the statement, once for each connection to PostgreSQL. A rollback does not undo it."""
        known = _prepared_on.setdefault(session, set())
        if self._name in known:
            return
        numbers = {name: number for number, name in enumerate(self._fields, 1)}
        types = ", ".join(field.cast_db_type(connection) or "" for field in self._fields.values())
        # Constants stand in the text, so that an index with a condition is found.
        params = [AsIs(f"${numbers[each.name]}") if isinstance(each, Slot) else each for each in self._params]
        with session.cursor() as cursor:
            query = cursor.mogrify(self._sql, params).decode()
            cursor.execute(f'PREPARE "{self._name}"{f" ({types})" if types else ""} AS {query}')
        known.add(self._name)

    @cached_property
    def _execute(self) -> str:
        """The statement that asks PostgreSQL, with places for the values."""
        places = ", ".join(["%s"] * len(self._fields))
        return f'EXECUTE "{self._name}"' + (f" ({places})" if places else "")

    def _object(self, row: Sequence[Any]) -> Model:
        made = self._model.from_db(self._database, self._names, row[self._columns])
        for related in self._related:
            related.populate(row, made)
        for name, place in self._annotations:
            setattr(made, name, row[place])
        return made
