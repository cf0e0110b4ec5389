"""Reads the barcode on the back of a driver's license or state ID. Nothing of the scan is kept here."""

import re
from dataclasses import dataclass
from datetime import date

MOST_BYTES = 4_000  # a PDF417 barcode holds 1,108 bytes at most; a scanner that writes names of characters makes more
FIRST_YEAR, LAST_YEAR = 1900, 2100
NO_NAME = ("NONE", "UNAVL", "UNAVAILABLE")
# What ends an element: the control characters themselves, or what scanners write in their place.
_ENDS = re.compile(r"[\n\r\x1c-\x1e]|[␊␍␜-␞]|<(?:LF|CR|FS|GS|RS)>")
# Issuer, version, (from version 02 on) the issuer's own version, number of subfiles, and where each subfile stands.
_HEADER = re.compile(r"(?P<issuer>\d{6})(?:\d{2}){2,3}(?:[A-Z]{2}\d{8})+(?P<rest>.*)", re.DOTALL)
_SUBFILE = re.compile(r"(?:DL|ID|EN)?(?P<element>D[A-Z]{2}.*)?")
_ELEMENT = re.compile(r"(?P<id>D[A-Z]{2})(?P<value>.*)")
_DIGITS = re.compile(r"[0-9]{8}")
# The numbers under which the states issue IDs, as their association (AAMVA) lists them.
ISSUERS = {
    "604427": "AS", "604431": "PR", "636000": "VA", "636001": "NY", "636002": "MA", "636003": "MD", "636004": "NC",
    "636005": "SC", "636006": "CT", "636007": "LA", "636008": "MT", "636009": "NM", "636010": "FL", "636011": "DE",
    "636014": "CA", "636015": "TX", "636018": "IA", "636019": "GU", "636020": "CO", "636021": "AR", "636022": "KS",
    "636023": "OH", "636024": "VT", "636025": "PA", "636026": "AZ", "636029": "OR", "636030": "MO", "636031": "WI",
    "636032": "MI", "636033": "AL", "636034": "ND", "636035": "IL", "636036": "NJ", "636037": "IN", "636038": "MN",
    "636039": "NH", "636040": "UT", "636041": "ME", "636042": "SD", "636043": "DC", "636045": "WA", "636046": "KY",
    "636047": "HI", "636049": "NV", "636050": "ID", "636051": "MS", "636052": "RI", "636053": "TN", "636054": "NE",
    "636055": "GA", "636058": "OK", "636059": "AK", "636060": "WY", "636061": "WV", "636062": "VI",
}  # fmt: skip


class UnreadableLicense(ValueError):
    """The scan is no license, or lacks the number, the name or a date: the driver types it in. It quotes no data."""


@dataclass(frozen=True)
class License:
    """A license or state ID. `expires_date` is its last day; `issuer` is two letters, or empty for an unknown issuer.

    `middle_name` may be empty. An old layout or one of another state may keep it within `first_name`.
    """

    number: str
    last_name: str
    first_name: str
    middle_name: str
    birth_date: date
    expires_date: date
    issuer: str


def read_license(data: bytes) -> License:
    """Return what the bytes of a PDF417 barcode say. The layouts are in docs/domain.md#at-the-door.

    Raises UnreadableLicense, also for a single date that cannot be read: what is not known never passes as valid.
    """
    if len(data) > MOST_BYTES:
        raise UnreadableLicense("It is too long.")
    issuer, elements = _elements_of(_text_of(data))
    last_name, first_name, middle_name = _names_in(elements)
    return License(
        number=_value(elements, "DAQ"),
        last_name=last_name,
        first_name=first_name,
        middle_name=middle_name,
        birth_date=_date_in(_value(elements, "DBB")),
        expires_date=_date_in(_value(elements, "DBA")),
        issuer=ISSUERS.get(issuer, ""),
    )


def _text_of(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _elements_of(text: str) -> tuple[str, dict[str, str]]:
    """Return the number of the issuer, and the elements of the license by their ids.

    An element begins after the end of another: ids are never looked for within a text, because the family name
    DACOSTA would then give the first name OSTA. A scanner that drops the ends makes the scan unreadable.
    """
    header = _HEADER.search(text)
    if header is None:
        raise UnreadableLicense("It has no header.")
    elements: dict[str, str] = {}
    first, *others = _ENDS.split(header["rest"])
    for piece in (_first_element(first), *others):
        found = _ELEMENT.fullmatch(piece.strip())
        if found is None:  # empty, or of the issuer's own part, whose ids begin with Z
            continue
        value = " ".join(found["value"].split())
        if elements.setdefault(found["id"], value) != value:
            raise UnreadableLicense("It has two values for one element.")
    return header["issuer"], elements


def _first_element(piece: str) -> str:
    """Return the element that follows the header on the same line, without the name of its subfile."""
    found = _SUBFILE.fullmatch(piece.strip())
    return (found["element"] or "") if found else ""


def _value(elements: dict[str, str], key: str) -> str:
    value = elements.get(key, "")
    if not value or not value.isprintable():
        raise UnreadableLicense(f"{key} is missing.")
    return value


def _names_in(elements: dict[str, str]) -> tuple[str, str, str]:
    """Return family name, first name and middle name: each an element of its own, or `LAST,FIRST,MIDDLE,SUFFIX`."""
    if "DAA" in elements and not {"DCS", "DAB"} & elements.keys():
        parts = [part.strip() for part in _value(elements, "DAA").split(",")]
        if not 2 <= len(parts) <= 4:
            raise UnreadableLicense("The name has no parts, or too many.")
        last, first, middle = (*parts, "")[:3]
    else:
        last = _value(elements, "DCS" if "DCS" in elements else "DAB")
        first = _value(elements, "DAC" if "DAC" in elements else "DCT")
        middle = elements.get("DAD", "")
        if "DAC" not in elements and "," in first:  # given names of versions 02 and 03
            first, middle = (part.strip() for part in first.split(",", maxsplit=1))
    if not last or not first or first.upper() in NO_NAME or not middle.isprintable():
        raise UnreadableLicense("A part of the name is missing.")
    return last, first, "" if middle.upper() in NO_NAME else middle


def _date_in(digits: str) -> date:
    """Return the date of MMDDCCYY or CCYYMMDD. A month is 12 at most and a century 19 or 20, so only one can fit.

    The version does not decide it: some states write one layout under the version of the other.
    """
    if not _DIGITS.fullmatch(digits):
        raise UnreadableLicense("A date is missing.")
    is_year_first = digits[:2] in ("19", "20", "21")
    year, month, day = (digits[:4], digits[4:6], digits[6:]) if is_year_first else (digits[4:], digits[:2], digits[2:4])
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise UnreadableLicense("A date does not exist.") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise UnreadableLicense("A date is out of reach.")
    return found
