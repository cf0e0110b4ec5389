"""The manifest of a run as a PDF: a block for each stop, with boxes to fill in and what the portal recorded."""

from datetime import datetime

from django.utils import timezone, translation
from django.utils.formats import date_format

from certification.papers.document import BLACK, GREY, at_desk
from delivery.papers.layout import BOX, EDGE, WIDTH, PackPaper
from delivery.papers.print_pack import words_of_window
from dispensing.presenters.manifest import Manifest, Outcome, Row
from ui.templatetags.portal import clock, money

LEFT = EDGE + 34  # where a block begins, beside the number of its stop
ROOM = EDGE + WIDTH - LEFT
WORDS = 200  # the width of its words about the recipient
ITEMS = LEFT + WORDS + 8  # where its items begin
HEAD, LINE, NOTE, FIELDS = 50, 11.5, 11, 66  # heights of the parts of a block
MONEY = EDGE + WIDTH - 3 * 62  # where cash, debit card and tip begin


@translation.override("en")
def manifest_pdf(manifest: Manifest, *, now: datetime) -> bytes:
    """Return the manifest with what is recorded, and empty boxes for the rest."""
    run, at = manifest.run, timezone.localtime(now)
    printed = f"Printed {date_format(at, 'D, M j, Y')}, {clock(at)}"
    title, window = f"Manifest {manifest.number}", words_of_window(run.window)
    with timezone.override(timezone.get_default_timezone()), at_desk() as desk:
        pdf = PackPaper(title=title, window=window, made_at=now, printed=printed)
        pdf.load_fonts(desk, _texts(manifest))
        pdf.begin(title, f"{manifest.driver or 'No driver yet'}", run.vehicle or "No vehicle yet", names_people=False)
        _draw_state(pdf, manifest)
        for row in manifest.rows:
            _draw_row(pdf, row)
        _draw_end(pdf, manifest)
        return bytes(pdf.output())


def _texts(manifest: Manifest) -> list[str]:
    found = ["·×–’“”", manifest.driver, manifest.run.vehicle]
    for row in manifest.rows:
        found += [row.recipient, row.address, *row.notes, *(item.product for item in row.items)]
    return found


def _draw_state(pdf: PackPaper, manifest: Manifest) -> None:
    """Draw how many stops the run has, and whether everything is recorded."""
    run, y = manifest.run, pdf.get_y()
    orders, items = len(manifest.rows), sum(len(row.items) for row in manifest.rows)
    doors = len({row.place for row in manifest.rows})
    left = f"left {clock(run.opened_at)}" if run.opened_at else "not left yet"
    state = "complete" if manifest.is_complete else "empty boxes are filled in by hand"
    due = f"{money(manifest.total('due_cents'))} due"
    words = " · ".join([_count(doors, "stop"), _count(orders, "order"), _count(items, "item"), due, left, state])
    pdf.put(words, EDGE, y, width=WIDTH, size=10)
    pdf.rule(y + 17)
    pdf.set_y(y + 24)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _draw_row(pdf: PackPaper, row: Row) -> None:
    height = max(HEAD, LINE * len(row.items) + 4) + FIELDS + NOTE * len(row.notes)
    y = pdf.make_room(min(height, 600))
    pdf.put(str(row.place), EDGE, y, width=32, size=18, style="B")
    pdf.put(row.recipient, LEFT, y, width=WORDS, size=10.5, style="B", height=26)
    below = pdf.get_y()
    pdf.put(f"Certificate {row.certificate} · Order {row.order}", LEFT, below + 1, width=WORDS, size=8.5)
    pdf.put(row.address, LEFT, below + 12, width=WORDS, size=9)
    pdf.put(f"{money(row.due_cents)} due", EDGE + WIDTH - 90, y, width=90, size=10.5, style="B", align="R")
    pdf.put(row.payment, EDGE + WIDTH - 90, y + 14, width=90, size=8, color=GREY, align="R", height=20)
    _draw_items(pdf, row, y)
    y += max(HEAD, LINE * len(row.items) + 4)
    _draw_fields(pdf, row, y)
    for number, note in enumerate(row.notes):
        pdf.put(note, LEFT, y + FIELDS - 6 + NOTE * number, width=ROOM, size=8.5)
    y += FIELDS + NOTE * len(row.notes)
    pdf.rule(y - 2, color=BLACK if row.outcomes else (200, 204, 210))
    pdf.set_y(y + 6)


def _draw_items(pdf: PackPaper, row: Row, y: float) -> None:
    """Draw the items in one size, in which the longest fits."""
    said = [" ".join(filter(None, (item.serial, f"{item.product},", item.quantity))) for item in row.items]
    width = EDGE + WIDTH - 94 - ITEMS
    size = min((pdf.size_that_fits(words, width=width - 3, most=8.5, least=6) for words in said), default=8.5)
    for number, words in enumerate(said):
        pdf.put(words, ITEMS, y + LINE * number, width=width, size=size)


def _draw_fields(pdf: PackPaper, row: Row, y: float) -> None:
    """Draw the times, checks and signature, and below them the outcome and the money."""
    _field(pdf, "Departure", _time(row.departed_at), LEFT, y, width=66)
    _field(pdf, "Arrival", _time(row.arrived_at), LEFT + 74, y, width=66)
    x = _ticked(pdf, "Card checked", LEFT + 152, y + 4, is_ticked=row.is_checked)
    x = _ticked(pdf, row.photo_id or "Photo ID checked", x, y + 4, is_ticked=row.is_checked)
    _field(pdf, "Signature", row.signature, x + 4, y, width=EDGE + WIDTH - x - 4)
    x = LEFT
    for outcome in Outcome:
        x = _ticked(pdf, outcome.value, x, y + 36, is_ticked=outcome in row.outcomes)
    amounts = (("Cash with tip", row.cash_cents), ("Debit card", row.debit_cents), ("Tip in the cash", row.tip_cents))
    for number, (label, cents) in enumerate(amounts):
        _field(pdf, label, "" if cents is None else money(cents), MONEY + 62 * number, y + 29, width=56)


def _field(pdf: PackPaper, label: str, value: str, x: float, y: float, *, width: float) -> None:
    """Draw a line to write on with its label below, and what is recorded above the line."""
    pdf.blank(label, x, y, width=width)
    pdf.put(value, x, y + 2, width=width, size=9.5)


def _ticked(pdf: PackPaper, label: str, x: float, y: float, *, is_ticked: bool) -> float:
    """Draw a box with its label, crossed where it is ticked; return the x behind it."""
    size = 8.0
    end = pdf.tick(label, x, y, size=size, style="B" if is_ticked else "")
    if is_ticked:
        top = y + (size * 1.25 - BOX) / 2
        with pdf.unread():
            pdf.line(x, top, x + BOX, top + BOX)
            pdf.line(x, top + BOX, x + BOX, top)
    return end - 3


def _draw_end(pdf: PackPaper, manifest: Manifest) -> None:
    """Draw the sums, and who signs for what left and for what came back."""
    y = pdf.make_room(96) + 4
    sums = (("cash_cents", "cash"), ("debit_cents", "debit card"), ("tip_cents", "of it tips"))
    received = ", ".join(f"{money(manifest.total(name))} {label}" for name, label in sums)
    if any(row.cash_cents is not None for row in manifest.rows):
        pdf.put(f"Received: {received}", EDGE, y, width=WIDTH, size=10.5, style="B")
    for number, label in enumerate(("Given out by, time", "Driver, time of departure", "Taken back by, time")):
        pdf.blank(label, EDGE + number * 182, y + 34, width=168)


def _time(at: datetime | None) -> str:
    return clock(at) if at else ""
