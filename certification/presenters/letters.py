"""The two letters of a minor, as the office's pages show them."""

from dataclasses import dataclass

from django.forms import Form
from django.utils.functional import Promise

from certification.models import Letter


@dataclass(frozen=True)
class LetterBox:
    """One of the two letters: what is stored of it, and the form to store or replace it."""

    kind: str
    label: str | Promise
    stored: Letter | None
    form: Form
