"""Labels as PDF: ten on a sheet of letter paper, or a page of 4 × 2 inches each for a roll."""

from collections.abc import Sequence
from datetime import datetime

from certification.papers import fonts
from certification.papers.document import Desk, Paper, at_desk
from dispensing.papers.label_layout import CODE, CODE_X, EDGE, HEIGHT, LEADING, WIDTH, Face, Measure, lay_out
from dispensing.rules import Label

COLUMNS, ROWS = 2, 5  # of a sheet
SHEET_LEFT, SHEET_TOP = (612 - COLUMNS * WIDTH) / 2, (792 - ROWS * HEIGHT) / 2
SIGNS = "·…"


def sheet_pdf(labels: Sequence[Label], *, now: datetime) -> bytes:
    """Return the labels on sheets of letter paper, two beside each other and five below: 4 × 2 inches each."""
    with at_desk() as desk:
        pdf = _paper(desk, labels, now)
        for place, face in enumerate(_faces(labels, pdf)):
            row, column = divmod(place % (COLUMNS * ROWS), COLUMNS)
            if place % (COLUMNS * ROWS) == 0:
                pdf.add_page()
            _draw(pdf, face, SHEET_LEFT + column * WIDTH, SHEET_TOP + row * HEIGHT)
        return bytes(pdf.output())


def roll_pdf(labels: Sequence[Label], *, now: datetime) -> bytes:
    """Return the labels for a roll: a page of 4 × 2 inches each."""
    with at_desk() as desk:
        pdf = _paper(desk, labels, now)
        for face in _faces(labels, pdf):
            pdf.add_page(format=(WIDTH, HEIGHT))
            _draw(pdf, face, 0, 0)
        return bytes(pdf.output())


def faces_of(labels: Sequence[Label], *, now: datetime) -> list[Face]:
    """Return the faces of the labels with the words that the PDF prints, for a label printer."""
    with at_desk() as desk:
        return _faces(labels, _paper(desk, labels, now))


def _paper(desk: Desk, labels: Sequence[Label], now: datetime) -> Paper:
    title = f"Labels {labels[0].serial} to {labels[-1].serial}" if len(labels) > 1 else f"Label {labels[0].serial}"
    pdf = Paper(title=title, made_at=now)
    pdf.c_margin = 0
    pdf.load_fonts(desk, [SIGNS, *(text for label in labels for text in vars(label).values() if isinstance(text, str))])
    return pdf


def _faces(labels: Sequence[Label], pdf: Paper) -> list[Face]:
    return [face for label in labels for face in lay_out(label, _measure(pdf))]


def _measure(pdf: Paper) -> Measure:
    def width_of(text: str, *, size: float, bold: bool) -> float:
        pdf.set_font(fonts.LATIN, "B" if bold else "", size)
        return float(pdf.get_string_width(fonts.printable(text)))

    return width_of


def _draw(pdf: Paper, face: Face, left: float, top: float) -> None:
    for line in face.lines:
        pdf.set_font(fonts.LATIN, "B" if line.bold else "", line.size)
        pdf.set_text_color(0, 0, 0)
        is_under_code = line.x > EDGE
        pdf.set_xy(left + line.x, top + line.y)
        with pdf.tagged("P"):
            pdf.cell(line.width, line.size * LEADING, fonts.printable(line.text), align="R" if is_under_code else "L")
    pdf.draw_code(
        face.serial, x=left + CODE_X, y=top + EDGE, side=CODE, alt_text=f"QR code of the serial {face.serial}"
    )
