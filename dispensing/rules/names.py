"""What a name on papers needs."""

import re

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import may_as_staff
from dispensing.rules.errors import PaperNameError

MOST_IN_FULL_NAME = 80
ENTER_ANY = "dispensing.change_papername"  # Manager
ENTER_OWN = "dispensing.add_papername"  # Pharmacist


def check_may_enter_name(by: User, *, user: User) -> None:
    """The account enters names of staff, or its own, and `user` is staff; raises PaperNameError."""
    if not may_as_staff(by, ENTER_ANY) and not (by.pk == user.pk and may_as_staff(by, ENTER_OWN)):
        raise PaperNameError(_("Only a Manager enters the full names of other accounts."))
    if not user.is_staff:
        raise PaperNameError(_("Choose an account of staff: labels and papers name nobody else."), field="user")


def check_paper_name(full_name: str) -> None:
    """First and last name in letters, at most 80 characters; raises PaperNameError."""
    if len(full_name) > MOST_IN_FULL_NAME or not full_name.isprintable():
        raise PaperNameError(_("Give the full name in at most 80 characters."), field="full_name")
    if len(re.findall(r"[^\W\d_]+", full_name)) < 2 or re.search(r"[\d@_]", full_name):
        words = _("Give first and last name in letters, as in Maria Lopez: labels and the log print it.")
        raise PaperNameError(words, field="full_name")
