"""The letters of a minor. Each `check_` raises a CertificationError; nothing is written."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from certification.models import Certification, Letter
from certification.rules.errors import IncompleteError, LetterError


def check_has_letters(letters: Mapping[str, Any]) -> None:
    """One of the primary care provider and one of a board-certified specialist [docs/domain.md#minors].

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


def check_letter_is_new(letter_date: date, *, renewed: Certification) -> None:
    """Of a renewal: written after the certification that it renews was signed; raises LetterError.

    A renewal asks for the same as the first certification did, so for letters of its own year
    [docs/domain.md#renewal].
    """
    if letter_date <= renewed.certified_date:
        raise LetterError(
            _("This is a letter of last year’s: a renewal needs one that was written after %(day)s.")
            % {"day": date_format(renewed.certified_date, "DAY_FORMAT")},
            field="letter_date",
        )
