"""The fonts of our PDFs: slices of Noto Sans and Noto Sans SC (OFL) from npm, cut to what a document says.

Whole, they weigh 20 MB and take seconds to open. Their packages bring them as some hundred variable slices with a table
of their characters, so a document opens the few it needs: Latin (kept ready), and say the one that holds 李.
"""

import io
import json
from collections.abc import Iterable
from functools import cache, lru_cache

from django.conf import settings
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FOLDER = settings.BASE_DIR / "static" / "built" / "print"  # by `make assets`
FAMILIES = ("noto-sans", "noto-sans-sc")  # Latin, Cyrillic, Greek, Devanagari; then Chinese
LATIN = "noto-sans-latin"
WEIGHTS = {"": 400, "B": 700}
UNUSED_TABLES = ["BASE", "DSIG", "GDEF", "GPOS", "GSUB", "HVAR", "MVAR", "STAT", "VVAR", "vhea", "vmtx"]
UNKNOWN = "?"


@lru_cache(maxsize=1)
def _slices() -> dict[str, list[range]]:
    """What each slice may hold. A browser takes it at its word; some of it is in another slice, some in none."""
    slices = {}
    for family in FAMILIES:
        table = json.loads((FOLDER / family / "unicode.json").read_text())
        for name, parts in table.items():
            slices[f"{family}-{name.strip('[]')}"] = [_range(part) for part in parts.split(",")]
    return slices


def _range(part: str) -> range:
    first, _dash, last = part.removeprefix("U+").partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


def _opened(name: str) -> TTFont:
    family = next(one for one in reversed(FAMILIES) if name.startswith(one))
    return TTFont(FOLDER / family / f"{name}-wght-normal.woff2", recalcTimestamp=False, lazy=True)


@cache
def _characters(name: str) -> frozenset[int]:
    """What a slice does hold."""
    with _opened(name) as font:
        return frozenset(font.getBestCmap())


@lru_cache(maxsize=4096)
def _slice_of(char: str) -> str | None:
    code = ord(char)
    candidates = (name for name, ranges in _slices().items() if any(code in one for one in ranges))
    return next((name for name in candidates if code in _characters(name)), None)


def printable(text: str) -> str:
    """`text` with a question mark for each character that no slice holds."""
    return "".join(char if _slice_of(char) else UNKNOWN for char in text)


def slices_for(text: str) -> dict[str, str]:
    """The slices that a text needs, Latin first and whole, each with its characters in order."""
    needed = {LATIN: {chr(code) for code in _characters(LATIN)}}
    for char in printable(text):
        needed.setdefault(_slice_of(char) or LATIN, set()).add(char)
    return {name: "".join(sorted(needed[name])) for name in (LATIN, *sorted(needed.keys() - {LATIN}))}


@lru_cache(maxsize=16)
def cut(name: str, characters: str, style: str) -> bytes:
    """One slice as a TrueType font of these characters in the weight of `style` ("" or "B"); no date of today in it."""
    options = Options(layout_features=[], notdef_outline=True, hinting=False, name_IDs=[1, 2, 6])
    options.drop_tables += UNUSED_TABLES
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
    """Every font that these texts need, by slice and style."""
    needed = slices_for("".join(texts))
    return {(name, style): cut(name, characters, style) for name, characters in needed.items() for style in WEIGHTS}
