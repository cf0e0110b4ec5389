"""A page of a PDF with title, language, tags and fonts. The same words give the same bytes."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from fpdf import FPDF, ViewerPreferences
from fpdf.fonts import TTFFont

from certification import qr
from certification.papers import fonts

GREEN, GREY, BLACK = (16, 94, 88), (86, 92, 101), (27, 27, 27)
MARGIN = 54  # points, as every length here


class Paper(FPDF):
    """A page on which texts are tagged, so that a screen reader reads them, and lines are not."""

    scale: float = 1  # of every text written from here on

    def __init__(self, *, title: str, made_at: datetime, language: str = "en-US"):
        super().__init__(format="letter", unit="pt")
        self.set_title(title)
        self.set_lang(language)
        self.set_creator("Medical Marijuana Program")
        self.set_creation_date(made_at)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.set_margin(MARGIN)
        self.set_auto_page_break(False)

    def load_fonts(self, desk: "Desk", texts: Iterable[str]) -> None:
        texts, families = list(texts), []
        self.set_text_shaping(use_shaping_engine=fonts.is_shaped("".join(texts)))
        for (name, style), content in fonts.fonts_for(texts).items():
            path = desk.folder / f"{name}{style}.ttf"
            path.write_bytes(content)
            self.add_font(name, style, path)
            desk.opened.callback(cast(TTFFont, self.fonts[f"{name}{style}"]).ttfont.close)
            families.append(name)
        self.set_fallback_fonts([name for name in dict.fromkeys(families) if name != fonts.LATIN])

    def _render_styled_text_line(self, *args: Any, **kwargs: Any) -> bool:
        """Set the font anew in each line: fpdf2 forgets that letters of another script have changed it."""
        self.current_font_is_set_on_page = False
        return super()._render_styled_text_line(*args, **kwargs)

    @contextmanager
    def tagged(self, kind: str, **more: str) -> Iterator[None]:
        """Make what is drawn inside one element (H1, P, Figure …) of the structure that a screen reader follows."""
        number = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=f"/{kind}", mcid=number, **more)
        self._out(f"/{kind} <</MCID {number}>> BDC")
        yield
        self._out("EMC")

    @contextmanager
    def unread(self) -> Iterator[None]:
        """Hide what is drawn inside, lines and boxes, from screen readers."""
        self._out("/Artifact BMC")
        yield
        self._out("EMC")

    def write_block(
        self,
        text: str,
        *,
        size: float,
        width: float,
        style: str = "",
        color: tuple[int, int, int] = BLACK,
        kind: str = "P",
        at: tuple[float, float] | None = None,
        lines: float = 1.35,
    ) -> None:
        """Write a paragraph at `at` (x, y), or below the last one, and put the cursor below it."""
        size *= self.scale
        if at:
            self.set_xy(*at)
        self.set_font(fonts.LATIN, style, size)
        self.set_text_color(*color)
        x = self.get_x()
        with self.tagged(kind):
            self.multi_cell(width, size * lines, fonts.printable(text), align="L", new_x="LEFT", new_y="NEXT")
        self.set_x(x)

    def size_that_fits(self, text: str, *, width: float, most: float, least: float, style: str = "") -> float:
        """Return the largest font size from `most` down to `least` at which the text fits on one line."""
        self.set_font(fonts.LATIN, style, most)
        needed = self.get_string_width(fonts.printable(text))
        return max(least, min(most, most * width / needed)) if needed else most

    def draw_code(self, text: str, *, x: float, y: float, side: float, alt_text: str) -> None:
        rows = qr.matrix(text)
        square = side / len(rows)
        self.set_fill_color(0)
        with self.tagged("Figure", alt_text=alt_text):
            for row, cells in enumerate(rows):
                for first, count in _runs(cells):
                    self.rect(x + first * square, y + row * square, count * square, square, style="F")


def _runs(cells: list[int]) -> Iterator[tuple[int, int]]:
    """Yield where black squares begin in a row and how many follow, so that no hairline shows between them."""
    start = None
    for place, cell in enumerate([*cells, 0]):
        if cell and start is None:
            start = place
        elif not cell and start is not None:
            yield start, place - start
            start = None


@dataclass(frozen=True)
class Desk:
    """The folder of the fonts while a paper is written: fpdf2 reads them from files until the document is done."""

    folder: Path
    opened: ExitStack


@contextmanager
def at_desk() -> Iterator[Desk]:
    with TemporaryDirectory(prefix="paper-") as folder, ExitStack() as opened:
        yield Desk(Path(folder), opened)
