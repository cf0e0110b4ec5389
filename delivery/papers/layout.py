"""The pages of the print pack: a head with the title, rows that never break apart, boxes to tick and lines to fill in.

Lengths are points, and y goes down.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from certification.papers import fonts
from certification.papers.document import BLACK, GREY, Paper

EDGE, TOP, FOOT = 40.0, 92.0, 48.0
WIDTH = 612 - 2 * EDGE
RULE = (200, 204, 210)
RED = (181, 9, 9)
BOX = 9
LEADING, LEAST = 1.25, 4.5


class PackPaper(Paper):
    """A paper whose pages each say what they are, for which window, and when they were printed."""

    def __init__(self, *, title: str, window: str, made_at: datetime, printed: str):
        super().__init__(title=title, made_at=made_at)
        self.window, self.printed = window, printed
        self.part, self.part_page, self.names_people = "", 0, True
        self.c_margin = 0

    def begin(self, part: str, *more: str, names_people: bool = True) -> None:
        """Begin a part of the pack on a page of its own; `more` are two lines at the right of its title."""
        self.part, self.part_page, self.names_people = part, 0, names_people
        self.new_page()
        for place, line in enumerate(more):
            self.put(line, EDGE + WIDTH * 0.62, 42 + 16 * place, width=WIDTH * 0.38, size=10.5, align="R")
        self.set_y(TOP)

    def new_page(self) -> None:
        """Begin another page of the part, with its head and foot."""
        self.add_page()
        self.part_page += 1
        is_first = self.part_page == 1
        numbered = _("%(part)s, page %(page)d") % {"part": self.part, "page": self.part_page}
        title, kind = (self.part, "H1") if is_first else (numbered, "P")
        self.put(title, EDGE, 36, width=WIDTH * 0.62, size=19, style="B", kind=kind)
        self.put(self.window, EDGE, 61, width=WIDTH * 0.62, size=10.5, color=GREY)
        self.rule(82, color=BLACK, thick=1.5)
        y = self.h - FOOT + 13
        self.rule(y - 5)
        privacy = _("Names patients: give this page back after the run, it is shredded.")
        foot = f"{self.printed} · {privacy}" if self.names_people else self.printed
        self.put(foot, EDGE, y, width=WIDTH - 60, size=8, color=GREY)
        self.put(str(self.page_no()), EDGE + WIDTH - 60, y, width=60, size=8, color=GREY, align="R")
        self.set_y(TOP)

    def make_room(self, height: float, heads: Callable[[], None] | None = None) -> float:
        """Return the y at which something of this height fits: on this page, or on the next below its `heads`."""
        if self.get_y() + height > self.h - FOOT:
            self.new_page()
            if heads:
                heads()
        return float(self.get_y())

    def put(
        self,
        text: str,
        x: float,
        y: float,
        *,
        width: float,
        size: float = 10,
        style: str = "",
        color: tuple[int, int, int] = BLACK,
        align: str = "L",
        kind: str = "P",
        height: float | None = None,
    ) -> None:
        """Write a text at a place; a long one is written smaller, or in more lines, so that it fits the height.

        The default height is one line of this size.
        """
        if not text:
            return
        shown = self._size(text, width=width - 2, size=size, style=style, height=height or size * LEADING)
        self.set_font(fonts.LATIN, style, shown)
        self.set_text_color(*color)
        is_one_line = height is None and shown > size / 2
        self.set_xy(x, y + (size - shown) * 0.6 if is_one_line else y)
        with self.tagged(kind):
            self.multi_cell(width, shown * LEADING, fonts.printable(text), align=align, new_x="LEFT", new_y="NEXT")

    def _size(self, text: str, *, width: float, size: float, style: str, height: float) -> float:
        """Return the largest size up to `size` at which the text fits in one, two or three lines of this height."""
        self.set_font(fonts.LATIN, style, size)
        needed = self.get_string_width(fonts.printable(text))
        if needed <= width:
            return size
        # A tenth of each line stays empty at its end, where the next word does not fit.
        sizes = [size * width / needed]
        sizes += [min(size * 0.9 * lines * width / needed, height / lines / LEADING) for lines in (2, 3)]
        return max(LEAST, min(size, max(sizes)))

    def rule(
        self,
        y: float,
        *,
        x: float = EDGE,
        width: float = WIDTH,
        color: tuple[int, int, int] = RULE,
        thick: float = 0.6,
    ) -> None:
        """Draw a line across the page, or from `x` as far as `width`."""
        self.set_draw_color(*color)
        self.set_line_width(thick)
        with self.unread():
            self.line(x, y, x + width, y)

    def box(self, x: float, y: float, side: float = BOX) -> None:
        """Draw a box to tick."""
        self.set_draw_color(*BLACK)
        self.set_line_width(0.9)
        with self.unread():
            self.rect(x, y, side, side)

    def tick(self, label: str, x: float, y: float, *, size: float = 9.5, style: str = "", most: float = WIDTH) -> float:
        """Draw a box to tick with its label; return the x behind it."""
        self.box(x, y + (size * 1.25 - BOX) / 2)
        self.set_font(fonts.LATIN, style, size)
        width = min(self.get_string_width(fonts.printable(label)) + 3, most)
        self.put(label, x + BOX + 4, y, width=width, size=size, style=style)
        return x + BOX + 4 + width + 10

    def blank(self, label: str, x: float, y: float, *, width: float, lead: str = "") -> None:
        """Draw a line to write on, with its label below; `lead` stands before what is written, for example $."""
        self.rule(y + 16, x=x, width=width, color=BLACK, thick=0.7)
        self.put(lead, x, y + 3, width=12, size=10)
        self.put(label, x, y + 18, width=width, size=7.5, color=GREY)

    def heads(self, columns: Sequence[tuple[str, float, float, str]]) -> None:
        """Write the heads of columns, each with its words, x, width and "L" or "R", over a line."""
        y = self.get_y()
        for words, x, width, align in columns:
            self.put(words, x, y, width=width, size=8.5, color=GREY, align=align)
        self.rule(y + 13, color=BLACK, thick=0.8)
        self.set_y(y + 18)
