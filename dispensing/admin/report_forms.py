"""What a pharmacist may change of a report, and how an answer is entered."""

from copy import deepcopy
from datetime import date
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from dispensing.rules.facts import Facts
from ui.forms import PortalForm

MOST_BYTES = 1_000_000  # of an answer
# Field of the form, the part of the facts, and its name there: what a person may have written wrong. Serial, days,
# quantity and filled date are the unit's.
PARTS = (
    ("last_name", "recipient", "last_name", _("Patient’s last name")),
    ("first_name", "recipient", "first_name", _("Patient’s first name")),
    ("middle_name", "recipient", "middle_name", _("Patient’s middle name")),
    ("birth_date", "recipient", "birth_date", _("Birth date")),
    ("street", "recipient", "street", _("Street")),
    ("unit", "recipient", "unit", _("Unit")),
    ("city", "recipient", "city", _("Town")),
    ("zip_code", "recipient", "zip_code", _("ZIP code")),
    ("phone", "recipient", "phone", _("Phone")),
    ("dea_number", "certifier", "dea_number", _("Physician’s DEA number")),
    ("certifier_last_name", "certifier", "last_name", _("Physician’s last name")),
    ("certifier_first_name", "certifier", "first_name", _("Physician’s first name")),
    ("receiver_last_name", "picked_up", "last_name", _("Receiver’s last name")),
    ("receiver_first_name", "picked_up", "first_name", _("Receiver’s first name")),
    ("id_number", "picked_up", "id_number", _("Number of the photo ID")),
)
REFUSED_DATE = _("Enter month, day and year, like 04/28/1986.")
OPTIONAL = {"middle_name", "unit"}
VALIDATORS = {
    "zip_code": [RegexValidator(r"^\d{5}(-\d{4})?$", _("Enter a ZIP code of five digits, such as 06511."))],
    "phone": [RegexValidator(r"^(\D*1)?(\D*\d){10}\D*$", _("Enter a phone number of ten digits."))],
}


class FactsForm(PortalForm):
    """The words and numbers of a report. What is left out of it is of the unit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, part, _key, label in PARTS:
            is_optional = name in OPTIONAL or part == "picked_up"
            self.fields[name] = (
                forms.DateField(label=label, error_messages={"invalid": REFUSED_DATE})
                if name == "birth_date"
                else forms.CharField(
                    label=label, max_length=200, required=not is_optional, validators=VALIDATORS.get(name, ())
                )
            )
        self.initial = {**self.initial, **{name: self.initial.get(name, "") for name, *_rest in PARTS}}


def initial_of(facts: Facts) -> dict[str, Any]:
    """Return the answers with which the form begins."""
    found = {name: (facts[part] or {}).get(key, "") for name, part, key, _label in PARTS}
    return {**found, "birth_date": date.fromisoformat(found["birth_date"])}


def changed_facts(facts: Facts, answers: dict[str, Any]) -> Facts:
    """Return the facts with what the form says; who took the unit stays out where the photo ID's number was cut."""
    changed = deepcopy(facts)
    for name, part, key, _label in PARTS:
        if changed[part] is not None:
            value = answers[name]
            changed[part][key] = value.isoformat() if isinstance(value, date) else value
    return changed


class AnswerForm(PortalForm):
    """An answer of the monitoring program, as a file or as text."""

    file = forms.FileField(label=_("File of the answer"), required=False, max_length=200)
    text = forms.CharField(
        label=_("Or its text"),
        required=False,
        max_length=MOST_BYTES,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Paste all of it, from TH to TT."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is not None and file.size > MOST_BYTES:
            raise forms.ValidationError(_("An answer is a small file. Choose the one that the program sent."))
        return file


class SettleForm(PortalForm):
    """Why a report in error counts as accepted."""

    reason = forms.CharField(
        label=_("How you know"),
        max_length=200,
        error_messages={"required": _("Enter how you know.")},
        help_text=_("Kept in the audit trail, like: status mail of the program, Nov 27. No names of patients."),
    )
