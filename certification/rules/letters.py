"""The letters of a minor. Each `check_` raises a CertificationError; nothing is written."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from certification.models import Certification, Letter
from certification.rules.errors import IncompleteError, LetterError


def check_has_letters(letters: Mapping[str, Any]) -> None:
    """There is a letter of the primary care provider and one of a specialist [docs/domain.md#minors].

    `letters` are the answers of the draft about them, by kind; raises IncompleteError naming the first that is missing.
    """
    for kind in Letter.Kind:
        if not letters.get(kind):
            raise IncompleteError(
                _("The letter of this physician is missing: %(kind)s.") % {"kind": kind.label.lower()}, field="file"
            )


def check_letter_date(letter_date: date, *, birth_date: date, today: date) -> None:
    """The letter was written today or before, and after the patient was born; raises LetterError."""
    if letter_date > today:
        raise LetterError(_("The letter cannot be from the future."), field="letter_date")
    if letter_date < birth_date:
        raise LetterError(_("The letter cannot be older than the patient. Check the year."), field="letter_date")


def check_letter_is_new(letter_date: date, *, renewed: Certification) -> None:
    """The letter of a renewal was written after the renewed certification was signed; raises LetterError.

    A renewal needs the same as the first certification, so it needs letters of its own year
    [docs/domain.md#renewal].
    """
    if letter_date <= renewed.certified_date:
        raise LetterError(
            _("This is a letter of last year’s: a renewal needs one that was written after %(day)s.")
            % {"day": date_format(renewed.certified_date, "DAY_FORMAT")},
            field="letter_date",
        )
