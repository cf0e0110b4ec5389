"""The five requirements of a certifying physician, and whether a physician may sign."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Physician, Registration, User
from accounts.rules.errors import AccountsError
from accounts.rules.validity import has_ended, is_ending_soon


class NotEligible(AccountsError):
    """One or more of the five requirements is not met."""


class MayNotSign(AccountsError):
    """Only the certifying physician's own, identified account signs."""


@dataclass(frozen=True)
class Requirement:
    """One of the five requirements [docs/domain.md#who-may-certify], on one day."""

    name: str
    label: Any
    met: bool
    sentence: str
    registration: Registration | None = None
    ends_soon: bool = False

    @property
    def masked_number(self) -> str:
        number = self.registration.number if self.registration else ""
        return "•" * max(len(number) - 3, 0) + number[-3:]

    @property
    def valid_through(self) -> date | None:
        """The last day on which the registration counts."""
        return self.registration.valid_through if self.registration else None

    @property
    def checked_date(self) -> date | None:
        """The day, in the program's time zone, on which somebody last looked the registration up."""
        return timezone.localdate(self.registration.verified_at) if self.registration else None


REQUIREMENT_LABELS = {
    "medical_license": gettext_lazy("An active Connecticut medical license (Department of Public Health)"),
    "practice": gettext_lazy("Practice within the State of Connecticut"),
    "controlled_substance": gettext_lazy(
        "An active Connecticut controlled substance registration (Department of Consumer Protection) "
        "that is not subject to limitation"
    ),
    "dea": gettext_lazy("An active DEA controlled substance registration that is not subject to limitation"),
    "prescription_monitoring": gettext_lazy(
        "Registered with, and able to access, the Connecticut Prescription Monitoring Program"
    ),
}


def eligibility(physician: Physician, today: date) -> list[Requirement]:
    """Return the five requirements on `today`, each with `met` and a sentence [docs/domain.md#who-may-certify]."""
    registrations = {registration.kind: registration for registration in physician.registrations.all()}
    return [
        _practice(physician) if name == "practice" else _registered(name, registrations.get(name), today)
        for name in REQUIREMENT_LABELS
    ]


def _practice(physician: Physician) -> Requirement:
    met = physician.practice_state == "CT"
    sentence = (
        _("Your practice: %(address)s.") % {"address": physician.practice_address}
        if met
        else _(
            "Your practice on record is outside Connecticut, so the license does not count here. Call the program when "
            "you practice in Connecticut."
        )
    )
    return Requirement("practice", REQUIREMENT_LABELS["practice"], met, sentence)


def _registered(name: str, registration: Registration | None, today: date) -> Requirement:
    problem = _problem_with(registration, today) if registration else _not_on_record(name)
    soon = bool(not problem and registration and is_ending_soon(registration, today=today))
    sentence = problem or (_("On record and active. Renew it in time.") if soon else _("On record and active."))
    return Requirement(name, REQUIREMENT_LABELS[name], not problem, sentence, registration, soon)


def _not_on_record(name: str) -> str:
    if name == Registration.Kind.PRESCRIPTION_MONITORING:
        return _("Not on record. State that you can sign in to it, and it counts at once.")
    return _("Not on record. Report your number, and we will add it once we have looked it up.")


def _problem_with(registration: Registration, today: date) -> str:
    is_access = registration.kind == Registration.Kind.PRESCRIPTION_MONITORING
    if is_access and not registration.is_active:
        return _("On record, but not active. Register with the monitoring program, then report it here.")
    if not is_access and registration.expires_date is None:
        return _("Your number is on record, but not yet confirmed. We confirm it with the next roster we receive.")
    if not registration.is_active:
        return _("On record, but not active. Renew it, then report it here.")
    if registration.is_limited:
        return _(
            "On record, but subject to a limitation. A limited registration cannot be used to certify: report it here "
            "when the limitation has ended."
        )
    if has_ended(registration, today=today):
        return _("On record, but it has ended. Renew it, then report it here.")
    return ""


def check_physician_is_eligible(physician: Physician, *, today: date) -> None:
    """Verified, and all five requirements met on `today`; raises NotEligible that names each that is not met."""
    if physician.status != Physician.Status.VERIFIED:
        raise NotEligible(_("Your account is not open for certifying at the moment. Please call the program."))
    if physician.has_left_on(today):
        raise NotEligible(_("Our records say that you have left practice. Please call the program if that is wrong."))
    missing = [str(requirement.label) for requirement in eligibility(physician, today) if not requirement.met]
    if missing:
        raise NotEligible(_("You cannot certify today. Not met: %(list)s.") % {"list": "; ".join(missing)})


def check_may_sign(physician: Physician, *, by: User | None, today: date) -> None:
    """The account is the physician's own, and the physician is eligible; raises MayNotSign or NotEligible."""
    if by is None or physician.user_id != by.pk:
        raise MayNotSign(_("Only the certifying physician can sign."))
    check_physician_is_eligible(physician, today=today)
