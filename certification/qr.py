"""QR codes: of what is on paper, and of where it is checked."""

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import mark_safe

QUIET_ZONE = 4  # squares of white around the code, as ISO/IEC 18004 asks


def check_url(token):
    """Where a scanned code leads; `token` of a card, or the uuid of a certification."""
    return f"{settings.SITE_URL}{reverse('certification:verify', args=[token])}"


def matrix(text):
    """Rows of 0 and 1, no quiet zone. Level M reads on with 15 % of the code worn away."""
    return [list(row) for row in segno.make_qr(text, error="m").matrix]


def svg(text):
    """The code as inline SVG: attributes alone, as our Content-Security-Policy wants it."""
    drawn = segno.make_qr(text, error="m").svg_inline(border=QUIET_ZONE, omitsize=True)
    return mark_safe(drawn)  # nosec B308 B703
