"""The fonts of our PDFs: slices of the Noto Sans families (OFL) from npm, cut to what a document says.

Whole, they weigh 30 MB and take seconds to open. Their packages bring them as hundreds of variable slices with a table
of their characters, so a document opens the few that it needs: Latin, and for example the slice that holds 李.
"""

import io
import json
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped] # has no types
from fontTools.ttLib import TTFont  # type: ignore[import-untyped] # has no types
from fontTools.varLib.instancer import instantiateVariableFont  # type: ignore[import-untyped] # has no types

FOLDER = settings.BASE_DIR / "static" / "built" / "print"  # by `make assets`
# Latin, Cyrillic, Greek and Devanagari first; then Chinese, Korean, and one script each.
FAMILIES = (
    "noto-sans",
    "noto-sans-sc",
    "noto-sans-kr",
    "noto-sans-thai",
    "noto-sans-georgian",
    "noto-sans-armenian",
    "noto-sans-tamil",
    "noto-sans-bengali",
    "noto-sans-ethiopic",
    "noto-sans-khmer",
)
# In these scripts letters change their shape and place by what stands beside them, as the tables of the font say.
SHAPED = {f"noto-sans-{name}" for name in ("devanagari", "thai-thai", "tamil-tamil", "bengali-bengali", "khmer-khmer")}
LATIN = "noto-sans-latin"
WEIGHTS = {"": 400, "B": 700}
LAYOUT_TABLES = ["GDEF", "GPOS", "GSUB"]
UNUSED_TABLES = ["BASE", "DSIG", "HVAR", "MVAR", "STAT", "VVAR", "vhea", "vmtx"]
UNKNOWN = "?"


@lru_cache(maxsize=1)
def _slices() -> dict[str, list[range]]:
    """Return the characters that each slice may hold, by its name. The tables promise more than the slices hold."""
    slices = {}
    for family in FAMILIES:
        table = json.loads((FOLDER / family / "unicode.json").read_text())
        for key, parts in table.items():
            name = f"{family}-{key.strip('[]')}"
            if _file_of(name).exists():  # `make assets` copies the Latin letters of the first family alone
                slices[name] = [_range(part) for part in parts.split(",")]
    return slices


def _range(part: str) -> range:
    first, _dash, last = part.removeprefix("U+").partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


def _file_of(name: str) -> Path:
    family = next(family for family in reversed(FAMILIES) if name.startswith(family))
    return FOLDER / family / f"{name}-wght-normal.woff2"


def _opened(name: str) -> TTFont:
    return TTFont(_file_of(name), recalcTimestamp=False, lazy=True)


@cache
def _characters(name: str) -> frozenset[int]:
    """Return the characters that a slice does hold."""
    with _opened(name) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=4096)
def _slice_of(char: str) -> str | None:
    code = ord(char)
    candidates = (name for name, ranges in _slices().items() if any(code in span for span in ranges))
    return next((name for name in candidates if code in _characters(name)), None)


def printable(text: str) -> str:
    """Return the text with a question mark for each character that no slice holds."""
    return "".join(char if _slice_of(char) else UNKNOWN for char in unicodedata.normalize("NFC", text))


def is_shaped(text: str) -> bool:
    """Return whether the text has letters that change their shape or place by what stands beside them."""
    return any(_slice_of(char) in SHAPED for char in text)


def slices_for(text: str) -> dict[str, str]:
    """Return the slices that a text needs, Latin first, each with its characters in order.

    Latin is whole, and so is a script whose letters change: one letter is often drawn as two others. A character that
    joins letters, or a sign that several scripts share, comes from the slice of the letter before.
    """
    needed: dict[str, set[str]] = {LATIN: set()}
    before = LATIN
    for char in printable(text):
        if not (before in SHAPED and ord(char) in _characters(before)):
            before = _slice_of(char) or LATIN
        needed.setdefault(before, set()).add(char)
    for name in needed.keys() & {LATIN, *SHAPED}:
        needed[name] = {chr(code) for code in _characters(name)}
    return {name: "".join(sorted(needed[name])) for name in (LATIN, *sorted(needed.keys() - {LATIN}))}


@lru_cache(maxsize=32)
def cut(name: str, characters: str, style: str) -> bytes:
    """Return a slice as a TrueType font of these characters in the weight of `style` ("" or "B"), without a date."""
    features = ["*"] if name in SHAPED else []
    options = Options(layout_features=features, notdef_outline=True, hinting=False, name_IDs=[1, 2, 6])
    options.drop_tables += UNUSED_TABLES if name in SHAPED else [*UNUSED_TABLES, *LAYOUT_TABLES]
    subsetter = Subsetter(options)
    subsetter.populate(text=characters)
    out = io.BytesIO()
    with _opened(name) as font:
        subsetter.subset(font)
        instantiateVariableFont(font, {"wght": WEIGHTS[style]}, inplace=True)
        font["name"].setName(f"NotoSans-{WEIGHTS[style]}", 6, 3, 1, 0x409)
        font.flavor = None
        font.save(out)
    return out.getvalue()


def fonts_for(texts: Iterable[str]) -> dict[tuple[str, str], bytes]:
    """Return every font that these texts need, by slice and style."""
    needed = slices_for("".join(texts))
    return {(name, style): cut(name, characters, style) for name, characters in needed.items() for style in WEIGHTS}
