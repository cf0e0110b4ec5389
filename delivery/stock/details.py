"""What a delivery note says of a lot: the columns producer, expires, thc and cbd."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from django.utils.translation import gettext as _

from delivery import rules
from ui.tidy import plain_number

COLUMNS = ("producer", "expires", "thc", "cbd")
DAYS = ("%m/%d/%Y", "%m/%d/%y", "%Y-%m-%d")  # as labels and spreadsheets write them


def read_details(cells: Mapping[str, str]) -> rules.LotDetails | None:
    """Return what the cells of a line say of its lot, or None where all of them are empty.

    Raises StockError with a sentence that names the cell.
    """
    empty = [name for name in COLUMNS if not cells.get(name)]
    if len(empty) == len(COLUMNS):
        return None
    if empty:
        words = _("Fill in producer, expires, thc and cbd, or none of them. Missing: %(names)s.")
        raise rules.StockError(words % {"names": ", ".join(empty)})
    return rules.LotDetails(
        producer=cells["producer"],
        expires_date=read_day(cells["expires"]),
        thc_mg=_milligrams("thc", cells["thc"]),
        cbd_mg=_milligrams("cbd", cells["cbd"]),
    )


def read_day(text: str) -> date:
    """Return the day that is written like 11/30/2027 or 2027-11-30. Raises StockError."""
    for shape in DAYS if text.isascii() else ():
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007 # a day has no time zone
        except ValueError:
            continue
    words = _("“%(text)s” in the column expires is no day. Write it like 11/30/2027 or 2027-11-30.")
    raise rules.StockError(words % {"text": text[:30]}, field="expires_date")


def _milligrams(name: str, text: str) -> int:
    number = re.sub(r"\.0+$", "", plain_number(text))
    if not (number.isascii() and number.isdecimal() and len(number) <= 6):
        words = _("“%(text)s” in the column %(name)s is no amount. Enter whole milligrams of one item, like 250.")
        raise rules.StockError(words % {"text": text[:30], "name": name}, field=f"{name}_mg")
    return int(number)
