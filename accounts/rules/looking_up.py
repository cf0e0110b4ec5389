"""What a Registrar reads in the registers about the claims of an application, and whether it fits together."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from accounts.models import Registration
from accounts.rules.applications import ApplicationError
from accounts.rules.numbers import CredentialError
from accounts.rules.registrations import LONGEST_REGISTRATION, RenewalDateError


@dataclass(frozen=True)
class Seen:
    """One claimed registration as a register shows it.

    `matches` is the tick: the claimed number, active and without limitation. `number` is another one that the register
    shows, or "". `valid_through` is the last day on which the registration counts.
    """

    kind: str
    matches: bool
    valid_through: date | None
    source: str
    number: str = ""
    state: str = "CT"
    schedules: str = ""
    is_active: bool = True
    is_limited: bool = False

    @property
    def differs(self) -> bool:
        return bool(self.number) or not self.is_active or self.is_limited


@dataclass(frozen=True)
class CallBack:
    """A call to the physician at `number` (E.164); `source` names the public register that shows the number."""

    number: str
    source: str


def field_of(kind: str, name: str) -> str:
    """Return the name of the form field that holds `name` of a registration of this kind."""
    return f"{kind}_{name}"


def check_something_was_seen(seen: Collection[Seen], call: CallBack | None) -> None:
    """At least one registration or the call is entered; raises ApplicationError."""
    if not seen and call is None:
        raise ApplicationError(_("Nothing is entered yet. Tick what you have looked up, then save."))


def check_tick_or_difference(seen: Seen) -> None:
    """Either the register shows what was claimed, or it says what differs; raises CredentialError."""
    if seen.matches and seen.differs:
        raise CredentialError(
            _("You ticked that it matches, and entered what differs. Take one of them away."),
            field=field_of(seen.kind, "matches"),
        )
    if not seen.matches and not seen.differs:
        raise CredentialError(
            _("Tick that it matches, or enter below what differs."), field=field_of(seen.kind, "matches")
        )


def check_last_day_seen(seen: Seen, *, today: date) -> None:
    """The last day is one that a register can show, and has not passed where it matches; raises RenewalDateError.

    `today` is in the program's time zone. Access to the monitoring program has no last day.
    """
    if seen.kind == Registration.Kind.PRESCRIPTION_MONITORING:
        return
    field = field_of(seen.kind, "valid_through")
    if seen.valid_through is None:
        raise RenewalDateError(_("Enter the last day through which it is valid."), field=field)
    if seen.valid_through > today + LONGEST_REGISTRATION:
        raise RenewalDateError(_("No registration runs longer than four years. Please compare the year."), field=field)
    if seen.matches and seen.valid_through < today:
        raise RenewalDateError(
            _("This day has passed. If the register shows it, take the tick away and tick “Not active, or ended”."),
            field=field,
        )
