"""The two letters of a minor, as the office's pages show them."""

from dataclasses import dataclass

from django.forms import BoundField
from django.utils.functional import Promise

from certification.models import Letter


@dataclass(frozen=True)
class LetterBox:
    """One of the two letters: what is stored of it, and its fields. `is_wrong`: something typed was refused."""

    kind: str
    label: str | Promise
    stored: Letter | None
    fields: list[BoundField]
    is_wrong: bool
