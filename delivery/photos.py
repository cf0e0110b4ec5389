"""The photo of a product: what may be uploaded, and what is stored."""

from typing import Any

from django.utils.translation import gettext as _

from delivery.rules.errors import ProductError
from ui.bounded import refusals
from ui.bounded.refusals import Refusal
from ui.pictures import drawn_anew, kind_of

MOST_BYTES = 10 * 1024 * 1024
LONGEST_SIDE, QUALITY = 480, 72  # pixels: some 20 kB, twice as sharp as it is shown


def read_photo(file: Any) -> bytes:
    """Return a small JPEG drawn from the uploaded JPEG or PNG; raises ProductError in words for the uploader.

    It may take seconds: call it outside of a transaction.
    """
    if file.size > MOST_BYTES:
        raise _refusal(_("This photo is larger than 10 MB. Take a smaller one."))
    file.seek(0)
    content = file.read()
    kind = kind_of(content)
    if kind is None:
        raise _refusal(_("This is neither a JPEG nor a PNG photo. Save it as one of these."))
    try:
        return drawn_anew(content, kind, longest_side=LONGEST_SIDE, quality=QUALITY)
    except Refusal as refusal:
        if refusal.why == refusals.BUSY:
            raise _refusal(
                _("Several files are being read at this moment. Send the photo again in a minute.")
            ) from None
        raise _refusal(_("This photo is damaged, or has too many pixels. Take a smaller one.")) from refusal


def _refusal(sentence: str) -> ProductError:
    return ProductError(sentence, field="photo")
