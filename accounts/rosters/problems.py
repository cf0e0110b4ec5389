"""The problems of one import, as a CSV to hand on."""

from typing import Any

from accounts.models import RosterImport
from ui.spreadsheets import write_csv

COLUMNS = ("line", "column", "severity", "reason")


def write_problems(roster_import: RosterImport, out: Any) -> None:
    """Line, column, severity and reason of each problem, into a text file or anything with `write`."""
    write_csv(out, COLUMNS, roster_import.problems.order_by("line", "pk").values_list(*COLUMNS).iterator())
