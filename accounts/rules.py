"""Who a physician is and whether she may certify. Each `check_` raises; nothing is written here."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import IdentificationTry, Physician, Registration
from ui.errors import PortalError
from ui.text import search_name

if TYPE_CHECKING:
    from accounts.models import User

DEA_SHAPE = re.compile(r"[A-Z][A-Z9][0-9]{7}")
NPI_SHAPE = re.compile(r"[12][0-9]{9}")
LICENSE_SHAPE = re.compile(r"1\.[0-9]{6}")
CSP_SHAPE = re.compile(r"CSP\.[0-9]{7}")
PRACTITIONER_TYPES = "ABFG"
MOST_FAILURES = 5
FAILURES_COUNT_FOR = timedelta(hours=24)
WARN_BEFORE_END = timedelta(days=60)


class AccountsError(PortalError):
    """An expected refusal of this app."""


class DeaNumberError(AccountsError):
    """Not a DEA number of a physician."""


class IdentificationError(AccountsError):
    """DEA number and SSN digits do not identify this account; says nothing about which of them is wrong."""


class LockedOut(IdentificationError):
    """Too many failures; `opens_at` is when it opens again."""

    def __init__(self, opens_at: datetime):
        super().__init__(_("For your safety, identification is closed after five tries that did not match."))
        self.opens_at = opens_at


class NotEligible(AccountsError):
    """One or more of the five requirements is not met."""


class MayNotSign(AccountsError):
    """Only the certifying physician's own, identified account signs."""


def normalize_dea_number(text: str) -> str:
    """`text` in upper case, without spaces and dashes, and without an institutional suffix (`-001AB`)."""
    compact = re.sub(r"\s", "", text.upper())
    return re.sub(r"(?<=[0-9]{7})-\w*$", "", compact).replace("-", "")


def check_dea_number(number: str) -> None:
    """Shape, registrant type and check digit of a normalized DEA number; raises DeaNumberError.

    The check digit is the last digit of (d1+d3+d5) + 2*(d2+d4+d6) [DEA Diversion Control, as DOMAIN.md restates].
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


def ssn_digest(dea_number: str, ssn_last_four: str, pepper: str | None = None) -> str:
    """HMAC-SHA256 of DEA number and the last four SSN digits under `pepper` (default: the newest), in hex."""
    key = (pepper or settings.SSN_PEPPERS[0]).encode()
    return hmac.new(key, f"v1|{dea_number}|{ssn_last_four}".encode(), hashlib.sha256).hexdigest()


def ssn_digits_match(dea_number: str, ssn_last_four: str, digest: str) -> bool:
    """Whether the digits give `digest` under any pepper; takes the same time whichever it is."""
    tries = [ssn_digest(dea_number, ssn_last_four, pepper) for pepper in settings.SSN_PEPPERS]
    matches = [hmac.compare_digest(one, digest) for one in tries]
    return any(matches)


def dea_digest(dea_number: str) -> str:
    """A keyed digest under which tries at a DEA number are counted, in hex."""
    return hmac.new(settings.SSN_PEPPERS[0].encode(), f"dea|{dea_number}".encode(), hashlib.sha256).hexdigest()


def check_not_locked_out(*, user: "User", digest: str, owner_id: int | None, now: datetime) -> None:
    """At most 5 failures in a rolling 24 hours: of this account, and at this DEA number.

    At a number that is bound (`owner_id`), the owner's failures are counted apart from everybody else's, so a stranger
    cannot lock the owner out. Raises LockedOut.
    """
    failures = IdentificationTry.objects.filter(succeeded=False, at__gt=now - FAILURES_COUNT_FOR)
    at_number = failures.filter(dea_digest=digest)
    if owner_id is not None:
        at_number = at_number.filter(user=owner_id) if user.pk == owner_id else at_number.exclude(user=owner_id)
    for counted in (at_number, failures.filter(user=user)):
        latest = list(counted.order_by("-at").values_list("at", flat=True)[:MOST_FAILURES])
        if len(latest) == MOST_FAILURES:
            raise LockedOut(latest[-1] + FAILURES_COUNT_FOR)


@dataclass(frozen=True)
class Requirement:
    """One of the five requirements of the brief, as it stands on one day."""

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
        ends = self.registration.expires_date if self.registration else None
        return ends - timedelta(days=1) if ends else None

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
    """The five requirements of the brief on `today`, in its order, each with `met` and a sentence."""
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
        else _("Your practice on record is outside Connecticut. Call the program when you practice in Connecticut.")
    )
    return Requirement("practice", REQUIREMENT_LABELS["practice"], met, sentence)


def _registered(name: str, registration: Registration | None, today: date) -> Requirement:
    problem = _problem_with(registration, today)
    soon = bool(
        not problem
        and registration
        and registration.expires_date
        and registration.expires_date - today <= WARN_BEFORE_END
    )
    sentence = problem or (_("On record and active. Renew it in time.") if soon else _("On record and active."))
    return Requirement(name, REQUIREMENT_LABELS[name], not problem, sentence, registration, soon)


def _problem_with(registration: Registration | None, today: date) -> str:
    if registration is None:
        return _("Not on record. Call the program with your number, and we will add it.")
    is_only_named = registration.kind != Registration.Kind.PRESCRIPTION_MONITORING and registration.expires_date is None
    if is_only_named:
        return _("Your number is on record, but not yet confirmed. We confirm it with the next roster we receive.")
    if not registration.is_active:
        return _("On record, but not active. Renew it, then call the program.")
    if registration.is_limited:
        return _("On record, but subject to a limitation. A limited registration cannot be used to certify.")
    if registration.expires_date and registration.expires_date <= today:
        return _("On record, but it has ended. Renew it, then call the program.")
    return ""


def check_physician_is_eligible(physician: Physician, *, today: date) -> None:
    """Verified, and all five requirements met on `today`; raises NotEligible naming each that is not."""
    if physician.status != Physician.Status.VERIFIED:
        raise NotEligible(_("Your account is not open for certifying at the moment. Please call the program."))
    missing = [str(requirement.label) for requirement in eligibility(physician, today) if not requirement.met]
    if missing:
        raise NotEligible(_("You cannot certify today. Not met: %(list)s.") % {"list": "; ".join(missing)})


def check_may_sign(physician: Physician, *, by: "User | None", today: date) -> None:
    """Only the physician's own account signs, while she is eligible; raises MayNotSign or NotEligible."""
    if by is None or physician.user_id != by.pk:
        raise MayNotSign(_("Only the certifying physician can sign."))
    check_physician_is_eligible(physician, today=today)


class CredentialError(AccountsError):
    """Not an NPI, or not the code of a Connecticut credential."""


def dea_suffix(text: str) -> str:
    """The institutional suffix that may follow a DEA number after a dash, in upper case: `-001AB` gives `001AB`."""
    match = re.search(r"(?<=[0-9]{7})-(\w+)$", re.sub(r"\s", "", text.upper()))
    return match[1] if match else ""


def dea_number_fits_name(number: str, last_name: str) -> bool:
    """Whether the second letter is the initial of the last name, or 9 for a business. Worth a look, never a refusal."""
    return number[1] == "9" or number[1].casefold() == search_name(last_name)[:1]


def check_npi(npi: str) -> None:
    """Ten digits, the first 1 or 2, and Luhn's check digit over `80840` + NPI [45 CFR 162.406, CMS]; raises
    CredentialError."""
    if not NPI_SHAPE.fullmatch(npi):
        raise CredentialError(_("Enter the NPI as ten digits, the first of them 1 or 2."), field="npi")
    digits = [int(char) for char in "80840" + npi]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    if (sum(doubled) + sum(digits[-1::-2])) % 10:
        raise CredentialError(
            _("This NPI has a typing error: its last digit does not fit the others. Please compare it."), field="npi"
        )


def normalize_credential(code: str) -> str:
    """`code` in upper case and without spaces."""
    return re.sub(r"\s", "", code.upper())


def check_license_number(code: str) -> None:
    """A normalized code of a physician's license, `1.` and six digits [DOMAIN.md]; raises CredentialError."""
    if not LICENSE_SHAPE.fullmatch(code):
        raise CredentialError(
            _("Enter the medical license as 1. and six digits, like 1.034567."), field="license_number"
        )


def check_csp_number(code: str) -> None:
    """A normalized code of a controlled substance practitioner, `CSP.` and seven digits [DOMAIN.md]; raises
    CredentialError."""
    if not CSP_SHAPE.fullmatch(code):
        raise CredentialError(
            _("Enter the controlled substance registration as CSP. and seven digits, like CSP.0045671."),
            field="csp_number",
        )
