"""Fields of the monitoring report: how long each may be, and how a value becomes the ASCII that the format allows.

The format is ASAP 4.2A [docs/domain.md#the-monitoring-report]. A field is named by its segment and its place: PAT07.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

SEPARATOR = "*"
TERMINATOR = "~"

# Signs that Unicode takes apart wrongly (an acute accent alone becomes a space), or not at all.
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("’‘‛ʼʻʽ´`′‵ʹ", "'"),
        **dict.fromkeys("“”„‟", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("·‧∙⋅•・", ""),
    }
)
# Capitals that Unicode does not take apart into a base and an accent.
_LETTERS = str.maketrans(
    {"Ø": "O", "Đ": "D", "Ð": "D", "Ł": "L", "Ħ": "H", "Ŧ": "T", "Æ": "AE", "Œ": "OE", "Þ": "TH", "ẞ": "SS"}
)
_LONGEST_QUANTITY = 11


class Field(NamedTuple):
    """A value that comes from people or settings: its name for staff, its longest length, and what is done with it."""

    label: str
    longest: int | None
    fit: Callable[[str, "Field"], str]
    required: bool = False


def folded(value: str, label: str) -> str:
    """Return a value in ASCII capitals, without separators and line breaks: `Núñez` is `NUNEZ`, `12½` is `12 1/2`.

    What cannot be folded raises a ValueError that names the value.
    """
    apart = "".join(map(_taken_apart, value.translate(_SIGNS))).translate(_SIGNS)
    text = "".join(map(_kept, apart.upper().translate(_LETTERS)))
    if not text.isascii():
        raise ValueError(f"{label} {value!r} cannot be written in ASCII letters.")
    # Only now: a full-width asterisk has become a separator by the folding.
    return " ".join(text.replace(SEPARATOR, "").replace(TERMINATOR, "").split())


def _taken_apart(char: str) -> str:
    apart = unicodedata.normalize("NFKD", char)
    return " " + apart.replace("⁄", "/") if "⁄" in apart else apart


def _kept(char: str) -> str:
    """Return nothing for accents and invisible characters, a space for line breaks and other control characters."""
    category = unicodedata.category(char)
    return "" if category in ("Mn", "Cf") else " " if category in ("Cc", "Zl", "Zp", "Zs") else char


def words(value: str, field: Field) -> str:
    """Return a name or an address, cut to the field's length."""
    return folded(value, field.label)[: field.longest].rstrip()


def identity(value: str, field: Field) -> str:
    """Return a number or code by which something is found again, in capitals and otherwise unchanged.

    A ValueError is raised where the report could not carry it whole: cut, it would be the number of something else.
    """
    text = folded(value, field.label)
    if text != value.strip().upper():
        raise ValueError(f"{field.label} {value!r} has characters that the monitoring report cannot carry.")
    return _whole(text, field)


def number_of_card(value: str, field: Field) -> str:
    """Return the number of a photo ID without separators, never cut: older cards of Washington hold asterisks."""
    return _whole(folded(value, field.label), field)


def _whole(text: str, field: Field) -> str:
    if field.longest is not None and len(text) > field.longest:
        raise ValueError(f"{field.label} {text!r} is longer than {field.longest} characters.")
    return text


def digits(value: str, field: Field) -> str:
    """Return the digits of a ZIP code, cut to the field's length."""
    return re.sub(r"[^0-9]", "", folded(value, field.label))[: field.longest]


def phone(value: str, field: Field) -> str:
    """Return the digits of a phone number without the country code 1, cut to ten: an extension is left out."""
    found = re.sub(r"[^0-9]", "", folded(value, field.label))
    if len(found) > 10 and found.startswith("1"):  # no area code begins with 1
        found = found[1:]
    return found[: field.longest]


def state(value: str, field: Field) -> str:
    """Return the two letters of a state. A longer value is refused: cut, Connecticut would be Colorado's CO."""
    text = folded(value, field.label)
    if text and not re.fullmatch(r"[A-Z]{2}", text):
        raise ValueError(f"{field.label} {value!r} is not the two letters of a state, such as CT.")
    return text


def one_of(*codes: str) -> Callable[[str, Field], str]:
    """Return a function that takes these codes of the format, and raises a ValueError for any other."""

    def fit(value: str, field: Field) -> str:
        text = folded(value, field.label)
        if text not in codes:
            raise ValueError(f"{field.label} {value!r} is none of {', '.join(codes)}.")
        return text

    return fit


CONTROL_NUMBER = Field("The control number", 40, identity, required=True)  # format

# Lengths marked "format" are those of docs/domain.md#the-monitoring-report. It has none for the others; chosen is
# the length of the same kind of value (a name as PAT07, a street as PAT12, a town as PAT14), or the length that the
# value has by its own rules (nine characters of a DEA number, 25 of a US card's number). What the agency supplies has
# no limit: the agency knows its own codes. What stands in no row is written by dispensing/asap.py itself.
FIELDS: Mapping[str, Field] = {
    "TH02": CONTROL_NUMBER,
    "TT01": CONTROL_NUMBER,
    "IS01": Field("The dispensary's source id", None, identity, required=True),  # agency
    "IS02": Field("The dispensary's name", 60, words, required=True),  # choice
    "PHA03": Field("The pharmacy number", None, identity, required=True),  # agency
    "PHA04": Field("The dispensary's name", 60, words),  # choice, as IS02
    "PHA05": Field("The dispensary's street", 35, words),  # choice, as PAT12
    "PHA06": Field("The dispensary's unit", 35, words),  # choice, as PAT12
    "PHA07": Field("The dispensary's town", 20, words),  # choice, as PAT14
    "PHA08": Field("The dispensary's state", 2, state),
    "PHA09": Field("The dispensary's ZIP code", 9, digits),
    "PHA10": Field("The dispensary's phone", 10, phone),  # choice, as PAT17
    "PAT07": Field("The patient's last name", 50, words, required=True),  # format
    "PAT08": Field("The patient's first name", 50, words, required=True),  # format
    "PAT09": Field("The patient's middle name", 50, words),  # choice, as PAT08
    "PAT12": Field("The patient's street", 35, words, required=True),  # format
    "PAT13": Field("The patient's unit", 35, words),  # choice, as PAT12
    "PAT14": Field("The patient's town", 20, words, required=True),  # format
    "PAT15": Field("The patient's state", 2, state, required=True),
    "PAT16": Field("The patient's ZIP code", 9, digits, required=True),
    "PAT17": Field("The patient's phone", 10, phone, required=True),  # format
    "PAT19": Field("The patient's sex", 1, one_of("F", "M", "U"), required=True),
    "DSP01": Field("The status of the report", 2, one_of("00", "01", "02"), required=True),
    "DSP02": Field("The serial number", 25, identity, required=True),  # format
    "DSP08": Field("The product code", 11, identity, required=True),  # format
    "DSP11": Field("The unit code", 2, one_of("01", "02", "03"), required=True),
    "DSP12": Field("The order-origin code", None, identity, required=True),  # agency
    "PRE02": Field("The certifier's DEA number", 9, identity, required=True),  # its own length
    "PRE04": Field("The certifier's state licence", 20, identity),  # choice
    "PRE05": Field("The certifier's last name", 50, words, required=True),  # choice, as PAT07
    "PRE06": Field("The certifier's first name", 50, words, required=True),  # choice, as PAT08
    "PRE08": Field("The certifier's phone", 10, phone),  # choice, as PAT17
    "AIR03": Field("The state of the photo ID", 2, state),
    "AIR04": Field("The kind of the photo ID", 2, identity),  # length of its codes
    "AIR05": Field("The number of the photo ID", 25, number_of_card),  # AAMVA's card standard, element DAQ
    "AIR06": Field("The relationship to the patient", 2, identity),  # length of its codes
    "AIR07": Field("The receiver's last name", 50, words),  # choice, as PAT07
    "AIR08": Field("The receiver's first name", 50, words),  # choice, as PAT08
}  # fmt: skip


def segment(tag: str, elements: Mapping[int, str]) -> str:
    """Return a segment with its terminator: each element at its place, none empty at the end, and at least one.

    An empty segment keeps one separator (`PRE*~`), since readers drop a bare `PRE~`.
    """
    written = [""] * max(elements, default=1)
    for place, value in elements.items():
        written[place - 1] = _element(f"{tag}{place:02}", value)
    while len(written) > 1 and not written[-1]:
        written.pop()
    return SEPARATOR.join([tag, *written]) + TERMINATOR


def _element(place: str, value: str) -> str:
    field = FIELDS.get(place)
    if field is None or (not value and not field.required):
        return value
    text = field.fit(value, field)
    if field.required and not text:
        raise ValueError(f"{field.label} is missing, and the monitoring report needs it.")
    return text


def day(value: date) -> str:
    """Return a date as CCYYMMDD. A moment raises a ValueError: its day depends on a time zone."""
    if isinstance(value, datetime):
        raise ValueError(f"{value!r} is a moment, and the monitoring report needs a date.")
    return f"{value.year:04}{value.month:02}{value.day:02}"


def quantity_text(quantity: Decimal) -> str:
    """Return an amount above 0 without trailing zeros and without an exponent: 3.50 is `3.5`, 1E+1 is `10`.

    Raises ValueError for zero, negative and infinite amounts, and above 11 characters, which is a choice: cut, it would
    be another amount.
    """
    if not quantity.is_finite() or quantity <= 0:
        raise ValueError(f"The quantity {quantity} is not an amount above 0.")
    # Looked at first: written in full, 1E+999999999 would take a gigabyte.
    if abs(quantity.adjusted()) >= _LONGEST_QUANTITY:
        raise ValueError(f"The quantity {quantity} is longer than {_LONGEST_QUANTITY} characters.")
    text = f"{quantity:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if len(text) > _LONGEST_QUANTITY:
        raise ValueError(f"The quantity {text} is longer than {_LONGEST_QUANTITY} characters.")
    return text


def days_text(days: int) -> str:
    """Return the days of supply, 1 to 999: the length of three digits is a choice."""
    if not 1 <= days <= 999:
        raise ValueError(f"The supply of {days} days is not between 1 and 999 days.")
    return str(days)
