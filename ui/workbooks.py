"""XLSX workbooks of one sheet, written while they are sent: neither memory nor a file holds the whole.

The libraries for XLSX write a sheet into a temporary file before its first byte leaves. In production the portal has
256 MB for such files, in memory, and a sheet of 300,000 rows is larger.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from html import escape
from itertools import islice
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from ui.spreadsheets import escaped

MOST_ROWS = 1_048_576 - 1  # what a sheet holds, without the row of the headings
MOST_CHARACTERS = 32_000  # of a cell; Excel repairs a file with more than 32,767
ROWS_A_PART = 500
DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  Excel counts local days from here
SECONDS_A_DAY = 86_400
# Characters that XML forbids, and what Excel reads as the code of a character: _x0041_ is an A.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
CODE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PLAIN, MONEY, DAY, MOMENT, BOLD = range(5)  # places in the list `cellXfs` of the styles
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{CONTENT}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{CONTENT}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{CONTENT}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{SHEETS}" xmlns:r="{OFFICE}">'
    '<sheets><sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{SHEETS}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    "<borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs>"
    '<cellXfs count="5"><xf/><xf numFmtId="2" applyNumberFormat="1"/><xf numFmtId="164" applyNumberFormat="1"/>'
    '<xf numFmtId="165" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}  # fmt: skip
SHEET = "xl/worksheets/sheet1.xml"
SHEET_BEGINS = (
    f'<worksheet xmlns="{SHEETS}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)


class _Parts:
    """A file without a place to go back to: `taken` returns what was written since it was last asked."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, content: bytes) -> int:
        self._written.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        """Do nothing: `ZipFile` asks for it, and what is written is taken as it is."""

    def taken(self) -> bytes:
        content, self._written = b"".join(self._written), []
        return content


def xlsx_parts(header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Yield a workbook in parts, for a response that is sent while it is made; at most MOST_ROWS rows.

    Numbers and dates are cells of their kind: Decimals are money with two decimals, times have no zone. Every other
    value is text that no spreadsheet calculates.
    """
    out = _Parts()
    rows = iter(rows)
    left = MOST_ROWS
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=1) as archive:  # type: ignore[call-overload] # it only writes
        for name, content in PARTS.items():
            archive.writestr(name, HEAD + content)
        with archive.open(SHEET, "w") as sheet:
            sheet.write((HEAD + SHEET_BEGINS + _row(header, style=BOLD)).encode())
            while part := list(islice(rows, min(ROWS_A_PART, left))):
                left -= len(part)
                sheet.write("".join(map(_row, part)).encode())
                yield out.taken()
            sheet.write(b"</sheetData></worksheet>")
    yield out.taken()


def _row(cells: Iterable[Any], style: int = PLAIN) -> str:
    return f"<row>{''.join(_cell(cell, style) for cell in cells)}</row>"


def _cell(value: Any, style: int) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, datetime):
        since = value - DAY_ZERO
        return f'<c s="{MOMENT}"><v>{since.days + since.seconds / SECONDS_A_DAY:.8f}</v></c>'
    if isinstance(value, date):
        return f'<c s="{DAY}"><v>{value.toordinal() - DAY_ZERO.toordinal()}</v></c>'
    if isinstance(value, Decimal):
        return f'<c s="{MONEY}"><v>{value}</v></c>'
    if isinstance(value, int) and not isinstance(value, bool):
        return f"<c><v>{value}</v></c>"
    text = CODE.sub("_x005F_", FORBIDDEN.sub("\ufffd", str(escaped(str(value)))))[:MOST_CHARACTERS]
    marked = f' s="{style}"' if style else ""
    return f'<c{marked} t="inlineStr"><is><t xml:space="preserve">{escape(text, quote=False)}</t></is></c>'
