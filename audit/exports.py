"""The rows of an admin list as a file, CSV or XLSX, sent while they are read.

A new list needs an `Export` in its admin class: the name of the file and the columns. The file holds what the list
shows, with its filters and its search, newest first. Rows are read AT_ONCE at a time, each time by the key of the last:
so neither the portal nor the database keeps a million rows, and no statement runs for longer than the others.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.contrib.admin.filters import AllValuesFieldListFilter, BooleanFieldListFilter, EmptyFieldListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.text import slugify

from audit.changelists import SessionChangeList, search_term
from audit.words import sentence
from ui.heartbeat import beating
from ui.spreadsheets import csv_parts
from ui.templatetags.portal import ounces_used
from ui.workbooks import xlsx_parts

AT_ONCE = 2_000
MOST_OF_NAME = 100  # characters of the filters in the name of a file
CSV, XLSX = "csv", "xlsx"
CONTENT_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Their choices say "Yes" or "Empty", which means nothing without the column.
NEEDS_TITLE = (AllValuesFieldListFilter, BooleanFieldListFilter, EmptyFieldListFilter)


def plain(value: Any) -> Any:
    """Return a value as a cell: a moment in New York time, a time of day as 09:30, a yes or no in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    return value.strftime("%H:%M") if isinstance(value, time) else value


@dataclass(frozen=True)
class Column:
    """A column of an export: its heading, a lookup from the row such as "order__number", and how a value is shown."""

    heading: str
    path: str
    shown: Callable[[Any], Any] = plain


def moment(heading: str, path: str) -> Column:
    return Column(f"{heading} (New York)", path)


def dollars(heading: str, path: str) -> Column:
    """Return a column that shows cents as dollars with two decimals."""
    return Column(f"{heading} ($)", path, lambda cents: None if cents is None else Decimal(cents).scaleb(-2))


def amounts(heading: str, path: str) -> tuple[Column, Column]:
    """Return a column of milligrams, and one of the same in ounces, rounded up to hundredths as on every page."""
    return Column(f"{heading} (mg)", path), Column(f"{heading} (oz)", path, _ounces)


def _ounces(mg: int | None) -> Decimal | None:
    return None if mg is None else Decimal(ounces_used(abs(mg))).copy_sign(Decimal(mg))


@dataclass(frozen=True)
class Export:
    """The columns of a list as a file; `permission` is what else somebody needs who may open the list."""

    name: str
    columns: tuple[Column, ...]
    permission: str = ""

    @property
    def header(self) -> list[str]:
        return [column.heading for column in self.columns]


EVENTS = Export("events", (
    Column("event", "pk"), moment("when", "created_at"), Column("account", "actor_id"), Column("role", "role"),
    Column("what", "action", sentence), Column("name", "action"), Column("kind of row", "subject_type"),
    Column("row", "subject_id"), Column("outcome", "outcome"), Column("reason", "reason"),
))  # fmt: skip


def cells(rows: QuerySet[Any], columns: Iterable[Column]) -> Iterator[list[Any]]:
    """Yield the cells of each row, newest first; at most AT_ONCE rows are in memory."""
    columns = tuple(columns)
    found = rows.order_by("-pk").values_list("pk", *(column.path for column in columns))
    before: Any = None
    while part := list((found if before is None else found.filter(pk__lt=before))[:AT_ONCE]):
        for _pk, *values in part:
            yield [column.shown(value) for column, value in zip(columns, values, strict=True)]
        before = part[-1][0]


def sent(export: Export, rows: QuerySet[Any], *, kind: str, filters: list[str]) -> StreamingHttpResponse:
    """Return the response that sends the rows as a file of this kind, CSV or XLSX."""
    found = cells(rows, export.columns)
    parts = csv_parts(export.header, found) if kind == CSV else xlsx_parts(export.header, found)
    return StreamingHttpResponse(
        beating(parts),  # type: ignore[type-var] # either all text or all bytes
        content_type=CONTENT_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{file_name(export.name, filters, kind)}"'},
    )


def file_name(name: str, filters: Iterable[str], kind: str) -> str:
    """Return the name of a file: `orders-2026-12-02-0930-confirmed.csv`."""
    words = "-".join(filter(None, map(slugify, filters)))[:MOST_OF_NAME].rstrip("-")
    return f"{'-'.join(filter(None, [name, words]))}.{kind}"


def filters_of(changelist: SessionChangeList, request: HttpRequest) -> list[str]:
    """Return the filters that a list has now, in English: for the name of a file and for the audit trail.

    A search is a name or a birth date: of it only the word "search" is returned. `__str__` of a row is a number.
    """
    with translation.override("en"):
        lookups = [name for name in changelist.model_admin.list_lookups if name in request.GET]  # type: ignore[attr-defined]
        words = [_looked_up(changelist, name, request.GET[name]) for name in lookups]
        words += filter(None, (_chosen(shown, changelist) for shown in changelist.filter_specs))
        return words + (["search"] if search_term(request, changelist.model) else [])


def _looked_up(changelist: SessionChangeList, name: str, value: str) -> str:
    """Return a lookup of a link in words: the row that a foreign key names, or the value."""
    field: Any = changelist.model._meta.get_field(name) if "__" not in name else None
    row = field.related_model._base_manager.filter(pk=value).first() if field and field.is_relation else None
    return str(row or value)


def _chosen(shown: Any, changelist: SessionChangeList) -> str:
    """Return what is chosen in a filter, or "" when it shows all."""
    chosen = next((str(choice["display"]) for choice in shown.choices(changelist) if choice["selected"]), "")
    if chosen in ("", "All"):
        return ""
    return f"{shown.title} {chosen}" if isinstance(shown, NEEDS_TITLE) else chosen
