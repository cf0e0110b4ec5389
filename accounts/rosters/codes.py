"""Find our physicians' numbers among the codes of a roster, whatever way a code is spelled."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from ui.tidy import tidy

LEAST_NEAR = 5  # characters of a spelling that still tells one number
MARKS = "'\"=.,;"  # spreadsheets put them around a code so that it stays text: ="1.034567"
SEPARATORS = "_/,:"


def as_code(text: str) -> str:
    """Return a code in upper case without blanks, invisible characters and marks: ` csp.0045671` is `CSP.0045671`."""
    if not text.isascii():  # a roster has millions of rows, and nearly all are ASCII
        text = tidy(unicodedata.normalize("NFKC", text))
    return "".join(text.split()).upper().strip(MARKS)


class Codes:
    """Our numbers, such as `1.034567`, by the codes that mean them.

    `looked_at` holds the codes that are ours or nearly ours. A roster has millions of rows, so that it is looked up
    once for each.
    """

    def __init__(self, numbers: Iterable[str]) -> None:
        self._holders = Counter(numbers)
        self._numbers = {spelling: number for number in self._holders for spelling in _spellings(number)}
        near = {spelling for number in self._holders for spelling in _near_spellings(number)}
        self.looked_at = near | set(self._numbers)

    def number_of(self, text: str) -> str | None:
        """Return our number that a code means, or None."""
        return self._numbers.get(as_code(text))

    def is_nearly_one(self, text: str) -> bool:
        """Return whether a code means none of our numbers for sure, and looks like one."""
        code = as_code(text)
        return code in self.looked_at and code not in self._numbers

    def holders_of(self, number: str) -> int:
        """Return how many of our physicians have a number."""
        return self._holders[number]


def _spellings(number: str) -> set[str]:
    """Return the codes that mean a number and no other, such as `CSP-0045671` for `CSP.0045671`."""
    code = as_code(number)
    return {code, code.replace(".", "-"), *([code.replace(".", "")] if code.startswith("CSP.") else [])}


def _near_spellings(number: str) -> set[str]:
    """Return what is left of a number without its type, or when a spreadsheet read it as a figure (`1.03456`)."""
    code = as_code(number)
    kind, _dot, digits = code.partition(".")
    short = re.sub("^0+", "", digits)
    near = {digits, short, kind + digits, f"{kind}.{short}", f"{kind}-{short}", code.rstrip("0")}
    near |= {f"{kind}{separator}{digits}" for separator in SEPARATORS} | {f"0{code}", f"{kind}.0{digits}"}
    return {spelling for spelling in near if len(spelling) >= LEAST_NEAR}
