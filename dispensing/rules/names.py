"""What a name on papers needs."""

import re

from django.utils.translation import gettext as _

from dispensing.rules.errors import PaperNameError

MOST_IN_FULL_NAME = 80


def check_paper_name(full_name: str) -> None:
    """First and last name in letters, at most 80 characters; raises PaperNameError."""
    if len(full_name) > MOST_IN_FULL_NAME or not full_name.isprintable():
        raise PaperNameError(_("Give the full name in at most 80 characters."))
    if len(re.findall(r"[^\W\d_]+", full_name)) < 2 or re.search(r"[\d@_]", full_name):
        raise PaperNameError(_("Give first and last name in letters, as in Maria Lopez: labels and the log print it."))
