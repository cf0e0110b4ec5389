"""The letters of a minor. Each `check_` raises a CertificationError; nothing is written."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from certification.models import Letter
from certification.rules.errors import IncompleteError, LetterError


def check_has_letters(letters: Mapping[str, Any]) -> None:
    """One of the primary care provider and one of a board-certified specialist [law, DOMAIN.md 3: minors].

    `letters` is what a draft holds of them by kind; raises IncompleteError naming the first that is missing.
    """
    for kind in Letter.Kind:
        if not letters.get(kind):
            raise IncompleteError(
                _("The letter of this physician is missing: %(kind)s.") % {"kind": kind.label.lower()}, field="file"
            )


def check_letter_date(letter_date: date, *, birth_date: date, today: date) -> None:
    """Written today or before, and after the patient was born; raises LetterError."""
    if letter_date > today:
        raise LetterError(_("The letter cannot be from the future."), field="letter_date")
    if letter_date < birth_date:
        raise LetterError(_("The letter cannot be older than the patient. Check the year."), field="letter_date")
