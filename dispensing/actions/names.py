"""Entering the full names that labels and the log print."""

from accounts.models import User
from audit.actions import audited, record
from dispensing.models import PaperName
from dispensing.rules import check_may_enter_name, check_paper_name
from ui.tidy import tidy


@audited("papername.enter", subject="user")
def enter_paper_name(*, user: User, full_name: str, by: User | None) -> PaperName:
    """Enter or change the full name of an account of staff. Raises PaperNameError.

    Labels and papers that were printed before keep the name that they have.
    """
    if by is not None:
        check_may_enter_name(by, user=user)
    full_name = tidy(full_name)
    check_paper_name(full_name)
    name, _new = PaperName.objects.update_or_create(user=user, defaults={"full_name": full_name, "entered_by": by})
    record(by=by, subject=user)
    return name
