"""What may be changed of a running certification. Each `check_` raises a CertificationError; nothing is written."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from certification.models import Certification, Patient
from certification.rules.errors import AmendmentError, CaregiverError, ChangedError, DuplicateError, LetterError
from certification.rules.identity import certified_elsewhere, check_not_certified_elsewhere
from certification.rules.letters import check_has_letters
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


def condition_digest(condition_codes: Iterable[str], directions: str) -> str:
    """Return the SHA-256 in hex of what is on record, by which a page says what it showed; the order does not count."""
    return hashlib.sha256(json.dumps([sorted(condition_codes), directions]).encode()).hexdigest()


def check_condition_is_as_seen(certification: Certification, seen: str) -> None:
    """Condition and directions still have the digest that the page carried; raises ChangedError."""
    if condition_digest(certification.condition_codes, certification.directions) != seen:
        raise ChangedError(
            _("The condition or the directions were changed meanwhile. Look over what is on record now, then sign.")
        )


def check_amended_condition_fits(
    certification: Certification, patient: Patient, codes: Collection[str], *, letters_cover: bool, today: date
) -> None:
    """Other conditions fit the patient's age on `today`, and a minor's two letters are about them.

    Conditions that stay as they were signed are not asked again: lists and ages change in a year. Raises
    Incomplete- or ConditionError, LetterError.
    """
    if set(codes) == set(certification.condition_codes):
        return
    check_conditions_fit_age(codes, birth_date=patient.birth_date, day=today)
    if not is_minor_on(patient.birth_date, today):
        return
    check_has_letters(dict.fromkeys(certification.letters.values_list("kind", flat=True), True))
    if not letters_cover:
        raise LetterError(
            _("The letters must be about the condition. Are they about another? Withdraw this certification and "
              "certify the patient again with new letters."),
            field="letters_cover",
        )  # fmt: skip


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
