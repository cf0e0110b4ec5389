"""The numbers of physicians and their registrations: how they are written and checked."""

import re

from django.utils.translation import gettext as _

from accounts.models import Registration
from accounts.rules.errors import AccountsError
from ui.text import search_name

DEA_SHAPE = re.compile(r"[A-Z][A-Z9][0-9]{7}")
PRACTITIONER_TYPES = "ABFG"


class DeaNumberError(AccountsError):
    """Not a DEA number of a physician."""


class NpiError(AccountsError):
    """Not a National Provider Identifier."""


class CredentialError(AccountsError):
    """Not the number of a Connecticut license or registration."""


def split_dea_number(text: str) -> tuple[str, str]:
    """Return the number in upper case without spaces and dashes, and its institutional suffix (`-001AB`) or ""."""
    compact = re.sub(r"\s", "", text.upper())
    found = re.fullmatch(r"([A-Z][A-Z0-9]-?(?:[0-9]-?){6}[0-9])-(\w*)", compact)
    number, suffix = found.groups() if found else (compact, "")
    return number.replace("-", ""), suffix


def normalize_dea_number(text: str) -> str:
    """Return the number in upper case, without spaces, dashes and institutional suffix (`-001AB`)."""
    return split_dea_number(text)[0]


def check_dea_number(number: str) -> None:
    """Shape, registrant type and check digit of a normalized DEA number; raises DeaNumberError.

    The check digit is the last digit of (d1+d3+d5) + 2*(d2+d4+d6) [docs/domain.md#identifiers].
    """
    if not DEA_SHAPE.fullmatch(number):
        raise DeaNumberError(
            _("Enter the DEA number as two letters and seven digits, like AP5836727."), field="dea_number"
        )
    digits = [int(char) for char in number[2:]]
    if (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 != digits[6]:
        raise DeaNumberError(
            _("This DEA number has a typing error: its last digit does not fit the others. Please compare it."),
            field="dea_number",
        )
    if number[0] == "M":
        raise DeaNumberError(
            _("This number belongs to a mid-level practitioner. Only physicians can certify patients here."),
            field="dea_number",
        )
    if number[0] not in PRACTITIONER_TYPES:
        raise DeaNumberError(
            _("This number does not belong to a practitioner. Enter your own DEA number."), field="dea_number"
        )


def dea_letter_fits(dea_number: str, last_name: str) -> bool:
    """Return whether the second letter is the last name's initial, or the 9 of a business. It refuses nobody."""
    return dea_number[1] in ("9", search_name(last_name)[:1].upper())


def check_npi(number: str) -> None:
    """Ten digits, the first 1 or 2, with the Luhn check digit [docs/domain.md#identifiers]; raises NpiError."""
    if not re.fullmatch(r"[12][0-9]{9}", number):
        raise NpiError(_("Enter the NPI as ten digits that begin with 1 or 2, like 1234567893."), field="npi")
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate("80840" + number, start=1)]
    if sum(value // 10 + value % 10 for value in doubled) % 10:
        raise NpiError(
            _("This NPI has a typing error: its last digit does not fit the others. Please compare it."), field="npi"
        )


def normalize_registration_number(kind: str, text: str) -> str:
    """Return the number as the state and the DEA write it: `1.034567`, `CSP.0012345`, `AP5836727`.

    People type it with or without the prefix, in any case, with spaces.
    """
    if kind == Registration.Kind.DEA:
        return normalize_dea_number(text)
    compact = re.sub(r"\s", "", text.upper())
    if kind == Registration.Kind.MEDICAL_LICENSE:
        return re.sub(r"^(?:1\.)?(?=[0-9]{6}$)", "1.", compact)
    if kind == Registration.Kind.CONTROLLED_SUBSTANCE:
        return re.sub(r"^(?:CSP[.-]?)?(?=[0-9]{7}$)", "CSP.", compact)
    return compact


def check_registration_number(kind: str, number: str, *, field: str = "number") -> None:
    """The number has the shape of its kind of registration; raises CredentialError or DeaNumberError.

    The number is normalized. For the shapes see docs/domain.md#identifiers.
    """
    if kind == Registration.Kind.DEA:
        try:
            check_dea_number(number)
        except DeaNumberError as error:
            raise DeaNumberError(str(error), field=field) from error
    if kind == Registration.Kind.MEDICAL_LICENSE and not re.fullmatch(r"1\.[0-9]{6}", number):
        raise CredentialError(_("Enter the license number with its six digits, like 1.034567."), field=field)
    if kind == Registration.Kind.CONTROLLED_SUBSTANCE and not re.fullmatch(r"CSP\.[0-9]{7}", number):
        raise CredentialError(
            _("Enter the controlled substance registration with its seven digits, like CSP.0012345."), field=field
        )
