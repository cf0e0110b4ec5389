"""Read rosters from beginning to end: yield the rows of known physicians, and list the bad ones."""

import csv
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Physician, Registration
from accounts.rosters.codes import Codes, as_code
from accounts.rosters.files import DEA_LINE, DEA_LINE_READ, ELICENSE_COLUMNS
from accounts.rosters.report import BATCH, Report
from accounts.rosters.rows import (
    ProgramRow,
    RegistrationRow,
    RowProblem,
    read_credential_row,
    read_dea_line,
    read_program_row,
    wrong_width,
)
from ui.spreadsheets import fitted, is_blank

LINES_BETWEEN_PROGRESS = 20_000
MOST_PHYSICIANS = 200_000  # of one roster, some 80 MB of memory; Connecticut has a tenth of it
Read = tuple[RegistrationRow | None, list[RowProblem]]
Found = dict[str, tuple[int, Read] | None]  # by number of ours: its only row so far, None once there are two
CODE, TYPE, NUMBER = (
    ELICENSE_COLUMNS.index(name) for name in ("FullCredentialCode", "CredentialType", "CredentialNumber")
)


def read_program(report: Report) -> Iterator[ProgramRow]:
    """Yield the rows of the program's roster that can be read."""
    lines = report.roster.lines()
    layout = report.roster.layout
    seen: dict[str, int] = {}
    count = 0
    _note_ignored(report)
    for line, cells in _rows(report, lines):
        if count >= MOST_PHYSICIANS:
            report.add_bad(line, "", _too_many())
            break
        if len(cells := fitted(cells, layout.width)) != layout.width:
            report.add(line, [wrong_width(len(cells), layout.width)])
            continue
        row, problems = read_program_row(line, layout.in_our_order(cells))
        report.add(line, problems)
        if row and not _is_repeated(row, seen, report):
            count += 1
            yield row
    lines.detach()


def _too_many() -> str:
    return _(
        "This roster names more than %(most)d physicians: nothing was read from this line on. Import the rest of it as "
        "a file of its own."
    ) % {"most": MOST_PHYSICIANS}


def _note_ignored(report: Report) -> None:
    if ignored := ", ".join(report.roster.layout.ignored):
        reason = _("These columns are not known here, and nothing was read from them: %(columns)s") % {
            "columns": ignored
        }
        report.add(1, [RowProblem("", reason, is_warning=True)])


def _is_repeated(row: ProgramRow, seen: dict[str, int], report: Report) -> bool:
    """Return whether DEA number or NPI are on an earlier line; the row is then listed and left out."""
    numbers = [row.fields["dea_number"], row.fields["npi"]]
    for column, number in zip(("dea_number", "npi"), numbers, strict=True):
        if number in seen:
            reason = _("This number stands on line %(line)d already. Keep one of the rows.") % {"line": seen[number]}
            report.add_bad(row.line, column, reason)
            return True
    seen.update({number: row.line for number in numbers if number})
    return False


def _rows(report: Report, lines: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each row after the header with the line on which it ends; list a row that is no CSV."""
    reader = report.roster.csv_reader(lines)
    next(reader)
    line = reader.line_num
    while True:
        report.show_progress()
        try:
            count = 0
            for cells in islice(reader, BATCH):
                count += 1
                before, line = line, reader.line_num
                if line - before > 1:
                    _not_read(report, before + 1, line)
                elif is_blank(cells):
                    report.rows -= 1  # a blank line is no row
                else:
                    yield line, cells
        except csv.Error:
            before, line = line, reader.line_num
            report.rows += 1
            _not_read(report, before + 1, line)
        else:
            if not count:
                return
        finally:
            report.rows += count


def _not_read(report: Report, first: int, last: int) -> None:
    """List lines that could not be read as CSV. An open quotation mark swallows the rows up to the next one."""
    if first == last:
        report.add_bad(first, "", _("This row cannot be read as CSV: look at its quotation marks."))
        return
    reason = _(
        "A quotation mark that opens on this line takes in everything to line %(last)d. Nothing was read from these "
        "lines: close the mark, then import them again."
    )
    report.add_bad(first, "", reason % {"last": last})


def read_elicense(report: Report) -> Iterator[RegistrationRow]:
    """Yield the rows of the state's file whose code one of our physicians has, in any spelling of the code.

    A code that is nearly one of ours is listed. All other rows are those of other people.
    """
    ours = Codes(_numbers_of(Registration.Kind.MEDICAL_LICENSE, Registration.Kind.CONTROLLED_SUBSTANCE))
    _note_ignored(report)
    found: Found = {}
    lines = report.roster.lines()
    reader = report.roster.csv_reader(lines)
    next(reader)
    is_over = False
    while not is_over:
        report.show_progress()
        is_over = _scan(reader, ours, found, report)
    lines.detach()
    for line, (row, problems) in filter(None, found.values()):
        report.add(line, problems)
        if row and _is_one_physicians(row, ours, "FullCredentialCode", report):
            yield row


def _scan(reader: Any, ours: Codes, found: Found, report: Report) -> bool:
    """Read some thousand rows at nearly the speed of `csv` itself; return whether they were the last."""
    layout = report.roster.layout
    width, place, count, line, looked_at = layout.width, layout.places[CODE], 0, reader.line_num, ours.looked_at
    try:
        for count, cells in enumerate(islice(reader, LINES_BETWEEN_PROGRESS), start=1):  # noqa: B007
            line += 1
            if line != reader.line_num:
                _not_read(report, line, reader.line_num)
                line = reader.line_num
            elif len(cells) != width or not cells[place].strip() or as_code(cells[place]) in looked_at:
                _look_at(line, cells, ours, found, report)
    except csv.Error:
        report.rows += 1
        _not_read(report, line + 1, reader.line_num)
        return False
    finally:
        report.rows += count
    return count < LINES_BETWEEN_PROGRESS


def _look_at(line: int, cells: list[str], ours: Codes, found: Found, report: Report) -> None:
    """Note a row of ours; list one of another width, and one whose code is blank or nearly ours."""
    layout = report.roster.layout
    if is_blank(cells):
        report.rows -= 1  # a blank line is no row
        return
    if len(cells := fitted(cells, layout.width)) != layout.width:
        report.add(line, [wrong_width(len(cells), layout.width)])
        return
    cells = layout.in_our_order(cells)
    if number := ours.number_of(cells[CODE]):
        _note_row(number, line, read_credential_row(line, cells, number), found, "FullCredentialCode", report)
    elif cells[CODE].strip() and ours.is_nearly_one(cells[CODE]):
        report.add_bad(line, "FullCredentialCode", _("This code is one of ours in another spelling. ") + _not_taken())
    elif not cells[CODE].strip() and ours.number_of(f"{cells[TYPE]}.{cells[NUMBER]}"):
        report.add_bad(line, "FullCredentialCode", _("The code of this row of ours is blank. ") + _not_taken())


def _not_taken() -> str:
    return _("Nothing was taken from the row: correct it in the file, or enter it by hand.")


def _note_row(number: str, line: int, row: Read, found: Found, column: str, report: Report) -> None:
    """Note the first row of a number; at the second one list both, and use neither."""
    first = found.get(number)
    if number not in found:
        found[number] = (line, row)
        return
    reason = _("This number stands on more than one row. Nothing was taken from them: look it up and enter it by hand.")
    if first is not None:
        report.add_bad(first[0], column, reason)
    found[number] = None
    report.add_bad(line, column, reason)


def _is_one_physicians(row: RegistrationRow, ours: Codes, column: str, report: Report) -> bool:
    if ours.holders_of(row.number) > 1:
        report.add_bad(row.line, column, _("Two of our physicians have this number. Correct one of them first."))
        return False
    return True


def _numbers_of(*kinds: str) -> Iterator[str]:
    """Return the numbers of our registrations of these kinds."""
    numbers = Registration.objects.filter(kind__in=kinds).exclude(number="").values_list("number", flat=True)
    return numbers.iterator()


def read_dea(report: Report) -> Iterator[RegistrationRow]:
    """Yield the lines of the DEA's file whose number one of our physicians has.

    Spaces before a number or cut off at the end of a line, and lower case, change nothing.
    """
    ours = set(Physician.objects.values_list("dea_number", flat=True).iterator())
    found: Found = {}
    lines = report.roster.lines()
    numbered = enumerate((line.rstrip("\r\n") for line in lines), start=1)
    while chunk := list(islice(numbered, BATCH)):
        for line, text in chunk:
            text = text.strip()
            if not text:
                report.rows -= 1  # a blank line is no row
            elif not DEA_LINE_READ <= len(text) <= DEA_LINE:
                report.add(line, [_wrong_length(len(text))])
            elif (number := as_code(text[:9])) in ours:
                _note_row(number, line, read_dea_line(line, number + text[9:]), found, "dea_number", report)
        report.rows += len(chunk)
        report.show_progress()
    lines.detach()
    for line, (row, problems) in filter(None, found.values()):
        report.add(line, problems)
        if row:
            yield row


def _wrong_length(found: int) -> RowProblem:
    words = {"found": found, "wanted": DEA_LINE}
    return RowProblem("", _("The line has %(found)d characters, not %(wanted)d.") % words)
