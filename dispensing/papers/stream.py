"""A PDF that leaves page by page: what is written is given away at once, and memory keeps only where it stands.

fpdf2, which makes our other papers, keeps every page until the last: a log of 100,000 units takes minutes and more
memory than a worker has. Here each page is compressed when it is full. Each of its paragraphs is an element that a
screen reader follows, as in the other papers.
"""

import zlib
from array import array
from collections.abc import Iterable
from datetime import UTC, datetime

from dispensing.papers.typeface import Face, Typeface

CATALOG, PAGES, RESOURCES, TREE, DOCUMENT, PARENTS, INFO = range(1, 8)
FIRST_FREE = 8
GLYPHS_A_BLOCK = 100  # that a map of characters may hold


class StreamedPdf:
    """Pages of one size; `take` returns the bytes since the last call, and `finish` writes the rest."""

    def __init__(self, *, title: str, made_at: datetime, width: float, height: float, typeface: Typeface) -> None:
        self.title, self.made_at, self.width, self.height, self.typeface = title, made_at, width, height, typeface
        self._places = array("Q", [0] * FIRST_FREE)
        self._gone = 0
        self._written = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        self._pages: list[int] = []
        self._parents: list[int] = []
        self._sections: list[int] = []  # the elements of each page

    @property
    def page_count(self) -> int:
        return len(self._pages)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._gone += len(taken)
        self._written.clear()
        return taken

    def page(self, paragraphs: Iterable[tuple[str, str]], decoration: str) -> None:
        """Write a page: its paragraphs, each with its kind (P, H1) and operators, and what nobody reads aloud."""
        parts = [f"/Artifact BMC\n{decoration}\nEMC"]
        page, section, elements = self._reserve(), self._reserve(), []
        for number, (kind, operators) in enumerate(paragraphs):
            parts.append(f"/{kind} <</MCID {number}>> BDC\n{operators}\nEMC")
            element = f"<</Type/StructElem/S/{kind}/P {section} 0 R/K {number}/Pg {page} 0 R>>"
            elements.append(self._object(element))
        content = self._stream("\n".join(parts).encode("ascii"))
        self._object(
            f"<</Type/Page/Parent {PAGES} 0 R/MediaBox[0 0 {self.width:g} {self.height:g}]/Resources {RESOURCES} 0 R"
            f"/Contents {content} 0 R/StructParents {len(self._pages)}/Tabs/S>>",
            page,
        )
        listed = _references(elements)
        self._object(f"<</Type/StructElem/S/Sect/P {DOCUMENT} 0 R/K[{listed}]>>", section)
        self._pages.append(page)
        self._sections.append(section)
        self._parents.append(self._object(f"[{listed}]"))

    def finish(self) -> None:
        """Write the fonts and the tables after the last page."""
        fonts = "".join(f"/{face.name} {self._font(face)} 0 R" for face in self.typeface.faces)
        self._object(f"<</Font<<{fonts}>>>>", RESOURCES)
        self._object(f"<</Type/Pages/Count {len(self._pages)}/Kids[{_references(self._pages)}]>>", PAGES)
        numbered = " ".join(f"{page} {parents} 0 R" for page, parents in enumerate(self._parents))
        self._object(f"<</Nums[{numbered}]>>", PARENTS)
        self._object(f"<</Type/StructElem/S/Document/P {TREE} 0 R/K[{_references(self._sections)}]>>", DOCUMENT)
        next_key = len(self._pages)
        self._object(
            f"<</Type/StructTreeRoot/K {DOCUMENT} 0 R/ParentTree {PARENTS} 0 R/ParentTreeNextKey {next_key}>>", TREE
        )
        self._object(
            f"<</Type/Catalog/Pages {PAGES} 0 R/Lang(en-US)/MarkInfo<</Marked true>>/StructTreeRoot {TREE} 0 R"
            "/ViewerPreferences<</DisplayDocTitle true>>>>",
            CATALOG,
        )
        made = self.made_at.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")
        title = self.title.encode("utf-16-be").hex().upper()
        self._object(f"<</Title<FEFF{title}>/Creator(Medical Marijuana Program)/CreationDate({made})>>", INFO)
        self._write_places()

    def _write_places(self) -> None:
        begins = self._gone + len(self._written)
        count = len(self._places)
        self._written += b"xref\n0 %d\n0000000000 65535 f \n" % count
        for place in self._places[1:]:
            self._written += b"%010d 00000 n \n" % place
        self._written += b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\n" % (count, CATALOG, INFO)
        self._written += b"startxref\n%d\n%%%%EOF\n" % begins

    def _reserve(self) -> int:
        self._places.append(0)
        return len(self._places) - 1

    def _object(self, body: str | bytes, number: int | None = None) -> int:
        number = number or self._reserve()
        self._places[number] = self._gone + len(self._written)
        content = body.encode("ascii") if isinstance(body, str) else body
        self._written += b"%d 0 obj\n%b\nendobj\n" % (number, content)
        return number

    def _stream(self, content: bytes, more: str = "") -> int:
        packed = zlib.compress(content)
        head = f"<</Filter/FlateDecode/Length {len(packed)}{more}>>".encode("ascii")
        return self._object(b"%b\nstream\n%b\nendstream" % (head, packed))

    def _font(self, face: Face) -> int:
        """Write a face and what describes it: its file, widths, and the characters for search and copy."""
        file = self._stream(face.content, f"/Length1 {len(face.content)}")
        name = f"/AAAAAA+NotoSans-{face.name}"
        box = " ".join(map(str, face.box))
        described = self._object(
            f"<</Type/FontDescriptor/FontName{name}/Flags 4/FontBBox[{box}]/ItalicAngle 0/Ascent {face.ascent}"
            f"/Descent {face.descent}/CapHeight {face.ascent}/StemV 80/FontFile2 {file} 0 R>>"
        )
        widths = {int(glyph.code, 16): 1000 * glyph.width for glyph in face.glyphs.values()}
        listed = "".join(f"{code}[{width:.0f}]" for code, width in widths.items())
        descendant = self._object(
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont{name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
            f"/Supplement 0>>/FontDescriptor {described} 0 R/W[{listed}]/CIDToGIDMap/Identity>>"
        )
        characters = self._stream(_map_of(_characters_of(face)).encode("ascii"))
        return self._object(
            f"<</Type/Font/Subtype/Type0/BaseFont{name}/Encoding/Identity-H/DescendantFonts[{descendant} 0 R]"
            f"/ToUnicode {characters} 0 R>>"
        )


def _characters_of(face: Face) -> dict[str, str]:
    """Return by code the character that a reader copies; the first one where a glyph serves several."""
    found: dict[str, str] = {}
    for char, glyph in face.glyphs.items():
        found.setdefault(glyph.code, char)
    return found


def _map_of(characters: dict[str, str]) -> str:
    pairs = [f"<{code}> <{char.encode('utf-16-be').hex().upper()}>" for code, char in sorted(characters.items())]
    blocks = [pairs[begin : begin + GLYPHS_A_BLOCK] for begin in range(0, len(pairs), GLYPHS_A_BLOCK)]
    return "\n".join([
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
        *(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks),
        "endcmap CMapName currentdict /CMap defineresource pop end end",
    ])  # fmt: skip


def _references(numbers: Iterable[int]) -> str:
    return " ".join(f"{number} 0 R" for number in numbers)
