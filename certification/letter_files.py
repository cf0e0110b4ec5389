"""Read the file of a letter by its content: a PDF is cleaned, and a photo is drawn anew."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification.models import Letter
from certification.models.letters import LETTER_BYTES
from certification.rules.errors import LetterError, SlowLetterError
from ui.bounded import refusals
from ui.bounded.refusals import Refusal
from ui.bounded.run import run_bounded
from ui.pictures import drawn_anew, kind_of

MEGABYTE = 1024 * 1024
LONGEST_SIDE = 3000  # pixels: an A4 page at 250 dots an inch can be read well
JPEG_QUALITY = 85
HEAD = 1024  # readers look for the beginning of a PDF in so many bytes
LARGER = gettext_lazy("This file is larger than %(most)d MB. Scan it in black and white, or take a smaller photo.")
BUSY = gettext_lazy("Several files are being read at this moment. Send the letter again in a minute.")
PHOTO_REFUSALS = {
    refusals.BUSY: BUSY,
    refusals.TOO_MUCH: gettext_lazy("This photo takes too long to read. Take a smaller one, or scan the letter."),
    refusals.TOO_MANY_PIXELS: gettext_lazy("This photo has too many pixels. Take a smaller one, or scan the letter."),
    refusals.UNREADABLE: gettext_lazy(
        "This photo cannot be read: the file is damaged. Take it again, or scan the letter."
    ),
}
PDF_REFUSALS = {
    refusals.BUSY: BUSY,
    refusals.TOO_MUCH: gettext_lazy(
        "This PDF takes too long to read. Print the pages of the letter to a new PDF, or take a photo of them."
    ),
    refusals.TOO_LARGE: gettext_lazy(
        "This PDF has too many pages or too large pictures. Print the pages of the letter to a new PDF, or take a "
        "photo of them."
    ),
    refusals.PASSWORD: gettext_lazy("This PDF needs a password. Print it to a new PDF, or take a photo of the letter."),
    refusals.UNDRAWN_FORM: gettext_lazy(
        "This PDF is a form whose answers are not drawn on its pages. Print it to a new PDF, or take a photo of the "
        "letter."
    ),
    refusals.PORTFOLIO: gettext_lazy(
        "This PDF is a cover around other files. Open the letter in it, and print that to a new PDF."
    ),
    refusals.UNREADABLE: gettext_lazy(
        "This PDF cannot be read: the file is damaged. Print it to a new PDF, or take a photo of the letter."
    ),
}


def read_letter(file: Any) -> tuple[bytes, str]:
    """Return the bytes to keep and their content type, from an uploaded file; the file's name and type say nothing.

    It may take seconds, so call it outside of a transaction. Raises LetterError in words for the uploader.
    """
    if file.size > LETTER_BYTES:
        raise _refusal(LARGER)
    file.seek(0)
    content = file.read()
    if not content:
        raise _refusal(_("This file is empty. Choose the PDF or the photo of the letter."))
    if kind := kind_of(content):
        return _drawn_anew(content, kind), Letter.ContentType.JPEG
    if b"%PDF-" in content[:HEAD]:
        return _cleaned(content), Letter.ContentType.PDF
    raise _refusal(_("This is neither a PDF nor a JPEG or PNG photo. Save the letter as one of these."))


def _drawn_anew(content: bytes, kind: str) -> bytes:
    try:
        return drawn_anew(content, kind, longest_side=LONGEST_SIDE, quality=JPEG_QUALITY)
    except Refusal as refusal:
        raise _refused(refusal, PHOTO_REFUSALS) from refusal


def _cleaned(content: bytes) -> bytes:
    """Return the pages as people see them, without scripts, actions, attached files and forms."""
    try:
        cleaned = run_bounded("ui.bounded.pdfs:clean", content).content
    except Refusal as refusal:
        raise _refused(refusal, PDF_REFUSALS) from refusal
    if len(cleaned) > LETTER_BYTES:
        raise _refusal(LARGER)
    return cleaned


def _refused(refusal: Refusal, sentences: dict[str, Any]) -> LetterError:
    kind = SlowLetterError if refusal.why == refusals.TOO_MUCH else LetterError
    return kind(str(sentences[refusal.why]), field="file")


def _refusal(sentence: Any) -> LetterError:
    return LetterError(str(sentence) % {"most": LETTER_BYTES // MEGABYTE}, field="file")
