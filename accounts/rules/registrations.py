"""What a reported registration must say, and when an end or an old roster is announced."""

from datetime import date, datetime, timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Physician, PhysicianApplication, Registration, RosterImport
from accounts.rules.errors import AccountsError
from accounts.rules.numbers import CredentialError, DeaNumberError

ENDS_ANNOUNCED_WITHIN = timedelta(days=30)  # after an outage an end is announced late, but not once it is old
ROSTER_OLD_AFTER = timedelta(days=7)
LONGEST_REGISTRATION = timedelta(days=4 * 366)


class RenewalDateError(AccountsError):
    """Not a day through which a renewed registration can be valid."""


def check_may_state_access(registration: Registration | None) -> None:
    """No registration says anything about access to the monitoring program yet; raises CredentialError.

    A physician's statement does not overrule what somebody looked up.
    """
    if registration is not None:
        raise CredentialError(_("Your access is on record already. Report a change, and we look it up."))


def old_roster_read_at(*, now: datetime) -> datetime | None:
    """Return when the newest roster was read, if that is more than 7 days ago, or None.

    Rosters that were read before the portal kept imports show in the source of registrations.
    """
    imports = RosterImport.objects.filter(kind=RosterImport.Kind.PROGRAM, is_dry_run=False)
    from_rosters = Registration.objects.filter(source__icontains="roster")
    newest = (
        imports.aggregate(newest=Max("finished_at"))["newest"]
        or from_rosters.aggregate(newest=Max("verified_at"))["newest"]
    )
    return newest if newest and now - newest > ROSTER_OLD_AFTER else None


def check_renewed_until(last_day: date, *, today: date) -> None:
    """The last valid day of a renewed registration lies ahead, within four years; raises RenewalDateError."""
    if last_day < today:
        raise RenewalDateError(
            _("This day has passed. Enter the last day through which the renewed registration is valid."),
            field="valid_through",
        )
    if last_day > today + LONGEST_REGISTRATION:
        raise RenewalDateError(
            _("No registration runs longer than four years. Please compare the year."), field="valid_through"
        )


def check_dea_number_stays(owner: Physician | PhysicianApplication, kind: str, number: str) -> None:
    """A renewed DEA registration keeps its number; raises DeaNumberError. A new number needs the SSN digits again."""
    if kind == Registration.Kind.DEA and number != owner.dea_number:
        raise DeaNumberError(
            _(
                "This is not the DEA number on record. For a new one, fill in the application: your patients stay "
                "yours."
            ),
            field="number",
        )


def check_has_an_end(kind: str, last_day: date | None) -> None:
    """The registration has a possible last day, or is the access to the monitoring program; raises RenewalDateError."""
    if last_day is None and kind != Registration.Kind.PRESCRIPTION_MONITORING:
        raise RenewalDateError(_("Enter the last day through which it is valid."), field="valid_through")
    if last_day == date.max:  # the day after it is what is stored
        raise RenewalDateError(
            _("No registration runs longer than four years. Please compare the year."), field="valid_through"
        )
