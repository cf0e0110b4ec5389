"""Words and numbers that people read aloud, type and search."""

import hashlib
import secrets
import unicodedata

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, no 1/I: each can be read aloud over the phone


def readable_code(length):
    """A random text of `length` characters that people can read aloud."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def readable_number(prefix):
    """A new number such as `C-7KQ4-M2XP`: 32^8 values, so the unique column meets a repeat practically never."""
    return f"{prefix}-{readable_code(4)}-{readable_code(4)}"


def search_name(*parts):
    """The parts joined, case-folded and without accents: `Núñez, José` is found by `nunez jose`."""
    text = unicodedata.normalize("NFKD", " ".join(part for part in parts if part))
    return " ".join("".join(char for char in text if not unicodedata.combining(char)).casefold().split())


def token_digest(token):
    """SHA-256 of the random token in a mailed link, in hex: the table alone opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()
