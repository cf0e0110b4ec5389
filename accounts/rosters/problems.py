"""The problems of an import as a CSV file."""

from typing import Any

from accounts.models import RosterImport
from ui.spreadsheets import write_csv

COLUMNS = ("line", "column", "severity", "reason")


def write_problems(roster_import: RosterImport, out: Any) -> None:
    """Write line, column, severity and reason of each problem into a text file or anything with `write`."""
    write_csv(out, COLUMNS, roster_import.problems.order_by("line", "pk").values_list(*COLUMNS).iterator())
