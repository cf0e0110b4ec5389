"""Delivery notes as CSV files: the columns sku, lot and quantity, and if they are there producer, expires, thc, cbd and
reason.
"""

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import NAMESPACE_OID, UUID, uuid5

from django.utils.translation import gettext as _

from delivery import rules
from delivery.models import Lot, Product
from delivery.stock.details import COLUMNS, read_details
from ui.spreadsheets import fitted, is_blank, is_formula
from ui.tidy import plain_number, tidy

MOST_ROWS = 2_000
NEEDED = ("sku", "lot", "quantity")


class StockFileError(rules.DeliveryError):
    """The file cannot be read as a delivery note."""


@dataclass
class Row:
    product: Product
    lot: str
    quantity: int
    reason: str
    details: rules.LotDetails | None = None

    @property
    def content(self) -> str:
        """The row as text, by which a file is known again; without details it reads as before there were any."""
        cells = [self.product.sku, self.lot, str(self.quantity), self.reason]
        if said := self.details:
            cells += [said.producer, said.expires_date.isoformat(), str(said.thc_mg), str(said.cbd_mg)]
        return "\t".join(cells)


@dataclass
class Receipt:
    """The rows and the problems of a delivery note, and whether its stock was received."""

    key: UUID
    rows: list[Row] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    was_received: bool = False
    is_done: bool = False

    @property
    def total(self) -> int:
        return sum(row.quantity for row in self.rows)


def read_receipts(content: bytes, *, today: date) -> Receipt:
    """Return the rows of the file and its problems as (line, sentence). The same rows give the same key.

    A lot that ended before `today`, or that was received with other details, is a problem.
    Raises StockFileError.
    """
    reader = csv.reader(io.StringIO(_text(content), newline=""), strict=True)
    try:
        names = [tidy(name).lower() for name in next(reader, [])]
        while names and not names[-1]:
            names.pop()  # a spreadsheet may write empty columns at the end
        _check_columns(names)
        lines = [(reader.line_num, fitted(cells, len(names))) for cells in reader if not is_blank(cells)]
    except csv.Error as error:
        raise StockFileError(_("This is not a CSV file. Save the sheet as CSV and try again."), field="file") from error
    if not 0 < len(lines) <= MOST_ROWS:
        raise StockFileError(
            _("The file has %(count)d rows. Send 1 to %(most)d at a time.") % {"count": len(lines), "most": MOST_ROWS},
            field="file",
        )
    return _read(names, lines, today)


def _text(content: bytes) -> str:
    if len(content) > rules.MOST_FILE_BYTES:
        raise StockFileError(_("This file is larger than 1 MB. Send it in parts."), field="file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StockFileError(_("This is not a CSV file in UTF-8. Save it as “CSV UTF-8”."), field="file") from error
    if "\0" in text:
        raise StockFileError(_("This is not a CSV file. Save the sheet as CSV and try again."), field="file")
    return text


def _check_columns(names: list[str]) -> None:
    missing = [name for name in NEEDED if name not in names]
    named = [name for name in names if name]
    if missing or len(set(named)) < len(named):
        words = _(
            "The first line must name the columns sku, lot and quantity once each (and producer, expires, thc, cbd and "
            "reason, if you like)."
        )
        raise StockFileError(words, field="file")
    if 0 < len(absent := [name for name in COLUMNS if name not in names]) < len(COLUMNS):
        words = _("The columns producer, expires, thc and cbd belong together. Missing: %(names)s.")
        raise StockFileError(words % {"names": ", ".join(absent)}, field="file")


def _read(names: list[str], lines: list[tuple[int, list[str]]], today: date) -> Receipt:
    products = {product.sku: product for product in Product.objects.all()}
    known = _known_lots(names, lines)
    rows, problems, seen = [], [], set()
    for line, cells in lines:
        try:
            if len(cells) != len(names):
                raise rules.StockError(_("This line has more or fewer cells than the first line."))
            row = _row(dict(zip(names, map(tidy, cells), strict=True)), products)
            _check_details(row, known.get((row.product.pk, row.lot)), today)
            if (row.product.pk, row.lot) in seen:
                raise rules.StockError(_("The file has this lot of this product already. Add the two quantities up."))
        except rules.DeliveryError as error:
            problems.append((line, str(error)))
        else:
            seen.add((row.product.pk, row.lot))
            rows.append(row)
    content = "\n".join(row.content for row in rows)
    return Receipt(uuid5(NAMESPACE_OID, hashlib.sha256(content.encode()).hexdigest()), rows, problems)


def _known_lots(names: list[str], lines: list[tuple[int, list[str]]]) -> dict[tuple[int, str], Lot]:
    """Return by (product id, lot) the lots of the file that were received before, and are known by their label."""
    column = names.index("lot")
    numbers = {tidy(cells[column]) for _line, cells in lines if len(cells) > column}
    found = Lot.objects.filter(number__in=sorted(numbers), expires_date__isnull=False)
    return {(lot.product_id, lot.number): lot for lot in found}


def _check_details(row: Row, lot: Lot | None, today: date) -> None:
    """Check what the line says of its lot, or what is known of it. Raises StockError."""
    if row.details is not None:
        rules.check_lot_details(row.details)
        rules.check_end_is_likely(row.details, today=today)
        if lot:
            rules.check_details_agree(lot, row.details)
    end = row.details.expires_date if row.details else lot.expires_date if lot else None
    if end is not None:
        rules.check_lot_has_not_ended(row.lot, end, today=today)


def _row(plain: Mapping[str, str], products: dict[str, Product]) -> Row:
    for name in (*NEEDED, *COLUMNS, "reason"):
        is_number = name in {"quantity", "thc", "cbd"} and plain.get(name, "")[1:].isdecimal()
        if is_formula(plain.get(name, "")) and not is_number:
            raise rules.StockError(_("The cell “%(name)s” holds a formula. Type its value.") % {"name": name})
    product = products.get(plain["sku"].upper())
    if product is None:
        raise rules.ProductError(_("There is no product with the SKU “%(sku)s”.") % {"sku": plain["sku"][:30]})
    quantity = re.sub(r"\.0+$", "", plain_number(plain["quantity"]))
    if not (quantity.isascii() and quantity.isdecimal() and len(quantity) <= 5):
        raise rules.QuantityError(_("Enter a quantity from 1 to 10,000."))
    rules.check_moved_quantity(int(quantity))
    rules.check_lot(plain["lot"])
    reason = plain.get("reason", "")
    if len(reason) > 200 or not reason.isprintable():
        raise rules.StockError(_("Shorten the reason to one line of at most 200 characters."))
    return Row(product, plain["lot"], int(quantity), reason, read_details(plain))
