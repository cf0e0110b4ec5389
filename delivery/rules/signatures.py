"""The signature of who took an order: a drawn path, a typed name, or a paper that the office keeps."""

import re

from django.utils.translation import gettext as _

from delivery.models import HandOver
from delivery.rules.errors import HandOverError

WIDTH, HEIGHT = 600, 200  # of the field in which people draw, in the units of the path
MOST_SIGNATURE_BYTES = 20_000
LEAST_POINTS = 6  # a tap by mistake has fewer
MOST_NAME = 100
PATH = re.compile(r"(?:M\d{1,3} \d{1,3}(?:L\d{1,3} \d{1,3})*)+", re.ASCII)
POINT = re.compile(r"(\d+) (\d+)", re.ASCII)
S = HandOver.Signed


def check_signature(signed: str, signature: str) -> None:
    """There is a signature: a path of `M x y` and `L x y` within 600 × 200, a name, or one on paper.

    Raises HandOverError.
    """
    if signed not in S.values:
        words = _("Let the person sign on the screen, or choose another way to sign.")
        raise HandOverError(words, field="signed")
    if signed == S.DRAWN and not is_drawing(signature):
        words = _("This is no signature yet. Let the person sign once more, or choose another way to sign.")
        raise HandOverError(words, field="signed")
    if signed == S.TYPED and not 2 <= len(signature.strip()) <= MOST_NAME:
        words = _("Enter the name of the person who signs: 2 to 100 letters.")
        raise HandOverError(words, field="signature_name")


def is_drawing(path: str) -> bool:
    """Return whether this is the path of a drawn line within the field, and small enough."""
    if len(path) > MOST_SIGNATURE_BYTES or not PATH.fullmatch(path):
        return False
    points = [(int(x), int(y)) for x, y in POINT.findall(path)]
    return len(points) >= LEAST_POINTS and all(x <= WIDTH and y <= HEIGHT for x, y in points)
