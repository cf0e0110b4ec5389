"""A photo that somebody uploads, judged by what is in it, and drawn anew: what hides in the file stays out."""

import io
import zipfile

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 80_000_000  # a file that unpacks to more is a trap; Pillow itself warns from 89 million on
MARKUP = (b"<script", b"<svg", b"<html", b"<?php", b"<!doctype")
PICTURES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}


class TooManyPixels(ValueError):
    """It would fill the memory."""


class Unreadable(ValueError):
    """The file is damaged."""


def kind_of(content: bytes) -> str | None:
    """JPEG or PNG, by its first bytes; the name of the file says nothing."""
    return next((kind for start, kind in PICTURES.items() if content.startswith(start)), None)


def hides_something(content: bytes) -> bool:
    """An archive, or markup that a browser might run."""
    return zipfile.is_zipfile(io.BytesIO(content)) or any(sign in content.lower() for sign in MARKUP)


def drawn_anew(content: bytes, kind: str, *, longest_side: int, quality: int) -> bytes:
    """The picture as a JPEG of ours: upright, not too large, without the place it was taken at.

    Raises TooManyPixels, Unreadable.
    """
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise TooManyPixels
            picture.draft("RGB", (longest_side, longest_side))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise TooManyPixels from error
    except TooManyPixels:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Unreadable from error
    upright.thumbnail((longest_side, longest_side))
    drawn = io.BytesIO()
    upright.save(drawn, "JPEG", quality=quality)
    return drawn.getvalue()
