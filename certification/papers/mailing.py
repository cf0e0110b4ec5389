"""The letters of a batch as one PDF: each begins on a page of its own, its address in the window of the envelope.

The block of the address fits the window of a #10 envelope (4 1/8 by 9 1/2 inches) around a page folded in three.
"""

from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from fpdf.enums import MethodReturnValue

from certification.papers import fonts
from certification.papers.document import BLACK, GREY, MARGIN, Paper, at_desk
from notifications import emails, kinds
from notifications.addressees import addressee_of
from notifications.models import LetterBatch, Notification

WINDOW = (72, 158)  # where the address begins: 1 inch from the left, 2.2 inches from the top
DATE_Y, TEXT_Y = 250, 282
SIZE, LINES = 11, 1.35
FOOT = 40


@dataclass(frozen=True)
class Page:
    """The words of one letter; without `address` it says only that it is not to be posted."""

    address: list[str]
    date: str
    subject: str
    paragraphs: list[str]


def letters_pdf(batch: LetterBatch) -> bytes:
    """Return the letters of a batch that were not cancelled, in the order in which they were put into it."""
    rows = Notification.objects.to_print(batch)
    with timezone.override(timezone.get_default_timezone()), at_desk() as desk:
        pages = [_page(row) for row in rows]
        pdf = Paper(title=_("Letters of batch %(number)s") % {"number": batch.pk}, made_at=batch.created_at)
        pdf.load_fonts(
            desk, [_all_words(page) for page in pages] + [settings.DISPENSARY_NAME, settings.DISPENSARY_ADDRESS]
        )
        for page in pages:
            _draw(pdf, page)
        return bytes(pdf.output())


def _page(letter: Notification) -> Page:
    words = kinds.get(letter.kind).context_for(letter)
    person = addressee_of(letter, words) if words else None
    with translation.override(letter.language):
        today = date_format(localdate(), "DAY_FORMAT")
        if words is None or person is None:
            said = _("Letter %(number)s is not needed any more. Do not post this page.") % {"number": letter.pk}
            return Page([], today, _("Do not post"), [said])
        mail = emails.build(letter, words)
        paragraphs = [part.strip() for part in str(mail.body).split("\n\n") if part.strip()]
        return Page([person.name, *person.lines], today, str(mail.subject), paragraphs)


def _all_words(page: Page) -> str:
    return "\n".join([*page.address, page.date, page.subject, *page.paragraphs])


def _draw(pdf: Paper, page: Page) -> None:
    pdf.add_page()
    sender = [settings.DISPENSARY_NAME, settings.DISPENSARY_ADDRESS]
    for place, line in enumerate(line for line in sender if line):
        pdf.write_block(line, size=9, width=pdf.epw, color=GREY, at=(MARGIN, MARGIN + place * 13))
    x, y = WINDOW
    for place, line in enumerate(page.address):
        size = pdf.size_that_fits(line, width=300, most=SIZE, least=7)
        pdf.write_block(line, size=size, width=300, at=(x, y + place * 15))
    pdf.write_block(page.date, size=SIZE, width=pdf.epw, at=(MARGIN, DATE_Y))
    pdf.write_block(page.subject, size=SIZE + 2, width=pdf.epw, style="B", kind="H1", at=(MARGIN, TEXT_Y))
    pdf.ln(8)
    for paragraph in page.paragraphs:
        _write(pdf, paragraph)


def _write(pdf: Paper, paragraph: str) -> None:
    """Write a paragraph below the last; what does not fit goes on the next page."""
    pdf.set_font(fonts.LATIN, "", SIZE)
    pdf.set_text_color(*BLACK)
    height = SIZE * LINES
    lines = [wrapped for line in paragraph.split("\n") for wrapped in _wrapped(pdf, fonts.printable(line))]
    while lines:
        room = int((pdf.h - FOOT - pdf.get_y()) // height)
        if room < min(2, len(lines)):
            pdf.add_page()
            pdf.set_y(MARGIN)
            continue
        pdf.set_x(MARGIN)
        with pdf.tagged("P"):
            pdf.multi_cell(0, height, "\n".join(lines[:room]), align="L", new_x="LEFT", new_y="NEXT")
        lines = lines[room:]
    pdf.ln(height / 2)


def _wrapped(pdf: Paper, line: str) -> list[str]:
    """Return the lines of a text in the font that is set, a little narrower than they are written."""
    width, output = pdf.epw - 4, MethodReturnValue.LINES
    return cast(list[str], pdf.multi_cell(width, SIZE, line, dry_run=True, output=output, align="L"))
