#!/usr/bin/env bash
# A font that fontTools has cut to the characters of a Tamil word draws the vowel of the word on the wrong side.
#
# The vowel sign o (U+0BCB) is drawn as two signs around its consonant. HarfBuzz takes it apart into U+0BC7 and U+0BBE,
# where the font has both. The subsetter of fontTools 4.68.0 keeps what the layout tables lead to, and a canonical
# decomposition is not in the tables: it drops both. No error and no missing glyph tells: the one glyph of U+0BCB is drawn
# after its consonant, which readers of Tamil take for a misprint. Cut by the text and its decomposition, it is right.
#
# Seen, with uharfbuzz 0.57.0 and Noto Sans Tamil 5.3.0 (Fontsource), for U+0B95 U+0BCB:
#   whole font:                      U+0BC7 U+0B95 U+0BBE
#   cut to the text:                 U+0B95 U+0BCB
#   cut to the text and its NFD:     U+0BC7 U+0B95 U+0BBE
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check fonttools==4.68.0 brotli==1.2.1 uharfbuzz==0.57.0
npm install --silent --no-save --prefix . @fontsource-variable/noto-sans-tamil@5.3.0

venv/bin/python - <<'PYTHON'
import io
import unicodedata

import uharfbuzz
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FILE = "node_modules/@fontsource-variable/noto-sans-tamil/files/noto-sans-tamil-tamil-wght-normal.woff2"
SYLLABLE = "\u0b95\u0bcb"


def glyphs_drawn(characters):
    """The glyphs of the syllable, left to right, from the font cut to these characters."""
    font = TTFont(FILE)
    if characters:
        subsetter = Subsetter(Options(layout_features=["*"], glyph_names=True))
        subsetter.populate(text=characters)
        subsetter.subset(font)
    font.flavor, out = None, io.BytesIO()
    font.save(out)
    names = {glyph: f"U+{code:04X}" for code, glyph in font.getBestCmap().items()}
    shaped = uharfbuzz.Buffer()
    shaped.add_str(SYLLABLE)
    shaped.guess_segment_properties()
    uharfbuzz.shape(uharfbuzz.Font(uharfbuzz.Face(out.getvalue())), shaped)
    order = font.getGlyphOrder()
    return [names.get(order[glyph.codepoint], order[glyph.codepoint]) for glyph in shaped.glyph_infos]


seen = {
    "whole font": glyphs_drawn(""),
    "cut to the text": glyphs_drawn(SYLLABLE),
    "cut to the text and its NFD": glyphs_drawn(SYLLABLE + unicodedata.normalize("NFD", SYLLABLE)),
}
for what, glyphs in seen.items():
    print(f"{what}: {' '.join(glyphs)}")
right = ["U+0BC7", "U+0B95", "U+0BBE"]
assert list(seen.values()) == [right, ["U+0B95", "U+0BCB"], right], "It has changed: compare with the head of this file."
PYTHON
