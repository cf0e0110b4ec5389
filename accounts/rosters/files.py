"""Which kind of roster a file is, and where its columns are. Nothing is written here."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from accounts.models import RosterImport
from accounts.rules import DEA_SHAPE, AccountsError

Kind = RosterImport.Kind
CHUNK = 1 << 20
HEAD = 1 << 16
DEA_LINE = 244
DEA_NAME = 34  # where the name begins, the first column that may hold a comma
DEA_LINE_READ = 229  # characters up to the state, the last that is read: editors cut off the spaces behind it
PROGRAM_COLUMNS = (
    "first_name", "last_name", "dea_number", "ssn_last_four", "npi", "email", "phone", "license_number", "csp_number",
    "practice_name", "practice_street", "practice_city", "practice_state", "practice_zip", "monitoring_access",
)  # fmt: skip
ELICENSE_COLUMNS = (
    "CredentialId", "Name", "Type", "BusinessName", "DBA", "FullCredentialCode", "CredentialType", "CredentialNumber",
    "CredentialSubCategory", "Credential", "Status", "StatusReason", "Active", "IssueDate", "EffectiveDate",
    "ExpirationDate", "Address", "City", "State", "Zip", "RecordRefreshedOn",
)  # fmt: skip
COLUMNS: dict[str, tuple[str, ...]] = {Kind.PROGRAM: PROGRAM_COLUMNS, Kind.ELICENSE: ELICENSE_COLUMNS}
MAY_BE_MISSING = {"monitoring_access"}
# ZIP (and Excel), gzip, bzip2, xz, 7-Zip, Zstandard: never unpacked, so a bomb among them is a file like any other.
PACKED = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"\x28\xb5\x2f\xfd",
)


class RosterFileError(AccountsError):
    """The file as a whole cannot be read, and nothing of it was."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


class RosterImportError(AccountsError):
    """This import cannot begin or go on."""


def check_waits_for_its_real_import(run: RosterImport) -> None:
    """A finished dry run whose file is still stored; raises RosterImportError."""
    if not run.waits_for_its_real_import:
        raise RosterImportError(_("The file of this dry run is not kept any more. Upload it again."))


@dataclass(frozen=True)
class Layout:
    """The kind and columns of a roster file, by its first line. In a fixed-width file all but `kind` is empty.

    `places` holds the position of each known column in a row of `width` cells, or None for a column that is left out;
    `ignored` holds the names of unknown columns.
    """

    kind: str
    delimiter: str = ""
    width: int = 0
    places: tuple[int | None, ...] = ()
    ignored: tuple[str, ...] = ()

    def in_our_order(self, cells: list[str]) -> list[str]:
        return [cells[place] if place is not None else "" for place in self.places]


@dataclass(frozen=True)
class RosterFile:
    """A file that can be read: its layout and its size in bytes."""

    file: BinaryIO
    layout: Layout
    size: int

    def lines(self) -> io.TextIOWrapper:
        """Return the text from its beginning, a line at a time. Call `detach()` on it, or it closes the file."""
        self.file.seek(0)
        return io.TextIOWrapper(self.file, encoding="utf-8-sig", newline="")

    def csv_reader(self, lines: Iterator[str]) -> Any:
        """Return a strict reader: text after a closing quotation mark is an error of its row."""
        return csv.reader(lines, delimiter=self.layout.delimiter, strict=True)

    @property
    def part_read(self) -> float:
        """The part of the file that was read so far, from 0 to 1."""
        return min(self.file.tell() / self.size, 1.0)


def open_roster(file: BinaryIO) -> RosterFile:
    """Look through the whole file once, as bytes, and return it with its layout.

    Raises RosterFileError with a sentence for a file that is empty, packed, not text in UTF-8, of an unknown kind,
    without a needed column, or with a quotation mark that is never closed. So a file is refused before anything is
    written.
    """
    file.seek(0)
    head = file.read(HEAD)
    _check_is_text(head)
    size, quotes = _check_every_chunk(file)
    roster = RosterFile(file=file, layout=_layout_of(_first_line(head)), size=size)
    if roster.layout.delimiter and quotes % 2 and (line := _line_of_open_quote(roster)):
        raise RosterFileError(
            _("A quotation mark that opens on line %(line)d is never closed. Close it, then import the file again.")
            % {"line": line}
        )
    return roster


def _check_is_text(head: bytes) -> None:
    if not head:
        raise RosterFileError(_("This file is empty. Export it again, then import the new one."))
    if head.startswith(PACKED):
        raise RosterFileError(
            _("This file is packed (ZIP, gzip or an Excel workbook). Unpack it or save it as CSV in UTF-8.")
        )
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head:
        raise RosterFileError(_not_utf_8())


def _not_utf_8() -> str:
    return _("This file is not text in UTF-8. Save it with the encoding UTF-8, then import it again.")


def _check_every_chunk(file: BinaryIO) -> tuple[int, int]:
    """Return the size in bytes and the number of quotation marks of a file that is UTF-8 and made of lines."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = quotes = 0
    while chunk := file.read(CHUNK):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            raise RosterFileError(_not_utf_8()) from None
        if b"\0" in chunk:
            raise RosterFileError(_not_utf_8())
        if len(chunk) == CHUNK and b"\n" not in chunk and b"\r" not in chunk:
            raise RosterFileError(_("This file is not made of lines. Export it again, as CSV or as the DEA extract."))
        size += len(chunk)
        quotes += chunk.count(b'"')
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise RosterFileError(_not_utf_8()) from None
    return size, quotes


def _first_line(head: bytes) -> str:
    text = codecs.decode(head, "utf-8-sig", "ignore")
    return text.splitlines()[0] if text.strip() else ""


def _layout_of(line: str) -> Layout:
    """Return the layout of the kind whose columns the line names, in any order and spelling (`First Name`)."""
    delimiter = "\t" if "\t" in line else ","
    try:
        names = next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        names = []
    while names and not names[-1].strip():
        names.pop()  # a spreadsheet may write empty columns at the end
    plain = [_plain(name) for name in names]
    for kind, columns in COLUMNS.items():
        if 2 * len({_plain(name) for name in columns} & set(plain)) > len(columns):
            return _table(kind, delimiter, names, plain)
    begins_with_number = DEA_SHAPE.match(line.lstrip().upper())
    if len(line) == DEA_LINE or (begins_with_number and not {",", "\t"} & set(line[:DEA_NAME])):
        return Layout(Kind.DEA)
    raise RosterFileError(
        _(
            "This is no roster we know. Its first line must name the columns of the program's roster or of the state's "
            "licenses and credentials; a DEA extract has lines of 244 characters."
        )
    )


def _table(kind: str, delimiter: str, names: list[str], plain: list[str]) -> Layout:
    columns = COLUMNS[kind]
    places = {name: plain.index(_plain(name)) for name in columns if _plain(name) in plain}
    if missing := [name for name in columns if name not in places and name not in MAY_BE_MISSING]:
        words = {"kind": Kind(kind).label, "columns": ", ".join(missing)}
        raise RosterFileError(_("The %(kind)s must have these columns too: %(columns)s.") % words)
    if twice := [name for name in places if plain.count(_plain(name)) > 1]:
        raise RosterFileError(
            _("These columns stand in the first line twice: %(columns)s. Keep one of each.")
            % {"columns": ", ".join(twice)}
        )
    ignored = tuple(
        name.strip() or _("number %(place)d, without a name") % {"place": place + 1}
        for place, name in enumerate(names)
        if place not in places.values()
    )
    return Layout(kind, delimiter, len(names), tuple(places.get(name) for name in columns), ignored)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.casefold())


def _line_of_open_quote(roster: RosterFile) -> int:
    """Return the line of the row that never ends, or 0 when a quotation mark is part of a cell (`5" tube`)."""
    lines = roster.lines()
    reader = roster.csv_reader(lines)
    begun, is_over = 1, False
    while not is_over:
        try:
            for _cells in reader:
                begun = reader.line_num + 1
            begun, is_over = 0, True
        except csv.Error as error:
            is_over = str(error) == "unexpected end of data"
            begun = begun if is_over else reader.line_num + 1
    lines.detach()
    return begun
