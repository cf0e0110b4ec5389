"""The dispensing log to print: landscape pages, an entry under the other, none broken over two pages.

Lengths are points, and y goes down.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from dispensing.papers.stream import StreamedPdf
from dispensing.papers.typeface import BOLD, REGULAR, Typeface, wrapped
from dispensing.presenters.log import LogLine, Pharmacists, clock, days_in_words, in_words, log_lines

WIDTH, HEIGHT, EDGE = 792.0, 612.0, 36.0
TOP, FOOT = 92.0, 570.0
SIZE, LEADING, GAP = 7.5, 9.6, 6.0
MOST_LINES = 40  # of an entry on a page
BLACK, GREY = "0.1 g", "0.36 g"
RULE, HEAVY_RULE = "0.8 G 0.5 w", "0.1 G 1 w"
# Its heading, where it begins, and its width.
COLUMNS = (
    ("Serial", 36.0, 40.0), ("Dispensed", 80.0, 78.0), ("Product", 162.0, 134.0), ("Amount", 300.0, 60.0),
    ("Patient, and caregiver who took it", 364.0, 152.0), ("Certifier", 520.0, 142.0), ("Pharmacist", 666.0, 90.0),
)  # fmt: skip


@dataclass(frozen=True)
class About:
    """The facts of a log before its first page: its days, its entries, and whose full names are missing."""

    first: date
    last: date
    count: int
    missing: tuple[str, ...]

    @property
    def days(self) -> str:
        return days_in_words(self.first, self.last)


def log_pdf(first: date, last: date) -> Iterator[bytes]:
    """Yield the log of the days from `first` through `last` as a PDF.

    The entries are read twice: first for the letters that the fonts must hold, then for the pages.
    """
    now = timezone.now()
    pharmacists, characters, count = Pharmacists(), set[str](), 0
    for line in log_lines(first, last, pharmacists):
        characters.update(*line.texts)
        count += 1
    about = About(first, last, count, tuple(pharmacists.missing))
    characters.update(settings.DISPENSARY_NAME, settings.DISPENSARY_ADDRESS, *about.missing)
    paper = LogPaper(about, Typeface(characters), now=now)
    for line in log_lines(first, last, pharmacists):
        paper.draw(line)
        if paper.pdf.page_count > paper.pages_taken + 20:
            yield paper.take()
    paper.close()
    yield paper.take()


class LogPaper:
    """The page that is being filled, and the document that the full ones went to."""

    def __init__(self, about: About, typeface: Typeface, *, now: datetime) -> None:
        self.about, self.typeface, self.pages_taken = about, typeface, 0
        local = timezone.localtime(now, timezone.get_default_timezone())
        self.made = f"Made {in_words(local.date())}, {clock(local)}"
        title = f"Dispensing log, {about.days}"
        self.pdf = StreamedPdf(title=title, made_at=now, width=WIDTH, height=HEIGHT, typeface=typeface)
        self._lines = lru_cache(maxsize=2_000)(self._lines_uncached)
        self._begin()

    def take(self) -> bytes:
        self.pages_taken = self.pdf.page_count
        return self.pdf.take()

    def draw(self, line: LogLine) -> None:
        """Draw an entry, on the next page where it does not fit; one that is longer than a page is broken."""
        cells = [self._cell(texts, column) for texts, column in zip(_cells(line), COLUMNS, strict=True)]
        for begin in range(0, max(map(len, cells)), MOST_LINES):
            self._draw_cells([cell[begin : begin + MOST_LINES] for cell in cells])

    def _draw_cells(self, cells: list[list[str]]) -> None:
        height = LEADING * max(map(len, cells)) + GAP
        if self.y + height > FOOT:
            self._end()
            self._begin()
        written = [
            self._at(x, self.y + LEADING * place, operators)
            for cell, (_title, x, _width) in zip(cells, COLUMNS, strict=True)
            for place, operators in enumerate(cell)
        ]
        self.paragraphs.append(("P", "\n".join(written)))
        self.y += height
        self._rule(self.y - GAP / 2, RULE)

    def close(self) -> None:
        """Draw the sentence that ends the log, and its last page."""
        count = self.about.count
        words = "One entry." if count == 1 else f"{count:,} entries." if count else "Nothing was dispensed."
        if self.y + 2 * LEADING > FOOT:
            self._end()
            self._begin()
        self._paragraph(f"End of the log of {self.about.days}. {words}", EDGE, self.y + 3, size=9, style=BOLD)
        self._end()
        self.pdf.finish()

    def _cell(self, texts: tuple[tuple[str, str, str], ...], column: tuple[str, float, float]) -> list[str]:
        return [shown for text, style, color in texts if text for shown in self._lines(text, style, color, column[2])]

    def _lines_uncached(self, text: str, style: str, color: str, width: float) -> list[str]:
        """Return the operators of each line of a text; the same people and products come often."""
        lines = wrapped(self.typeface, text, width=width, style=style, size=SIZE)
        return [f"{color} {self.typeface.shown(line, style, SIZE)}" for line in lines]

    @staticmethod
    def _at(x: float, y: float, operators: str) -> str:
        return f"BT 1 0 0 1 {x:g} {HEIGHT - y - SIZE:.1f} Tm {operators} ET"

    def _paragraph(
        self, text: str, x: float, y: float, *, size: float, style: str = REGULAR, kind: str = "P", color: str = BLACK
    ) -> None:
        shown = self.typeface.shown(text, style, size)
        self.paragraphs.append((kind, f"BT 1 0 0 1 {x:g} {HEIGHT - y - size:.1f} Tm {color} {shown} ET"))

    def _rule(self, y: float, style: str) -> None:
        self.rules.append(f"{style} {EDGE:g} {HEIGHT - y:.1f} m {WIDTH - EDGE:g} {HEIGHT - y:.1f} l S")

    def _begin(self) -> None:
        """Begin a page with its head."""
        self.paragraphs: list[tuple[str, str]] = []
        self.rules: list[str] = []
        is_first = not self.pdf.page_count
        self._paragraph("Dispensing log", EDGE, 30, size=16, style=BOLD, kind="H1" if is_first else "P")
        self._paragraph(self.about.days, EDGE + 130, 35, size=10.5)
        where = " · ".join(part for part in (settings.DISPENSARY_NAME, settings.DISPENSARY_ADDRESS) if part)
        self._paragraph(where, EDGE, 53, size=9, color=GREY)
        self._rule(69, HEAVY_RULE)
        for title, x, _width in COLUMNS:
            self._paragraph(title, x, 73, size=SIZE, style=BOLD)
        self._rule(86, RULE)
        self.y = TOP
        if is_first and self.about.missing:
            self._say_who_is_missing()

    def _say_who_is_missing(self) -> None:
        names = ", ".join(self.about.missing)
        words = (
            f"No full name is entered for {names}. The log must name pharmacists in full: enter the name in the "
            "portal, and make the log again."
        )
        for line in wrapped(self.typeface, words, width=WIDTH - 2 * EDGE, style=BOLD, size=9):
            self._paragraph(line, EDGE, self.y, size=9, style=BOLD)
            self.y += 12
        self.y += GAP

    def _end(self) -> None:
        """Give the page to the document, with its foot."""
        page = self.pdf.page_count + 1
        foot = f"{self.made} · Names patients. Kept three years, and shown to the agency at once."
        self._paragraph(foot, EDGE, FOOT + 14, size=8, color=GREY)
        number = f"Page {page:,}"
        self._paragraph(number, WIDTH - EDGE - self.typeface.width(number, REGULAR, 8), FOOT + 14, size=8, color=GREY)
        self.pdf.page(self.paragraphs, "\n".join(self.rules))


def _cells(line: LogLine) -> tuple[tuple[tuple[str, str, str], ...], ...]:
    """Return for each column its texts, each with weight and color."""
    return (
        ((line.serial, BOLD, BLACK),),
        ((line.day, REGULAR, BLACK), (line.time, REGULAR, GREY)),
        (
            (line.product, BOLD, BLACK),
            (f"{line.producer}, lot {line.lot}", REGULAR, GREY),
            (line.undone, BOLD, BLACK),
        ),
        ((line.quantity, REGULAR, BLACK), (line.days, REGULAR, BLACK), (line.month, REGULAR, GREY)),
        (
            (line.patient, BOLD, BLACK),
            (line.patient_address, REGULAR, GREY),
            (f"Taken by {line.caregiver}" if line.caregiver else "", BOLD, BLACK),
            (line.caregiver_address, REGULAR, GREY),
        ),
        ((line.certifier, BOLD, BLACK), (line.certifier_address, REGULAR, GREY)),
        ((line.pharmacist, REGULAR, BLACK), (f"Initials {line.initials}" if line.initials else "", REGULAR, GREY)),
    )
