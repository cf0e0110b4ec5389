"""Delivery notes as CSV files with the columns sku, lot, quantity and, if there is one, reason."""

import csv
import hashlib
import io
import re
from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, UUID, uuid5

from django.utils.translation import gettext as _

from delivery import rules
from delivery.models import Product
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


def read_receipts(content: bytes) -> Receipt:
    """Return the rows of the file and its problems as (line, sentence). The same rows give the same key.

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
    return _read(names, lines)


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
        raise StockFileError(
            _("The first line must name the columns sku, lot and quantity once each (and reason, if you like)."),
            field="file",
        )


def _read(names: list[str], lines: list[tuple[int, list[str]]]) -> Receipt:
    products = {product.sku: product for product in Product.objects.all()}
    rows, problems, seen = [], [], set()
    for line, cells in lines:
        try:
            if len(cells) != len(names):
                raise rules.StockError(_("This line has more or fewer cells than the first line."))
            row = _row(dict(zip(names, map(tidy, cells), strict=True)), products)
            if (row.product.pk, row.lot) in seen:
                raise rules.StockError(_("The file has this lot of this product already. Add the two quantities up."))
        except rules.DeliveryError as error:
            problems.append((line, str(error)))
        else:
            seen.add((row.product.pk, row.lot))
            rows.append(row)
    content = "\n".join(f"{row.product.sku}\t{row.lot}\t{row.quantity}\t{row.reason}" for row in rows)
    return Receipt(uuid5(NAMESPACE_OID, hashlib.sha256(content.encode()).hexdigest()), rows, problems)


def _row(plain: dict[str, str], products: dict[str, Product]) -> Row:
    for name in (*NEEDED, "reason"):
        if is_formula(plain.get(name, "")) and not (name == "quantity" and plain[name][1:].isdecimal()):
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
    return Row(product, plain["lot"], int(quantity), reason)
