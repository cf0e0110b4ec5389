"""Numbers that people read aloud, and names that they search."""

import hashlib
import secrets
import unicodedata
from decimal import Decimal

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, no 1/I: each can be read aloud over the phone

MIDDLE_DOT = "·"  # Catalan writes Gal·la
# Phones and word processors replace what is typed by typographic signs. Rosters and photo IDs have the plain ones.
PLAIN_SIGNS = str.maketrans(
    {
        **dict.fromkeys("’‘‛ʼʻʽ´`′‵ʹ＇", "'"),
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        **dict.fromkeys("‧∙⋅•・", MIDDLE_DOT),
    }
)
# Letters that Unicode does not take apart into a base and an accent; apostrophes, dots and hyphens that people omit.
PLAIN = str.maketrans(
    {
        **dict(zip("łøđħıæœþð", ("l", "o", "d", "h", "i", "ae", "oe", "th", "d"), strict=True)),
        **dict.fromkeys("'’‘‛ʼʻʽ`´′·‧∙⋅", ""),
        **dict.fromkeys("-‐‑‒–—―−", " "),
    }
)


def readable_code(length: int) -> str:
    """Return a random text of `length` characters that people can read aloud."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def readable_number(prefix: str) -> str:
    """Return a new number such as `C-7KQ4-M2XP`. It has 32^8 values, so that a repeat practically never happens."""
    return f"{prefix}-{readable_code(4)}-{readable_code(4)}"


def search_name(*parts: str | None) -> str:
    """Return the parts joined, case-folded, without accents and apostrophes: `O’Brien-Núñez` is `obrien nunez`."""
    text = unicodedata.normalize("NFKD", " ".join(part for part in parts if part).casefold().translate(PLAIN))
    return " ".join("".join(char for char in text if not unicodedata.combining(char)).translate(PLAIN).split())


def plain_signs(name: str) -> str:
    """Return `name` with the plain apostrophe, hyphen and middle dot in place of typographic ones."""
    return name.translate(PLAIN_SIGNS)


def plain_figure(number: Decimal) -> str:
    """Return a decimal without needless zeros and without an exponent: 3.50 as `3.5`, 10.00 as `10`."""
    return f"{number.normalize():f}"


def token_digest(token: str) -> str:
    """Return SHA-256 of the random token in a mailed link, in hex: who has the table alone can open no link."""
    return hashlib.sha256(token.encode()).hexdigest()
