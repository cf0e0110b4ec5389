"""Rows that are written by SQL which Django compiles once in a process (docs/adr/0016).

A model whose rows are written by many requests inherits from `PreparedRow`, and makes its manager from a
`PreparedRowQuerySet`. Then `save` and `bulk_create` do what they always do, and only the SQL is a kept one.
"""

from collections.abc import Callable, Hashable, Sequence
from copy import copy
from typing import Any

from django.db import connections, models
from django.db.models.expressions import DatabaseDefault
from django.db.models.functions import Now
from django.db.models.sql import InsertQuery, UpdateQuery

from ui.prepared import Prepared
from ui.statements import NotPreparable, Statement, numbered

_kept: dict[Hashable, Statement] = {}  # by model, and by all that the SQL depends on
Compile = Callable[[], tuple[str, Sequence[Any]]]
PLAIN = {
    models.CharField: str, models.TextField: str, models.BooleanField: bool, models.IntegerField: int,
    models.PositiveIntegerField: int, models.PositiveSmallIntegerField: int, models.BigIntegerField: int,
    models.ForeignKey: int,
}  # fmt: skip


class PreparedRowQuerySet(models.QuerySet[Any]):
    def _insert(  # type: ignore[no-untyped-def] # so has Django
        self, objs, fields, returning_fields=None, raw=False, using=None,
        on_conflict=None, update_fields=None, unique_fields=None,
    ):  # fmt: skip
        """Write new rows; return what the database gave them, such as their keys. Several are compiled each time."""
        connection = connections[using or self.db]
        conflict = {"on_conflict": on_conflict, "update_fields": update_fields, "unique_fields": unique_fields}
        values = [] if raw or len(objs) > 1 else _values_of(objs[0], fields, connection)
        by_database = tuple(field.attname for field, value in values if isinstance(value, Now | DatabaseDefault))
        filled = [value for _field, value in values if not isinstance(value, Now | DatabaseDefault)]
        if not values or any(hasattr(value, "as_sql") for value in filled):
            more = {"returning_fields": returning_fields, "raw": raw, "using": using}
            return super()._insert(objs, fields, **more, **conflict)  # type: ignore[misc] # Django has it

        def compile_() -> tuple[str, Sequence[Any]]:
            query = InsertQuery(self.model, **conflict)
            query.insert_values(fields, [copy(objs[0])])  # compiling sets fields such as the time of writing
            compiler = query.get_compiler(using=connection.alias)
            compiler.returning_fields = returning_fields
            ((sql, params),) = compiler.as_sql()
            return sql, params

        on_which = tuple(field.attname for field in [*(update_fields or ()), *(unique_fields or ())])
        key = (self.model, len(fields), bool(returning_fields), by_database, on_conflict, on_which, connection.vendor)
        statement = _statement(key, f"INSERT INTO {self.model._meta.db_table}", compile_, len(filled))
        with connection.cursor() as cursor:
            statement.run(cursor, connection, filled)
            return self._read(cursor.fetchall(), returning_fields, connection) if returning_fields else []

    def _read(self, rows: list[Any], fields: Sequence[Any], connection: Any) -> list[Any]:
        compiler = InsertQuery(self.model).get_compiler(using=connection.alias)
        converters = compiler.get_converters([field.get_col(self.model._meta.db_table) for field in fields])
        return list(compiler.apply_converters(rows, converters)) if converters else rows


class PreparedRow(models.Model):
    class Meta:
        abstract = True

    def _do_insert(  # type: ignore[no-untyped-def] # so has Django
        self, manager, using, fields, returning_fields, raw
    ):
        rows = PreparedRowQuerySet(type(self), using=using)
        return rows._insert([self], fields, returning_fields, raw, using)

    def _do_update(  # type: ignore[no-untyped-def, override] # the types are those of Django 6
        self, base_qs, using, pk_val, values, update_fields, forced_update
    ):
        """Write these fields of a row that is there; return whether it was."""
        if not update_fields or any(hasattr(value, "resolve_expression") for _field, _model, value in values):
            more = (pk_val, values, update_fields, forced_update)
            return super()._do_update(base_qs, using, *more)  # type: ignore[call-arg] # of Django 6
        connection, model = connections[using], type(self)
        pairs = [(field, _as_stored(field, value, connection)) for field, _model, value in values]
        filled = [value for _field, value in pairs if value is not None]

        def compile_() -> tuple[str, Sequence[Any]]:
            query = base_qs.filter(pk=pk_val).query.chain(UpdateQuery)
            query.add_update_fields(values)
            sql, params = query.get_compiler(using=using).as_sql()
            return sql, params

        key = (model, tuple((field.attname, value is None) for field, value in pairs), connection.vendor)
        filled.append(pk_val)
        statement = _statement(key, f"UPDATE {model._meta.db_table}", compile_, len(filled))
        with connection.cursor() as cursor:
            statement.run(cursor, connection, filled)
            return cursor.rowcount > 0


def _values_of(row: models.Model, fields: Sequence[Any], connection: Any) -> list[tuple[Any, Any]]:
    """Return each field with its value as the database takes it; or with an expression, which is the database's."""
    return [(field, _as_stored(field, field.pre_save(row, add=True), connection)) for field in fields]


def _as_stored(field: Any, value: Any, connection: Any) -> Any:
    """Return the value as the database takes it. Of PLAIN fields that is the value, and Django asks ten times."""
    return value if PLAIN.get(type(field)) is type(value) else field.get_db_prep_save(value, connection)


def _statement(key: Hashable, name: str, compile_: Compile, places: int) -> Statement:
    """Return the statement that is kept by the key; its `places` parameters are the values of the fields in turn."""
    kept = _kept.get(key)
    if kept is None:
        sql, params = compile_()
        if len(params) != places:
            raise NotPreparable(f"{sql} has other parameters than the values of its fields: {params}")
        kept = _kept[key] = Statement(numbered(name), sql, tuple(params), tuple(range(places)))
    if Prepared.checks and (anew := compile_()[0]) != kept.sql:
        raise NotPreparable(f"{name} is {anew}, and was prepared as {kept.sql}")
    return kept
