"""Our fonts as a PDF holds them: for each character its slice, its glyph and its width.

Letters of scripts that join or move them (Thai, Tamil) are written one by one.
"""

import io
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from fontTools.ttLib import TTFont  # type: ignore[import-untyped] # has no types

from certification.papers import fonts

REGULAR, BOLD = "", "B"
ALWAYS = "".join(chr(code) for code in range(32, 127)) + "·–’"


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character in a PDF: the name of its font there, its code in hexadecimal, and its width for a size of 1."""

    font: str
    code: str
    width: float


@dataclass
class Face:
    """A slice of a family in one weight, with the glyphs that the document uses."""

    name: str
    content: bytes
    glyphs: dict[str, Glyph] = field(default_factory=dict)
    ascent: int = 0
    descent: int = 0
    box: tuple[int, int, int, int] = (0, 0, 0, 0)


class Typeface:
    """The faces that hold these characters, regular and bold."""

    def __init__(self, characters: Iterable[str]) -> None:
        self.faces: list[Face] = []
        self._glyphs: dict[str, dict[str, Glyph]] = {REGULAR: {}, BOLD: {}}
        found = fonts.fonts_for([ALWAYS, *sorted(characters)])
        for (_slice, style), content in found.items():
            face = _opened(f"F{len(self.faces)}", content)
            self.faces.append(face)
            known = self._glyphs[style]
            known.update({char: glyph for char, glyph in face.glyphs.items() if char not in known})

    def glyphs(self, text: str, style: str) -> list[Glyph]:
        """Return the glyphs of a text; a question mark for what no font of ours holds."""
        known = self._glyphs[style]
        unknown = known[fonts.UNKNOWN]
        return [known.get(char, unknown) for char in unicodedata.normalize("NFC", text)]

    def width(self, text: str, style: str, size: float) -> float:
        return size * sum(glyph.width for glyph in self.glyphs(text, style))

    def shown(self, text: str, style: str, size: float) -> str:
        """Return the operators that write a text where the cursor is."""
        runs = groupby(self.glyphs(text, style), key=lambda glyph: glyph.font)
        return " ".join(f"/{font} {size:g} Tf <{''.join(glyph.code for glyph in run)}> Tj" for font, run in runs)


def _opened(name: str, content: bytes) -> Face:
    with TTFont(io.BytesIO(content), lazy=True) as font:
        scale = font["head"].unitsPerEm
        head, advances = font["head"], font["hmtx"]
        face = Face(name, content)
        face.ascent, face.descent = (1000 * value // scale for value in (font["hhea"].ascent, font["hhea"].descent))
        face.box = tuple(1000 * value // scale for value in (head.xMin, head.yMin, head.xMax, head.yMax))
        for code, glyph in font.getBestCmap().items():
            width = advances[glyph][0] / scale
            face.glyphs[chr(code)] = Glyph(name, f"{font.getGlyphID(glyph):04X}", width)
    return face


def wrapped(typeface: Typeface, text: str, *, width: float, style: str, size: float) -> Iterator[str]:
    """Yield the lines of a text; a word that is longer than a line is broken within."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if typeface.width(longer, style, size) <= width:
            line = longer
            continue
        if line:
            yield line
        *broken, line = _broken(typeface, word, width, style, size)
        yield from broken
    if line:
        yield line


def _broken(typeface: Typeface, word: str, width: float, style: str, size: float) -> list[str]:
    pieces, reached = [""], 0.0
    for char in word:
        step = typeface.width(char, style, size)
        if reached + step > width and pieces[-1]:
            pieces.append("")
            reached = 0.0
        pieces[-1] += char
        reached += step
    return pieces
