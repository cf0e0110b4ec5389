"""Clean what people type or send before it is checked."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

# Zero-width spaces, byte order marks, switches of direction: invisible, and a way to make one name look like another.
# The zero-width joiner stays: emoji and Persian words need it. NUL stays too, to be refused with a sentence.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\x01-\x08\x0e-\x1f\x7f]")


def tidy(text: str, *, multiline: bool = False) -> str:
    """Return `text` in NFC without invisible characters; white space becomes one space (lines stay if `multiline`)."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    if multiline:
        return "\n".join(line.rstrip() for line in text.splitlines()).strip()
    return " ".join(text.split())


def tidied(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with each text of one line tidied: what actions store, whichever door it came by."""
    return {name: tidy(value) if isinstance(value, str) else value for name, value in fields.items()}


_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")


def plain_number(text: str) -> str:
    """Return a number without the commas between its thousands: `1,000.50` is `1000.50`. Other text stays as it is."""
    text = text.strip()
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text
