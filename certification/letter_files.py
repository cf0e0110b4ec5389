"""What a letter's file may be, judged by what is in it: a PDF, or a photo that is drawn anew. The name says nothing."""

import io
from typing import Any

import pypdf
from django.utils.translation import gettext as _

from certification.models import Letter
from certification.models.letters import LETTER_BYTES
from certification.rules.errors import LetterError
from ui.pictures import TooManyPixels, Unreadable, drawn_anew, hides_something, kind_of

MEGABYTE = 1024 * 1024
LONGEST_SIDE = 3000  # pixels: an A4 page at 250 dots an inch can be read well
JPEG_QUALITY = 85
END_OF_PDF = b"%%EOF"


def read_letter(file: Any) -> tuple[bytes, str]:
    """The bytes to keep and their content type, from an uploaded file; raises LetterError in words for the uploader."""
    if file.size > LETTER_BYTES:
        raise _refusal(_("This file is larger than %(most)d MB. Scan it in black and white, or take a smaller photo."))
    content = file.read()
    if not content:
        raise _refusal(_("This file is empty. Choose the PDF or the photo of the letter."))
    kind = kind_of(content)
    if not kind and not content.startswith(b"%PDF-"):
        raise _refusal(_("This is neither a PDF nor a JPEG or PNG photo. Save the letter as one of these."))
    if hides_something(content):
        raise _refusal(_("Something else is hidden in this file. Scan the letter again, or take a photo of it."))
    if kind:
        return _drawn_anew(content, kind), Letter.ContentType.JPEG
    _check_pdf(content)
    return content, Letter.ContentType.PDF


def _check_pdf(content: bytes) -> None:
    """It ends where a PDF ends, opens without a password, has pages, and neither runs nor carries anything."""
    unreadable = _(
        "This PDF cannot be read, or needs a password. Print it to a new PDF, or take a photo of the letter."
    )
    if not content.rstrip(b"\x00\r\n\t ").endswith(END_OF_PDF):
        raise _refusal(unreadable)
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        root = reader.trailer["/Root"].get_object()
        has_pages = not reader.is_encrypted and len(reader.pages) > 0
        is_active = _runs_something(root)
    except (pypdf.errors.PyPdfError, KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _refusal(unreadable) from error
    if not has_pages:
        raise _refusal(unreadable)
    if is_active:
        raise _refusal(
            _("This PDF holds a script or another file. Print it to a new PDF, or take a photo of the letter.")
        )


def _runs_something(root: Any) -> bool:
    names = root.get("/Names", {})
    names = names.get_object() if hasattr(names, "get_object") else names
    opening = root.get("/OpenAction")
    opening = opening.get_object() if hasattr(opening, "get_object") else opening
    runs = isinstance(opening, dict) and opening.get("/S") in ("/JavaScript", "/Launch", "/SubmitForm", "/URI")
    return runs or "/AA" in root or "/JavaScript" in names or "/EmbeddedFiles" in names


def _drawn_anew(content: bytes, kind: str) -> bytes:
    try:
        return drawn_anew(content, kind, longest_side=LONGEST_SIDE, quality=JPEG_QUALITY)
    except TooManyPixels as error:
        raise _refusal(_("This photo has too many pixels. Take a smaller one, or scan the letter.")) from error
    except Unreadable as error:
        raise _refusal(
            _("This photo cannot be read: the file is damaged. Take it again, or scan the letter.")
        ) from error


def _refusal(sentence: str) -> LetterError:
    return LetterError(sentence % {"most": LETTER_BYTES // MEGABYTE}, field="file")
