"""Who a patient and a caregiver may be. Each `check_` raises a CertificationError; nothing is written."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification.models import Caregiver, CaregiverAssignment, Certification, Certifier, Patient
from certification.rules.errors import AddressError, CaregiverError, ClosedError, IncompleteError, OwnPatientError
from ui.addresses import names_po_box
from ui.text import search_name
from ui.zip_codes import place_of

ADULT_AGE = 18
GUARDIANS = {
    CaregiverAssignment.Relationship.PARENT,
    CaregiverAssignment.Relationship.GUARDIAN,
    CaregiverAssignment.Relationship.CUSTODIAN,
}
ONLY_A_GUARDIAN = gettext_lazy("For this patient the caregiver must be a parent, guardian or other legal custodian.")
# One patient a caregiver, unless family; it counts both ways [docs/domain.md#caregivers].
FAMILY = GUARDIANS | {
    CaregiverAssignment.Relationship.CONSERVATOR,
    CaregiverAssignment.Relationship.CHILD,
    CaregiverAssignment.Relationship.SIBLING,
}


def age_on(birth_date: date, day: date) -> int:
    """Return the completed years of life on `day`."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def is_minor_on(birth_date: date, day: date) -> bool:
    """Return whether a person is under 18 on `day`."""
    return age_on(birth_date, day) < ADULT_AGE


def needs_guardian(*, birth_date: date, has_legal_capacity: bool, day: date) -> bool:
    """Return whether a guardian must be the caregiver: of minors, and without capacity [docs/domain.md#minors]."""
    return is_minor_on(birth_date, day) or not has_legal_capacity


def is_guarded(patient: Patient, *, today: date) -> bool:
    """Return whether a guardian decides, orders and receives for the patient: `needs_guardian` of a patient's row."""
    return needs_guardian(birth_date=patient.birth_date, has_legal_capacity=patient.has_legal_capacity, day=today)


def check_profile_is_complete(person: Mapping[str, Any]) -> None:
    """Name, birth date, home, phone and e-mail (or none) are given; raises IncompleteError.

    [docs/domain.md#the-statement]
    """
    needed = ["first_name", "last_name", "birth_date", "street", "city", "zip_code", "phone"]
    if any(not person.get(name) for name in needed):
        raise IncompleteError(_("Complete the profile: name, date of birth, home address and primary phone."))
    check_email_or_none(person)


def check_email_or_none(person: Mapping[str, Any]) -> None:
    """There is an e-mail address, or the answer that there is none, and not both; raises IncompleteError."""
    if bool(person.get("email")) == bool(person.get("has_no_email")):
        raise IncompleteError(_("Enter an email address, or tick that there is none."), field="email")


def check_street_address(street: str, unit: str = "") -> None:
    """The home is a street address and no PO box; raises AddressError."""
    if names_po_box(street, unit):
        raise AddressError(
            _("A PO box is not a home address. Enter the street address where the person lives."), field="street"
        )


def check_lives_in_connecticut(zip_code: str) -> None:
    """The ZIP code is one of Connecticut's (06390 begins like them and is New York's); raises AddressError."""
    place = place_of(zip_code)
    if place is None or place["state"] != "CT":
        raise AddressError(
            _("This ZIP code is not in Connecticut. The program is for people who live in Connecticut."),
            field="zip_code",
        )


def is_same_person(person: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether name and birth date are the same; accents and capitals do not count."""
    names = [search_name(known["last_name"], known["first_name"]) for known in (person, other)]
    return person["birth_date"] == other["birth_date"] and names[0] == names[1]


def check_not_own_patient(physician: Certifier, person: Mapping[str, Any]) -> None:
    """The patient or caregiver is not the certifying physician, by e-mail, phone and name; raises OwnPatientError."""
    emails = {physician.email.lower(), physician.user.email if physician.user else ""}
    same_name = search_name(person["last_name"], person["first_name"]) == physician.search_name
    same_contact = (person.get("email") or "?").lower() in emails or person["phone"] == physician.phone.as_e164
    if same_contact:
        raise OwnPatientError(
            _("This email address or phone number is your own. Enter the person’s own contact data."), field="phone"
        )
    if same_name:
        raise OwnPatientError(
            _("This is your own name. A physician cannot certify themselves; for a namesake, call the program."),
            field="last_name",
        )


def check_caregiver(
    caregiver: Mapping[str, Any] | None, *, physician: Certifier, profile: Mapping[str, Any], today: date
) -> None:
    """The caregiver (answers of the step, or None) may act for the patient (answers of the profile).

    Required, and a parent, guardian or custodian, for a minor and for a patient without legal capacity; required too
    when the profile says that a caregiver is needed; 18 or older; not the certifying physician; not the patient
    [docs/domain.md#caregivers]. Raises CaregiverError, IncompleteError or OwnPatientError.
    """
    guarded = needs_guardian(
        birth_date=profile["birth_date"], has_legal_capacity=profile["has_legal_capacity"], day=today
    )
    if caregiver is None:
        if guarded:
            raise CaregiverError(
                _("This patient needs a caregiver: a parent, guardian or other legal custodian. Please add one.")
            )
        if profile.get("needs_caregiver"):
            raise IncompleteError(_("Name the caregiver, or say that none is needed."))
        return
    check_profile_is_complete(caregiver)
    check_street_address(caregiver["street"], caregiver.get("unit") or "")
    check_lives_in_connecticut(caregiver["zip_code"])
    if not caregiver.get("relationship"):
        raise IncompleteError(_("Choose what the caregiver is to the patient."), field="relationship")
    if guarded and caregiver["relationship"] not in GUARDIANS:
        raise CaregiverError(
            ONLY_A_GUARDIAN,
            field="relationship",
        )
    if is_minor_on(caregiver["birth_date"], today):
        raise CaregiverError(_("A caregiver must be 18 or older."), field="birth_date")
    if is_same_person(caregiver, profile):
        raise CaregiverError(_("The caregiver cannot be the patient."), field="last_name")
    check_not_own_patient(physician, caregiver)


def check_has_guardian(patient: Patient, *, today: date) -> None:
    """A patient who needs a guardian has a current caregiver, checked when named; raises CaregiverError."""
    if is_guarded(patient, today=today) and patient.current_assignment is None:
        raise CaregiverError(_("This patient needs a caregiver before the certification can be renewed."))


def guardian_name(patient: Patient, *, today: date) -> str:
    """Return the name of the guardian who decides for the patient (the caregiver); empty where none is needed."""
    assignment = patient.current_assignment if is_guarded(patient, today=today) else None
    return assignment.caregiver.name if assignment else ""


def check_may_change_caregiver(certification: Certification, *, today: date) -> None:
    """The certification runs, so a caregiver can act for its patient; raises CaregiverError."""
    if not certification.runs_on(today):
        raise CaregiverError(_("This certification has ended. Certify the patient again, then name a caregiver."))


def check_reason(reason: str) -> None:
    """A reason is given; raises IncompleteError."""
    if not reason.strip():
        raise IncompleteError(_("Say why the caregiver no longer acts for the patient."), field="reason")


def check_may_do_without_caregiver(patient: Patient, *, today: date) -> None:
    """The patient is an adult with legal capacity; raises CaregiverError [docs/domain.md#minors]."""
    if needs_guardian(birth_date=patient.birth_date, has_legal_capacity=patient.has_legal_capacity, day=today):
        raise CaregiverError(
            _("This patient needs a parent, guardian or custodian to act. Name another caregiver instead.")
        )


def check_caregiver_is_free(caregiver: Caregiver, *, patient: Patient | None, relationship: str) -> None:
    """The caregiver has no other patient, or is family of each [docs/domain.md#caregivers]; raises CaregiverError."""
    others = caregiver.assignments.filter(ended_date__isnull=True).exclude(patient=patient)
    relations = set(others.values_list("relationship", flat=True))
    if relations and not ({relationship} | relations) <= FAMILY:
        raise CaregiverError(
            _("This caregiver already acts for another patient who is not family. Please name somebody else.")
        )


def check_is_not_closed(patient: Patient) -> None:
    """The patient is in the program; raises ClosedError."""
    if patient.closed_at is not None:
        raise ClosedError(_("This patient’s record is closed. After a mistake, the program opens it again."))
