"""Who a physician is and whether she may certify. Each `check_` raises; nothing is written here."""

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import IdentificationTry, Physician, Registration, RosterImport
from ui.errors import PortalError
from ui.text import search_name

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User

DEA_SHAPE = re.compile(r"[A-Z][A-Z9][0-9]{7}")
PRACTITIONER_TYPES = "ABFG"
MOST_FAILURES = 5
MOST_FAILURES_OF_NETWORK = 20
FAILURES_COUNT_FOR = timedelta(hours=24)
WARN_BEFORE_END = timedelta(days=60)
ENDED_TOLD_WITHIN = timedelta(days=30)  # after an outage it is told late; what ended long ago is not news
LEAVE_ANNOUNCED_AHEAD = timedelta(days=365)  # a certification that is signed today has ended by then
MOST_IN_FIRST_NAME = 60
ROSTER_OLD_AFTER = timedelta(days=7)


class AccountsError(PortalError):
    """An expected refusal of this app."""


class DeaNumberError(AccountsError):
    """Not a DEA number of a physician."""


class IdentificationError(AccountsError):
    """DEA number and SSN digits do not identify this account; says nothing about which of them is wrong."""


class LockedOut(IdentificationError):
    """Too many failures; `opens_at` is when it opens again."""

    def __init__(self, opens_at: datetime, tries: int):
        words = _("For your safety, identification is closed after %(tries)d tries that did not match.")
        super().__init__(words % {"tries": tries})
        self.opens_at = opens_at


class NotEligible(AccountsError):
    """One or more of the five requirements is not met."""


class AddressError(AccountsError):
    """The address cannot be the main one yet."""


class MayNotSign(AccountsError):
    """Only the certifying physician's own, identified account signs."""


class DelegateError(AccountsError):
    """This person cannot be named as a delegate."""


class StaffError(AccountsError):
    """These facts make no staff account."""


class LeaveError(AccountsError):
    """The day does not fit, or she has left already."""


class NpiError(AccountsError):
    """Not a National Provider Identifier."""


class CredentialError(AccountsError):
    """Not the number of a Connecticut license or registration."""


def split_dea_number(text: str) -> tuple[str, str]:
    """The number in upper case without spaces and dashes, and its institutional suffix (`-001AB`) or nothing."""
    compact = re.sub(r"\s", "", text.upper())
    found = re.fullmatch(r"([A-Z][A-Z0-9]-?(?:[0-9]-?){6}[0-9])-(\w*)", compact)
    number, suffix = found.groups() if found else (compact, "")
    return number.replace("-", ""), suffix


def normalize_dea_number(text: str) -> str:
    """`text` in upper case, without spaces and dashes, and without an institutional suffix (`-001AB`)."""
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
    """Whether the second letter is the initial of the last name, or the 9 of a business. A hint, never a refusal."""
    return dea_number[1] in ("9", search_name(last_name)[:1].upper())


def check_npi(number: str) -> None:
    """10 digits, the first 1 or 2, Luhn over 80840 and the number [docs/domain.md#identifiers]; raises NpiError."""
    if not re.fullmatch(r"[12][0-9]{9}", number):
        raise NpiError(_("Enter the NPI as ten digits that begin with 1 or 2, like 1234567893."), field="npi")
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate("80840" + number, start=1)]
    if sum(value // 10 + value % 10 for value in doubled) % 10:
        raise NpiError(
            _("This NPI has a typing error: its last digit does not fit the others. Please compare it."), field="npi"
        )


def normalize_registration_number(kind: str, text: str) -> str:
    """The number as the state and the DEA write it: `1.034567`, `CSP.0012345`, `AP5836727`; typed with or without
    the prefix, in any case, with spaces."""
    if kind == Registration.Kind.DEA:
        return normalize_dea_number(text)
    compact = re.sub(r"\s", "", text.upper())
    if kind == Registration.Kind.MEDICAL_LICENSE:
        return re.sub(r"^(?:1\.)?(?=[0-9]{6}$)", "1.", compact)
    if kind == Registration.Kind.CONTROLLED_SUBSTANCE:
        return re.sub(r"^(?:CSP[.-]?)?(?=[0-9]{7}$)", "CSP.", compact)
    return compact


def check_registration_number(kind: str, number: str, *, field: str = "number") -> None:
    """A normalized number of that kind of registration; raises CredentialError or DeaNumberError.

    For the shapes see docs/domain.md#identifiers.
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


def check_not_locked_out(
    *, user: "User", digest: str, owner_id: int | None, network: str | None, now: datetime
) -> None:
    """At most 5 failures in a rolling 24 hours: of this account, and at this DEA number; 20 from `network`.

    At a number that is bound (`owner_id`), the owner's failures are counted apart from everybody else's, so a stranger
    cannot lock the owner out. From a network, those of accounts without a physician count, and close it to such
    accounts alone: who is known as a physician identifies from a hospital's shared address all the same. It is closed
    to right digits as well, or guessing would go on unseen. Raises LockedOut.
    """
    failures = failures_that_count(now)
    at_number = failures.filter(dea_digest=digest)
    if owner_id is not None:
        at_number = at_number.filter(user=owner_id) if user.pk == owner_id else at_number.exclude(user=owner_id)
    limits = [(at_number, MOST_FAILURES), (failures.filter(user=user), MOST_FAILURES)]
    if network and not Physician.objects.filter(user=user).exists():
        limits.append((failures.filter(network=network, user__physician=None), MOST_FAILURES_OF_NETWORK))
    for counted, most in limits:
        latest = list(counted.order_by("-at").values_list("at", flat=True)[:most])
        if len(latest) == most:
            raise LockedOut(latest[-1] + FAILURES_COUNT_FOR, most)


def failures_that_count(now: datetime) -> "QuerySet[IdentificationTry]":
    """The failures of the last 24 hours that no Registrar has lifted."""
    since = now - FAILURES_COUNT_FOR
    return IdentificationTry.objects.filter(succeeded=False, lifted_at__isnull=True, at__gt=since)


@dataclass(frozen=True)
class Requirement:
    """One of the five requirements [docs/domain.md#who-may-certify], as it stands on one day."""

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
    """The five requirements on `today`, each with `met` and a sentence [docs/domain.md#who-may-certify]."""
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
    soon = bool(
        not problem
        and registration
        and registration.expires_date
        and registration.expires_date - today <= WARN_BEFORE_END
    )
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
    if registration.expires_date and registration.expires_date <= today:
        return _("On record, but it has ended. Renew it, then report it here.")
    return ""


def check_physician_is_eligible(physician: Physician, *, today: date) -> None:
    """Verified, and all five requirements met on `today`; raises NotEligible naming each that is not."""
    if physician.status != Physician.Status.VERIFIED:
        raise NotEligible(_("Your account is not open for certifying at the moment. Please call the program."))
    if physician.has_left_on(today):
        raise NotEligible(_("Our records say that you have left practice. Please call the program if that is wrong."))
    missing = [str(requirement.label) for requirement in eligibility(physician, today) if not requirement.met]
    if missing:
        raise NotEligible(_("You cannot certify today. Not met: %(list)s.") % {"list": "; ".join(missing)})


def check_may_sign(physician: Physician, *, by: "User | None", today: date) -> None:
    """Only the physician's own account signs, while she is eligible; raises MayNotSign or NotEligible."""
    if by is None or physician.user_id != by.pk:
        raise MayNotSign(_("Only the certifying physician can sign."))
    check_physician_is_eligible(physician, today=today)


def check_may_be_main(address: EmailAddress) -> None:
    """Confirmed by the link in its mail; raises AddressError."""
    if not address.verified:
        raise AddressError(_("Confirm this address first: open the link in our mail."))


def check_may_state_access(registration: Registration | None) -> None:
    """Nothing is on record of her access to the monitoring program: a statement of hers overrules no one's look.

    Raises CredentialError.
    """
    if registration is not None:
        raise CredentialError(_("Your access is on record already. Report a change, and we look it up."))


def old_roster_read_at(*, now: datetime) -> datetime | None:
    """When the newest roster was read, where that is more than 7 days ago; None while it is fresh, or none was read.

    Before the first import of a file, what was read shows in the registrations that name a roster as their source.
    """
    imports = RosterImport.objects.filter(kind=RosterImport.Kind.PROGRAM, is_dry_run=False)
    from_rosters = Registration.objects.filter(source__icontains="roster")
    newest = (
        imports.aggregate(newest=Max("finished_at"))["newest"]
        or from_rosters.aggregate(newest=Max("verified_at"))["newest"]
    )
    return newest if newest and now - newest > ROSTER_OLD_AFTER else None


def check_is_staff(*, email: str, first_name: str, groups: Collection[str], known_groups: Collection[str]) -> None:
    """An address, one first name of at most 60 characters, and groups that there are."""
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


def check_may_name_delegates(physician: Physician, *, today: date) -> None:
    """A verified physician who has not left lets others see her patients; raises DelegateError."""
    if physician.status != Physician.Status.VERIFIED or physician.has_left_on(today):
        raise DelegateError(_("Your account is not open for naming delegates at the moment. Please call the program."))


def check_delegate_is_somebody_else(physician: Physician, email: str) -> None:
    """Not the physician's own address, on the roster or of her account; raises DelegateError.

    Another physician's account may be a delegate (colleagues of one practice cover for each other): it identifies as
    itself, prepares, and signs nothing but its own.
    """
    own = {physician.email, *EmailAddress.objects.filter(user=physician.user_id).values_list("email", flat=True)}
    if physician.user:
        own.add(physician.user.email)
    if email in {address.lower() for address in own}:
        raise DelegateError(
            _("This is your own address. Enter the address of the person who prepares for you."), field="email"
        )


def check_leave_date(physician: Physician, *, day: date, today: date) -> None:
    """Not left already; today, or a day at most LEAVE_ANNOUNCED_AHEAD. What was signed stays; raises LeaveError."""
    if physician.status == Physician.Status.LEFT or physician.has_left_on(today):
        raise LeaveError(_("This physician has left practice already."))
    if day < today:
        raise LeaveError(_("Choose today or a later day: what was signed until now stays as it is."), field="date")
    if day > today + LEAVE_ANNOUNCED_AHEAD:
        raise LeaveError(_("Choose a day within the next 365 days: patients are told at once."), field="date")
