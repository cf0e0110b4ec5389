"""CSV from and for spreadsheets. In what we write, no cell begins like a formula."""

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

BOM = "\ufeff"  # without it, Excel reads UTF-8 as another alphabet: Núñez as NÃºÃ±ez
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def is_blank(cells: Iterable[str]) -> bool:
    """Return whether a row is empty, or has nothing but commas and spaces: spreadsheets write such rows at the end."""
    return not any(cell.strip() for cell in cells)


def fitted(cells: list[str], width: int) -> list[str]:
    """Return the cells of a row without the blank ones that a spreadsheet writes after its last column."""
    return cells[:width] if len(cells) > width and is_blank(cells[width:]) else cells


def is_formula(text: object) -> bool:
    """Return whether a spreadsheet would calculate this cell."""
    return str(text).startswith(FORMULA_STARTS)


def escaped(value: Any) -> Any:
    """Return the value as a cell: a text like a formula gets an apostrophe before it; a number stays a number."""
    if isinstance(value, (int, Decimal)) or not is_formula("" if value is None else value):
        return "" if value is None else value
    return f"'{value}"


def write_csv(out: Any, header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> None:
    """Write a byte order mark, a header and rows, each cell escaped, into anything with `write`."""
    out.write(BOM)
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([escaped(cell) for cell in row] for row in rows)


LINES_A_PART = 500


class _Echo:
    def write(self, line: str) -> str:
        return line


def csv_parts(header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield a CSV in parts, each cell escaped, for a response that is sent while it is made."""
    writer = csv.writer(_Echo())
    part = [BOM + writer.writerow(header)]
    for row in rows:
        part.append(writer.writerow([escaped(cell) for cell in row]))
        if len(part) == LINES_A_PART:  # each part is compressed by itself
            yield "".join(part)
            part = []
    yield "".join(part)
