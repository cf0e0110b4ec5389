"""Rows of the database as the files of an archive."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from audit.exports import Export, cells
from ui.spreadsheets import csv_parts

Files = Iterator[tuple[str, Iterable[bytes]]]  # the name of each, with its content in parts


def csv_of(export: Export, rows: QuerySet[Any]) -> Iterable[bytes]:
    """Yield the rows as a CSV in UTF-8."""
    return (part.encode() for part in csv_parts(export.header, cells(rows, export.columns)))
