"""What a staff account needs."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.rules.errors import AccountsError

MOST_IN_FIRST_NAME = 60


class StaffError(AccountsError):
    """These facts make no staff account."""


def check_is_staff(*, email: str, first_name: str, groups: Collection[str], known_groups: Collection[str]) -> None:
    """An address, a first name of at most 60 characters, and groups that exist; raises StaffError."""
    unknown = sorted(set(groups) - set(known_groups))
    if unknown:
        words = {"unknown": ", ".join(unknown), "known": ", ".join(known_groups)}
        raise StaffError(_("There is no group %(unknown)s. The groups are: %(known)s.") % words)
    if not first_name or len(first_name) > MOST_IN_FIRST_NAME or not first_name.isprintable():
        raise StaffError(_("Give the first name that patients read, at most 60 characters."))
    try:
        validate_email(email)
    except ValidationError as error:
        raise StaffError(_("%(email)s is no email address. Check its spelling.") % {"email": email}) from error
