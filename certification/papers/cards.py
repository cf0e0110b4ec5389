"""The card on paper: once in the size of a wallet, to cut out and fold, and once in large print."""

from collections.abc import Iterable

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from certification.papers.document import GREEN, GREY, MARGIN, Paper, at_desk
from certification.presenters.cards import Face
from certification.templatetags.certifications import ounces_and_grams
from ui.templatetags.portal import phone

WALLET = (243, 153)  # points: ISO/IEC 7810 ID-1, 85.6 × 54 mm
EDGE = 10  # between the border of a wallet card and its words
SMALL_CODE, LARGE_CODE = 66, 130


def cards_pdf(faces: Iterable[Face], *, language: str) -> bytes:
    """Return a PDF with a page for each card, in `language`. The same cards give the same bytes."""
    faces = list(faces)
    with translation.override(language), at_desk() as desk:
        pdf = Paper(
            title=_("Medical marijuana card"), made_at=max(face.card.issued_at for face in faces), language=language
        )
        pdf.load_fonts(desk, [words for face in faces for _label, words in _rows(face)] + [_if_found()])
        for face in faces:
            pdf.add_page()
            _write_wallet(pdf, face)
            _write_large(pdf, face)
        return bytes(pdf.output())


def _kind(face: Face) -> str:
    return _("Medical marijuana caregiver card") if face.is_caregivers else _("Medical marijuana card")


def _last_day(face: Face) -> str:
    return date_format(face.certification.valid_through, "DAY_FORMAT")


def _rows(face: Face) -> list[tuple[str, str]]:
    """Return label and words of each row; the first two are printed on the front."""
    patient, certification = face.patient, face.certification
    assignment = patient.current_assignment
    caregiver = f"{assignment.caregiver.name}, {assignment.caregiver.number}" if assignment else _("None")
    other = (_("Acts for"), f"{patient.name}, {patient.number}") if face.is_caregivers else (_("Caregiver"), caregiver)
    return [
        (_("Name"), face.holder.name),
        (_("Number"), face.holder.number),
        (_("Date of birth"), date_format(face.holder.birth_date, "DAY_FORMAT")),
        (_("Certification"), certification.number),
        (_("Monthly allotment"), ounces_and_grams(certification.monthly_allotment_oz)),
        other,
        (_("Certified by"), certification.physician.name),
    ]


def _if_found() -> str:
    words = _("Valid with a photo ID only. Lost or found: %(name)s, %(number)s.")
    return words % {
        "name": settings.DISPENSARY_NAME, "number": phone(settings.DISPENSARY_PHONE).replace(" ", "\N{NO-BREAK SPACE}"),
    }  # fmt: skip


def _write_wallet(pdf: Paper, face: Face) -> None:
    """Write front and back side by side, to cut along the border and fold in the middle."""
    left, top = (pdf.w - 2 * WALLET[0]) / 2, MARGIN + 20
    pdf.write_block(
        _("Cut along the border and fold in the middle."), size=9, width=pdf.epw, color=GREY, at=(left, MARGIN)
    )
    _borders(pdf, left, top)
    _write_front(pdf, face, left + EDGE, top + EDGE)
    _write_back(pdf, face, left + WALLET[0] + EDGE, top + EDGE)


def _borders(pdf: Paper, left: float, top: float) -> None:
    pdf.set_draw_color(*GREY)
    pdf.set_line_width(0.75)
    middle, bottom = left + WALLET[0], top + WALLET[1]
    with pdf.unread():
        pdf.rect(left, top, 2 * WALLET[0], WALLET[1])
        pdf.set_dash_pattern(dash=3, gap=3)
        pdf.line(middle, top, middle, bottom)
        pdf.set_dash_pattern()


def _write_front(pdf: Paper, face: Face, x: float, y: float) -> None:
    width = WALLET[0] - 2 * EDGE
    (_label, name), (_label, number) = _rows(face)[:2]
    pdf.write_block(_kind(face), size=9, width=width, style="B", color=GREEN, at=(x, y))
    size = _size_in_lines(pdf, name, lines=3, width=width, most=14, least=5.5)
    pdf.write_block(name, size=size, width=width, style="B", at=(x, y + 15), lines=1.15)
    beside = width - SMALL_CODE - 8
    pdf.write_block(_("Valid through"), size=8, width=beside, color=GREY, at=(x, y + 70), lines=1.2)
    pdf.write_block(_last_day(face), size=11, width=beside, style="B", lines=1.2)
    pdf.write_block(number, size=11, width=beside, at=(x, y + 112))
    _draw_code(pdf, face, x + width - SMALL_CODE, y + WALLET[1] - 2 * EDGE - SMALL_CODE, SMALL_CODE)


def _write_back(pdf: Paper, face: Face, x: float, y: float) -> None:
    width = WALLET[0] - 2 * EDGE
    pdf.set_xy(x, y)
    for label, words in _rows(face)[2:]:
        size = _size_in_lines(pdf, f"{label}: {words}", lines=2, width=width, most=8, least=4.5)
        pdf.write_block(f"{label}: {words}", size=size, width=width, lines=1.25)
        pdf.set_y(pdf.get_y() + 2)
        pdf.set_x(x)
    pdf.write_block(_if_found(), size=6.5, width=width, color=GREY, at=(x, y + WALLET[1] - 2 * EDGE - 18), lines=1.25)


def _write_large(pdf: Paper, face: Face) -> None:
    top = MARGIN + 20 + WALLET[1] + 50
    width = pdf.epw - LARGE_CODE - 24
    (_label, name), *rows = _rows(face)
    pdf.write_block(_kind(face), size=14, width=width, style="B", color=GREEN, kind="H1", at=(MARGIN, top))
    size = _size_in_lines(pdf, name, lines=2, width=width, most=24, least=9)
    pdf.write_block(name, size=size, width=width, style="B", lines=1.2)
    pdf.write_block(_("Valid through"), size=12, width=width, color=GREY, at=(MARGIN, pdf.get_y() + 8), lines=1.3)
    pdf.write_block(_last_day(face), size=22, width=width, style="B", lines=1.2)
    pdf.set_y(max(pdf.get_y() + 14, top + LARGE_CODE + 16))
    for label, words in rows:
        pdf.write_block(label, size=12, width=pdf.epw, color=GREY, at=(MARGIN, pdf.get_y()), lines=1.3)
        size = _size_in_lines(pdf, words, lines=2, width=pdf.epw, most=17, least=9)
        pdf.write_block(words, size=size, width=pdf.epw, style="B", lines=1.2)
        pdf.set_y(pdf.get_y() + 4)
    pdf.write_block(_if_found(), size=11, width=pdf.epw, color=GREY, at=(MARGIN, pdf.get_y() + 8))
    _draw_code(pdf, face, pdf.w - MARGIN - LARGE_CODE, top, LARGE_CODE)


def _size_in_lines(pdf: Paper, text: str, *, lines: int, width: float, most: float, least: float) -> float:
    """Return the font size at which a text fits in so many lines. A tenth of each line stays empty at its end."""
    return pdf.size_that_fits(text, width=0.9 * lines * width, most=most, least=least, style="B")


def _draw_code(pdf: Paper, face: Face, x: float, y: float, side: float) -> None:
    words = _("Code with which anybody can check this card: %(url)s") % {"url": face.check_url}
    pdf.draw_code(face.check_url, x=x, y=y, side=side, alt_text=words)
