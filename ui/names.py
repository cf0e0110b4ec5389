"""Names of people as they stand on a photo ID: one field for every form that asks for a name."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ui.forms import validate_printable
from ui.text import MIDDLE_DOT, plain_signs

NAME_SIGNS = f" -'.,{MIDDLE_DOT}"
ORDINAL = re.compile(r"\b[1-9][0-9]?(?=[^\W\d_])")  # the figure of 2nd, 3rd, 2º


def validate_name(text: str) -> None:
    """Refuse a name with other signs than letters, accents, hyphens, apostrophes, middle dots and spaces."""
    validate_printable(text)
    if "\x00" not in text and not _reads_like_a_name(text):  # Django's own validator speaks of NUL
        raise ValidationError(
            _("Type the name as it stands on the photo ID: letters, hyphens, apostrophes and spaces."), code="name"
        )


def validate_suffix(text: str) -> None:
    """Refuse a suffix that is neither letters (Jr., III) nor an ordinal (2nd)."""
    validate_printable(text)
    if "\x00" not in text and not _reads_like_a_name(ORDINAL.sub("", text)):
        raise ValidationError(_("Type the suffix as it stands on the photo ID, like Jr., III or 2nd."), code="suffix")


def _reads_like_a_name(text: str) -> bool:
    has_letter = any(char.isalpha() for char in text)
    return has_letter and all(unicodedata.category(char)[0] in "LM" or char in NAME_SIGNS for char in text)


class NameField(forms.CharField):
    """A name, cleaned to plain signs: `‘t Hooft` becomes `'t Hooft`, `Anne–Marie` becomes `Anne-Marie`."""

    default_validators = [validate_name]

    def to_python(self, value: Any) -> str:
        return plain_signs(super().to_python(value) or "")


class SuffixField(NameField):
    """A field for the suffix of a name: Jr., III, 2nd."""

    default_validators = [validate_suffix]
