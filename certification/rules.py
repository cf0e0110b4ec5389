"""What a certification needs, and how long it lasts. Each `check_` raises a CertificationError; nothing is written."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

import zipcodes
from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Physician
from certification.models import (
    AllotmentLimit,
    Caregiver,
    CaregiverAssignment,
    Certification,
    Condition,
    Invitation,
    Patient,
)
from certification.statements import ATTESTATIONS, CAREGIVER_AFFIRMATIONS, PATIENT_AFFIRMATIONS
from ui.errors import PortalError
from ui.text import search_name

if TYPE_CHECKING:
    from accounts.models import User

ADULT_AGE = 18
PO_BOX = re.compile(
    r"\bp\.?\s*o\.?\s*b(?:ox(?![a-z])|\.?(?=\s*#?\d))|\bpost\s+office\s+box|\bgeneral\s+delivery\b|^\s*box\s*#?\d",
    re.IGNORECASE,
)
MG_PER_OZ = Decimal("28349.523125")  # the international avoirdupois ounce, exactly
MOST_INVITATION_TRIES = 5
REMINDER_DAYS = (60, 30, 14, 7, 1)
ENDED_REMINDER_WITHIN = timedelta(days=30)
GUARDIANS = {
    CaregiverAssignment.Relationship.PARENT,
    CaregiverAssignment.Relationship.GUARDIAN,
    CaregiverAssignment.Relationship.CUSTODIAN,
}
# CGS 21a-408: one patient a caregiver, unless family; it counts both ways (a daughter may act for both parents).
FAMILY = GUARDIANS | {
    CaregiverAssignment.Relationship.CONSERVATOR,
    CaregiverAssignment.Relationship.CHILD,
    CaregiverAssignment.Relationship.SIBLING,
}

S = Certification.Status
ALLOWED_TRANSITIONS = {
    S.DRAFT: {S.ACTIVE},
    S.ACTIVE: {S.SUPERSEDED, S.WITHDRAWN},
    S.SUPERSEDED: set(),
    S.WITHDRAWN: set(),
}


class CertificationError(PortalError):
    """An expected refusal of this app."""


class TransitionError(CertificationError):
    """The certification is not in a state that allows this."""


class IncompleteError(CertificationError):
    """A step or an attestation is missing."""


class AddressError(CertificationError):
    """The home is not in Connecticut, or no home."""


class ConditionError(CertificationError):
    """A condition does not fit the patient's age or the day."""


class ExamDateError(CertificationError):
    """The exam or the review of the monitoring program is not recent."""


class AllotmentError(CertificationError):
    """The monthly allotment is not within the limit."""


class CaregiverError(CertificationError):
    """The caregiver cannot act for this patient."""


class OwnPatientError(CertificationError):
    """A physician cannot certify herself."""


class SignatureError(CertificationError):
    """The typed name is not the physician's."""


class ChangedError(CertificationError):
    """The draft is not what the physician looked at."""


class RenewalNotOpen(CertificationError):
    """It is too early, or too late, to renew."""


class InvitationError(CertificationError):
    """The invitation cannot be used."""


class BirthDateError(InvitationError):
    """The typed date is not that of the person invited; says how many tries are left."""

    def __init__(self, invitation: Invitation):
        left = MOST_INVITATION_TRIES - invitation.failed_tries
        words = ngettext(
            "The birth date does not match our records. Compare it with the photo ID; %(left)d try is left.",
            "The birth date does not match our records. Compare it with the photo ID; %(left)d tries are left.",
            left,
        )
        ended = _("The birth date did not match five times. Ask your physician’s office to send a new invitation.")
        super().__init__(words % {"left": left} if left > 0 else ended, field="birth_date")


# --- Answers --------------------------------------------------------------------------------------------------------


def expires_date_for(certified_date: date) -> date:
    """One year after `certified_date`, the first day on which it is no longer valid; 29 February gives 28 [brief]."""
    try:
        return certified_date.replace(year=certified_date.year + 1)
    except ValueError:
        return certified_date.replace(year=certified_date.year + 1, day=28)


def age_on(birth_date: date, day: date) -> int:
    """Completed years on `day`."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def is_minor_on(birth_date: date, day: date) -> bool:
    return age_on(birth_date, day) < ADULT_AGE


def needs_guardian(*, birth_date: date, has_legal_capacity: bool, day: date) -> bool:
    """Minors and patients without legal capacity: the caregiver is a parent, guardian or custodian [CGS 21a-408]."""
    return is_minor_on(birth_date, day) or not has_legal_capacity


def conditions_for(*, birth_date: date, day: date) -> Iterable[Condition]:
    """The conditions that count for the patient's age on `day`, by name."""
    for_age = {"for_minors": True} if is_minor_on(birth_date, day) else {"for_adults": True}
    in_force = Condition.objects.filter(effective_date__lte=day, **for_age)
    return in_force.exclude(until_date__lte=day)


def allotment_limit_oz(day: date) -> Decimal:
    """The monthly limit in ounces in force on `day` (3.5 oz [brief], from a dated table)."""
    return AllotmentLimit.objects.filter(effective_date__lte=day).values_list("limit_oz", flat=True)[0]


def ounces_to_mg(ounces: Decimal) -> int:
    """Ounces as milligrams, rounded down: 3.5 oz are 99,223 mg [DOMAIN.md 4]."""
    return int((ounces * MG_PER_OZ).to_integral_value(ROUND_FLOOR))


def renewal_opens_date(certification: Certification) -> date:
    """The first day on which it can be renewed: RENEWAL_OPENS_DAYS before it expires."""
    assert certification.expires_date
    return certification.expires_date - timedelta(days=settings.RENEWAL_OPENS_DAYS)


def reminder_due(*, expires_date: date, today: date) -> str | None:
    """The reminder that belongs to `today`: "60", "30", "14", "7", "1" (days left at most), "ended", or None.

    After an outage the latest one that applies is given, never several at once; "ended" for 30 days after the end.
    """
    days_left = (expires_date - today).days
    if days_left <= 0:
        return "ended" if today - expires_date < ENDED_REMINDER_WITHIN else None
    return next((str(days) for days in sorted(REMINDER_DAYS) if days_left <= days), None)


def still_to_affirm(person: Patient | Caregiver) -> list[Patient | CaregiverAssignment]:
    """What somebody who joined has not affirmed yet: being a patient, or acting for each patient as the caregiver."""
    if isinstance(person, Patient):
        return [] if person.affirmed_at else [person]
    return [one for one in person.assignments.all() if one.ended_date is None and one.affirmed_at is None]


# --- Checks ---------------------------------------------------------------------------------------------------------


def check_transition(certification: Certification, to: str) -> None:
    """`to` may follow the certification's status; raises TransitionError."""
    if to not in ALLOWED_TRANSITIONS[Certification.Status(certification.status)]:
        raise TransitionError(
            _("This certification is %(status)s; that is no longer possible.")
            % {"status": certification.get_status_display().lower()}
        )


def check_profile_is_complete(person: Mapping[str, Any]) -> None:
    """Name, birth date, home address, a primary phone, and an e-mail address if there is one [brief]."""
    needed = ["first_name", "last_name", "birth_date", "street", "city", "zip_code", "phone"]
    if any(not person.get(name) for name in needed):
        raise IncompleteError(_("Complete the profile: name, date of birth, home address and primary phone."))
    check_email_or_none(person)


def check_email_or_none(person: Mapping[str, Any]) -> None:
    """An e-mail address, or the word that there is none, and not both; raises IncompleteError."""
    if bool(person.get("email")) == bool(person.get("has_no_email")):
        raise IncompleteError(_("Enter an email address, or tick that there is none."), field="email")


def names_po_box(street: str, unit: str = "") -> bool:
    """Reads like a post office box or general delivery, in the ways people write them."""
    return bool(PO_BOX.search(f"{street} {unit}"))


def check_street_address(street: str, unit: str = "") -> None:
    """A home has a street; raises AddressError."""
    if names_po_box(street, unit):
        raise AddressError(_("A PO box is no home. Enter the street address where the person lives."), field="street")


def check_lives_in_connecticut(zip_code: str) -> None:
    """The ZIP code is one of Connecticut's (06390 begins like them and is New York's); raises AddressError."""
    if not any(place["state"] == "CT" for place in zipcodes.matching(zip_code)):
        raise AddressError(
            _("This ZIP code is not in Connecticut. The program is for people who live in Connecticut."),
            field="zip_code",
        )


def check_attestations(statement: Mapping[str, Any]) -> None:
    """Each of the six points was attested; raises IncompleteError naming the first that was not."""
    for name, sentence in ATTESTATIONS.items():
        if not statement.get(name):
            raise IncompleteError(_("Not attested: “%(point)s”") % {"point": sentence}, field=name)


def check_conditions_fit_age(codes: Iterable[str], *, birth_date: date, day: date) -> None:
    """At least one condition, each on the list for the patient's age on `day`; raises Incomplete- or ConditionError."""
    codes = set(codes)
    if not codes:
        raise IncompleteError(_("Choose at least one debilitating condition."), field="condition_codes")
    known = {condition.code for condition in conditions_for(birth_date=birth_date, day=day)}
    if not codes <= known:
        raise ConditionError(
            _("A chosen condition is not on the list for patients under 18.")
            if is_minor_on(birth_date, day)
            else _("A chosen condition is not on the list for adults."),
            field="condition_codes",
        )


def check_exam_dates(*, exam_date: date | None, monitoring_reviewed_date: date | None, today: date) -> None:
    """Exam and monitoring-program review in the last EXAM_MAX_AGE_DAYS days; raises Incomplete- or ExamDateError."""
    oldest = today - timedelta(days=settings.EXAM_MAX_AGE_DAYS)
    for field, day in (("exam_date", exam_date), ("monitoring_reviewed_date", monitoring_reviewed_date)):
        if day is None:
            raise IncompleteError(_("Enter the dates of the exam and of the monitoring review."), field=field)
        if day > today:
            raise ExamDateError(_("This date lies in the future."), field=field)
        if day < oldest:
            raise ExamDateError(
                _("This date is too long ago: it must be %(day)s or later.") % {"day": date_format(oldest, "F j, Y")},
                field=field,
            )


def check_monthly_allotment(amount_oz: Decimal | None, *, day: date) -> None:
    """More than 0 and at most the limit in ounces on `day`; raises Incomplete- or AllotmentError."""
    if amount_oz is None:
        raise IncompleteError(_("Enter the monthly allotment in ounces."), field="monthly_allotment_oz")
    limit = allotment_limit_oz(day)
    if not 0 < amount_oz <= limit:
        raise AllotmentError(
            _("The monthly allotment can be at most %(limit)s oz, and more than 0.") % {"limit": limit.normalize()},
            field="monthly_allotment_oz",
        )


def is_same_person(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Same name and birth date; accents and capitals do not count."""
    return one["birth_date"] == other["birth_date"] and search_name(one["last_name"], one["first_name"]) == search_name(
        other["last_name"], other["first_name"]
    )


def check_not_own_patient(physician: Physician, person: Mapping[str, Any]) -> None:
    """Patient or caregiver is not the certifying physician herself (e-mail, phone, name); raises OwnPatientError."""
    emails = {physician.email.lower(), physician.user.email if physician.user else ""}
    same_name = search_name(person["last_name"], person["first_name"]) == physician.search_name
    same_contact = (person.get("email") or "?").lower() in emails or person["phone"] == physician.phone.as_e164
    if same_contact:
        raise OwnPatientError(
            _("This email address or phone number is your own. Enter the person’s own contact data."), field="phone"
        )
    if same_name:
        raise OwnPatientError(
            _("This is your own name. A physician cannot certify herself; for a namesake, call the program."),
            field="last_name",
        )


def check_caregiver(
    caregiver: Mapping[str, Any] | None, *, physician: Physician, profile: Mapping[str, Any], today: date
) -> None:
    """The caregiver (answers of the step, or None) may act for the patient (answers of the profile).

    Required, and a parent, guardian or custodian, for a minor and for a patient without legal capacity; 18 or older;
    not the certifying physician; not the patient [law, CGS 21a-408]. Raises CaregiverError or OwnPatientError.
    """
    guarded = needs_guardian(
        birth_date=profile["birth_date"], has_legal_capacity=profile["has_legal_capacity"], day=today
    )
    if caregiver is None:
        if guarded:
            raise CaregiverError(
                _("This patient needs a caregiver: a parent, guardian or other legal custodian. Please add one.")
            )
        return
    check_profile_is_complete(caregiver)
    check_street_address(caregiver["street"], caregiver.get("unit") or "")
    check_lives_in_connecticut(caregiver["zip_code"])
    if not caregiver.get("relationship"):
        raise IncompleteError(_("Choose what the caregiver is to the patient."), field="relationship")
    if guarded and caregiver["relationship"] not in GUARDIANS:
        raise CaregiverError(
            _("For this patient the caregiver must be a parent, guardian or other legal custodian."),
            field="relationship",
        )
    if is_minor_on(caregiver["birth_date"], today):
        raise CaregiverError(_("A caregiver must be 18 or older."), field="birth_date")
    if is_same_person(caregiver, profile):
        raise CaregiverError(_("The caregiver cannot be the patient."), field="last_name")
    check_not_own_patient(physician, caregiver)


def check_has_guardian(patient: Patient, *, today: date) -> None:
    """A patient who needs a guardian has a current caregiver, checked when named; raises CaregiverError."""
    capacity = patient.has_legal_capacity
    is_guarded = needs_guardian(birth_date=patient.birth_date, has_legal_capacity=capacity, day=today)
    if is_guarded and patient.current_assignment is None:
        raise CaregiverError(_("This patient needs a caregiver before the certification can be renewed."))


def check_caregiver_is_free(caregiver: Caregiver, *, patient: Patient | None, relationship: str) -> None:
    """One patient a caregiver, unless a family relation to each [law, CGS 21a-408]; raises CaregiverError."""
    others = caregiver.assignments.filter(ended_date__isnull=True).exclude(patient=patient)
    relations = set(others.values_list("relationship", flat=True))
    if relations and not ({relationship} | relations) <= FAMILY:
        raise CaregiverError(
            _("This caregiver already acts for another patient who is not family. Please name somebody else.")
        )


def draft_digest(draft: Mapping[str, Any] | None) -> str:
    """SHA-256 of the answers of a draft, in hex: what a page showed, without showing it again."""
    return hashlib.sha256(json.dumps(draft, sort_keys=True).encode()).hexdigest()


def check_is_as_seen(certification: Certification, seen: str) -> None:
    """The draft still has the digest that the page of the signature carried; raises ChangedError."""
    if draft_digest(certification.draft) != seen:
        raise ChangedError(_("The answers were changed since you opened this page. Look them over again, then sign."))


def check_signature(physician: Physician, typed_name: str) -> None:
    """The typed name is the physician's; accents, capitals and spaces do not count. Raises SignatureError."""
    if search_name(typed_name) != search_name(physician.name):
        raise SignatureError(
            _("Type your name as it stands on your license: %(name)s.") % {"name": physician.name},
            field="signature_name",
        )


def check_renewal_is_open(certification: Certification, *, today: date) -> None:
    """Active, and within RENEWAL_OPENS_DAYS of its end or past it; raises RenewalNotOpen."""
    if certification.status != Certification.Status.ACTIVE:
        raise RenewalNotOpen(_("This certification has been replaced or withdrawn; it cannot be renewed."))
    opens = renewal_opens_date(certification)
    if today < opens:
        raise RenewalNotOpen(_("Renewal opens on %(day)s.") % {"day": date_format(opens, "F j, Y")})


def check_invitation_is_open(invitation: Invitation, *, now: datetime) -> None:
    """Not used, not past its last day, not tried too often; raises InvitationError."""
    if invitation.used_at is not None:
        raise InvitationError(_("This invitation was used already. Sign in with the account you made."))
    if now >= invitation.valid_until:
        raise InvitationError(_("This invitation has ended. Ask your physician’s office to send a new one."))
    if invitation.failed_tries >= MOST_INVITATION_TRIES:
        raise InvitationError(
            _("The birth date did not match five times. Ask your physician’s office to send a new invitation.")
        )


def check_may_join(invitation: Invitation, *, user: "User") -> None:
    """The account is free, the person has no account yet, and is not the certifier; raises InvitationError."""
    person = invitation.person
    field = "patient" if invitation.patient_id else "caregiver"
    if person.user_id is not None or hasattr(user, field):
        raise InvitationError(_("This account, or this person, is joined already. Please call us, and we will help."))
    patients = [person] if invitation.patient_id else [one.patient for one in person.assignments.all()]
    if Certification.objects.active().filter(patient__in=patients, physician__user=user).exists():
        raise InvitationError(_("The certifying physician cannot accept this invitation. Use another account."))


def check_affirmations(role: Patient | CaregiverAssignment, affirmed: Iterable[str]) -> None:
    """Each sentence of patient or caregiver was ticked; raises IncompleteError naming the first that was not."""
    sentences = PATIENT_AFFIRMATIONS if isinstance(role, Patient) else CAREGIVER_AFFIRMATIONS
    for name, sentence in sentences.items():
        if name not in affirmed:
            raise IncompleteError(_("Not affirmed: “%(point)s”") % {"point": sentence}, field=name)
