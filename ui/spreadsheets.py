"""CSV that a spreadsheet opens: no cell of ours may start what it takes for a formula."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def is_formula(text: object) -> bool:
    """Whether a spreadsheet would calculate this cell, and run what it names."""
    return str(text).startswith(FORMULA_STARTS)


def escaped(value: Any) -> Any:
    """The value as a cell: a text that would be a formula gets an apostrophe before it; numbers stay numbers."""
    if isinstance(value, int) or not is_formula("" if value is None else value):
        return "" if value is None else value
    return f"'{value}"


def write_csv(out: Any, header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> None:
    """A header and rows, each cell escaped, into anything with `write`."""
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([escaped(cell) for cell in row] for row in rows)


BOM = "\ufeff"  # without it, Excel reads UTF-8 as another alphabet


LINES_A_PART = 500


class _Echo:
    def write(self, line: str) -> str:
        return line


def csv_parts(header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield a CSV for a spreadsheet in parts, for a response that is sent while it is made; each cell escaped."""
    writer = csv.writer(_Echo())
    part = [BOM + writer.writerow(header)]
    for row in rows:
        part.append(writer.writerow([escaped(cell) for cell in row]))
        if len(part) == LINES_A_PART:  # each part is compressed by itself
            yield "".join(part)
            part = []
    yield "".join(part)
