"""The rows of patients and caregivers. Each write runs inside the caller's transaction."""

from collections.abc import Mapping
from typing import Any

from certification.models import Caregiver, Patient
from notifications import texts
from notifications.actions.texting import end_texts
from notifications.models import TextConsent
from ui.text import readable_number, search_name
from ui.tidy import tidied

PERSON_FIELDS = (
    "first_name", "middle_name", "last_name", "suffix", "birth_date", "sex", "street", "unit", "city", "zip_code",
    "email", "has_no_email", "phone",
)  # fmt: skip


def person_fields(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a Patient or Caregiver from the answers of a step, tidied."""
    answers = tidied(answers)
    fields = {name: answers[name] for name in PERSON_FIELDS if answers.get(name) not in (None, "")}
    fields["search_name"] = search_name(answers["last_name"], answers["first_name"], answers.get("middle_name"))
    return fields


def profile_of(patient: Patient) -> dict[str, Any]:
    """Return the patient's columns under the names that the step "profile" of a draft uses."""
    return {name: getattr(patient, name) for name in (*PERSON_FIELDS, "has_legal_capacity")}


def write_patient(patient: Patient, fields: Mapping[str, Any]) -> None:
    """Write `fields` into the patient's locked row, and the name for searches into the row and the certifications."""
    if "phone" in fields and texts.is_on():
        _leave_number(patient, fields["phone"])
    for name, value in fields.items():
        setattr(patient, name, value)
    patient.search_name = search_name(patient.last_name, patient.first_name, patient.middle_name)
    patient.save(update_fields={*fields, "search_name"})
    patient.certifications.exclude(search_name=patient.search_name).update(search_name=patient.search_name)


def _leave_number(patient: Patient, phone: Any) -> None:
    """End the texts to the patient's earlier number: whoever has it next has agreed to none."""
    earlier = Patient.objects.values_list("phone", flat=True).get(pk=patient.pk)
    if earlier != phone:
        end_texts(phone=earlier.as_e164, ended=TextConsent.Ended.NUMBER, by=None)


def find_or_create_caregiver(fields: Mapping[str, Any]) -> tuple[Caregiver, bool]:
    """Return the caregiver with this name, birth date and phone, locked, and whether the row is new.

    One person has one row, so that the caregiver's patients can be counted.
    """
    number = readable_number("G")
    same = {name: fields[name] for name in ("search_name", "birth_date", "phone")}
    Caregiver.objects.bulk_create([Caregiver(**fields, number=number)], ignore_conflicts=True)
    caregiver = Caregiver.objects.select_for_update(no_key=True).get(**same)
    return caregiver, caregiver.number == number
