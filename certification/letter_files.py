"""What a letter's file may be, judged by what is in it: a PDF, or a photo that is drawn anew. The name says nothing."""

import io
import zipfile
from typing import Any

import pypdf
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from certification.models import Letter
from certification.models.letters import LETTER_BYTES
from certification.rules.errors import LetterError

MEGABYTE = 1024 * 1024
LONGEST_SIDE = 3000  # pixels: an A4 page at 250 dots an inch can be read well
MOST_PIXELS = 80_000_000  # a file that unpacks to more is a trap; Pillow itself warns from 89 million on
JPEG_QUALITY = 85
END_OF_PDF = b"%%EOF"
MARKUP = (b"<script", b"<svg", b"<html", b"<?php", b"<!doctype")
PICTURES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}


def read_letter(file: Any) -> tuple[bytes, str]:
    """The bytes to keep and their content type, from an uploaded file; raises LetterError in words for the uploader."""
    if file.size > LETTER_BYTES:
        raise _refusal(_("This file is larger than %(most)d MB. Scan it in black and white, or take a smaller photo."))
    content = file.read()
    if not content:
        raise _refusal(_("This file is empty. Choose the PDF or the photo of the letter."))
    kind = next((kind for start, kind in PICTURES.items() if content.startswith(start)), None)
    if not kind and not content.startswith(b"%PDF-"):
        raise _refusal(_("This is neither a PDF nor a JPEG or PNG photo. Save the letter as one of these."))
    if zipfile.is_zipfile(io.BytesIO(content)) or any(sign in content.lower() for sign in MARKUP):
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
    """The picture as a JPEG of ours: upright, not too large, without the place it was taken at."""
    too_many = _("This photo has too many pixels. Take a smaller one, or scan the letter.")
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _refusal(too_many)
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise _refusal(too_many) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise _refusal(
            _("This photo cannot be read: the file is damaged. Take it again, or scan the letter.")
        ) from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    drawn = io.BytesIO()
    upright.save(drawn, "JPEG", quality=JPEG_QUALITY)
    return drawn.getvalue()


def _refusal(sentence: str) -> LetterError:
    return LetterError(sentence % {"most": LETTER_BYTES // MEGABYTE}, field="file")
