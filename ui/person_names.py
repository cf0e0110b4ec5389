"""Names of physicians as registries write them: in capitals, the last name first, with degrees behind."""

import re
from typing import NamedTuple

DEGREES = {"MD", "DO", "MBBS", "MBCHB", "MBBCH", "PHD", "DPM", "DDS", "DMD", "MPH", "FACP", "FACS"}
ENDINGS = {"II", "III", "IV", "VI"}  # of a name in capitals; "V" is an initial
_WORD = re.compile(r"[^\W\d_]+")


class PersonName(NamedTuple):
    first: str
    last: str


def without_degrees(text: str, *, least: int = 1) -> str:
    """Return a name without the degrees behind it: `JUNE DO`, `June, M.D.` and `June MD, PhD` are June.

    A degree is written in capitals, with or without dots (`PhD` too). `Do` is a name, and so are the first `least`
    words.
    """
    words = text.split()
    while len(words) > least and _is_degree(words[-1]):
        words.pop()
    return " ".join(words).rstrip(",") if words else ""


def _is_degree(word: str) -> bool:
    letters = word.replace(".", "").strip(",")
    return letters.upper() in DEGREES and (letters.isupper() or letters in ("PhD", "MBChB", "MBBCh"))


def person_name(text: str) -> PersonName:
    """Return first and last name of `PARK, JUNE DO`, `June Park, DO` or `JUNE PARK DO`: June Park, an osteopath.

    Before a comma with degrees, and without a comma, two words are two names: `MINH DO, MD` is Minh Do.
    """
    before, _comma, after = text.partition(",")
    if not all(_is_degree(word) for word in after.split()):
        return PersonName(in_name_case(without_degrees(after)), in_name_case(without_degrees(before)))
    words = without_degrees(before, least=2).split()
    return PersonName(in_name_case(" ".join(words[:-1])), in_name_case(words[-1] if words else ""))


def in_name_case(text: str) -> str:
    """Return a name in capitals as people write it: `O'BRIEN-MCKAY III` is `O'Brien-McKay III`.

    A name that has small letters stays as it is.
    """
    return _WORD.sub(lambda word: _cased(word[0]), text) if text.isupper() else text


def _cased(word: str) -> str:
    if word in ENDINGS:
        return word
    if word.startswith("MC") and len(word) > 3:
        return f"Mc{word[2:].capitalize()}"
    return word.capitalize()
