"""What may be changed of a running certification. Each `check_` raises a CertificationError; nothing is written."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from certification.models import Certification, Patient
from certification.rules.errors import AmendmentError, CaregiverError, DuplicateError
from certification.rules.identity import certified_elsewhere, check_not_certified_elsewhere
from certification.rules.people import check_not_own_patient, is_minor_on, is_same_person
from certification.rules.signing import check_conditions_fit_age
from ui.text import search_name


def check_may_be_amended(certification: Certification, *, today: date) -> None:
    """The certification runs; raises AmendmentError."""
    if not certification.runs_on(today):
        raise AmendmentError(_("This certification has ended. Certify the patient again with the right data."))


def check_amendment_has_reason(reason: str) -> None:
    """A reason is given; raises AmendmentError."""
    if not reason.strip():
        raise AmendmentError(_("Say why it changes."), field="reason")


def check_something_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """The new data differ from the data on record; raises AmendmentError."""
    if before == after:
        raise AmendmentError(_("Nothing is different from what is on record. Change what is wrong, or go back."))


def check_identity_fits(
    certification: Certification, patient: Patient, identity: Mapping[str, Any], *, today: date
) -> None:
    """Every rule about name and birth date still held on the day of the signature.

    `identity` is first_name, middle_name, last_name, suffix, birth_date. Raises AmendmentError for a patient who
    was a minor after all, ConditionError, CaregiverError, OwnPatientError, DuplicateError, ElsewhereError.
    """
    signed, born = certification.certified_date, identity["birth_date"]
    if is_minor_on(born, signed) and not is_minor_on(patient.birth_date, signed):
        raise AmendmentError(
            _("Born on this day, the patient was under 18 when certified, which takes a guardian and two letters. "
              "Withdraw this certification and certify the patient again."),
            field="birth_date",
        )  # fmt: skip
    check_conditions_fit_age(certification.condition_codes, birth_date=born, day=signed)
    assignment = patient.current_assignment
    if assignment and is_same_person(_known(assignment.caregiver), identity):
        raise CaregiverError(_("This is the caregiver. The caregiver cannot be the patient."), field="last_name")
    physician = certification.physician
    check_not_own_patient(physician, {**identity, "email": patient.email, "phone": patient.phone.as_e164})
    other = certified_elsewhere(identity, physician=physician, today=today)
    check_not_certified_elsewhere(other, physician=physician)
    name = search_name(identity["last_name"], identity["first_name"], identity["middle_name"])
    same = Patient.objects.filter(search_name=name, birth_date=born, certifications__physician=physician)
    if same.exclude(pk=patient.pk).exists():
        raise DuplicateError(
            _("You have another patient with this name and birth date. Look that one up in My patients."),
            field="last_name",
        )


def _known(person: Any) -> dict[str, Any]:
    return {name: getattr(person, name) for name in ("first_name", "last_name", "birth_date")}
