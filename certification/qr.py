"""QR codes of cards and certificates; each leads to the page that checks it."""

from functools import lru_cache

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

QUIET_ZONE = 4  # white squares around the code, as ISO/IEC 18004 asks


def check_url(token: str) -> str:
    """Return the address to which a scanned code leads; `token` is a card's, or the uuid of a certification."""
    return f"{settings.SITE_URL}{reverse('certification:verify', args=[token])}"


def matrix(text: str) -> list[list[int]]:
    """Return rows of 0 and 1, without the quiet zone. Level M can be read with 15 % of the code worn away."""
    return [list(row) for row in segno.make_qr(text, error="m").matrix]


@lru_cache(maxsize=1_000)  # to draw a code takes a third of the time of the page of a card
def svg(text: str) -> SafeString:
    """Return the code as inline SVG; it uses attributes only, as our Content-Security-Policy requires."""
    drawn = segno.make_qr(text, error="m").svg_inline(border=QUIET_ZONE, omitsize=True)
    return mark_safe(drawn)  # nosec B308 B703
