"""Names, contact data and identity of patients and caregivers, as people type them."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from certification import rules
from certification.forms.steps import QuestionsForm, StepForm
from certification.models import CaregiverAssignment, Patient, Sex
from certification.statements import QUESTIONS
from ui.forms import DateBoxesField, PhoneField, ZipField, validate_printable
from ui.names import NameField, SuffixField
from ui.town_question import AsksAboutTown

ADDRESS = ("street", "unit", "city", "zip_code")
NOT_OF_THE_PROFILE = {"lacks_legal_capacity", "key", "physician"}
NOT_TYPED = {"csrfmiddlewaretoken", "later", "sex", "confirmed_town"}  # sent even when nothing was filled in


def _length(name: str) -> int | None:
    """Return how long a text may be in the patient's column of that name."""
    return cast(models.CharField, Patient._meta.get_field(name)).max_length


def _name(label: Any, name: str, **more: Any) -> NameField:
    return NameField(label=label, max_length=_length(name), **more)


def _text(label: Any, name: str, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=_length(name), validators=[validate_printable], **more)


class NameFields(forms.Form):
    first_name = _name(_("Legal first name"), "first_name")
    middle_name = _name(_("Middle name"), "middle_name", required=False)
    last_name = _name(_("Legal last name"), "last_name")
    suffix = SuffixField(
        label=_("Suffix"), max_length=_length("suffix"), required=False, help_text=_("For example: Jr.")
    )
    birth_date = DateBoxesField(label=_("Date of birth"), past_only=True)


class ContactForm(AsksAboutTown, StepForm):
    needed = frozenset({"email"})
    narrow = frozenset({"suffix", "unit", "zip_code"})

    street = _text(_("Street address"), "street", help_text=_("Number and street of the home, not a PO box."))
    unit = _text(_("Apartment or unit"), "unit", required=False)
    city = _text(_("City or town"), "city")
    zip_code = ZipField(label=_("ZIP code"), help_text=_("In Connecticut. For example: 06510"))
    phone = PhoneField(label=_("Primary phone"), help_text=_("10 digits. We call this number about deliveries."))
    email = forms.EmailField(label=_("Email address"), max_length=254)
    has_no_email = forms.BooleanField(label=_("There is no email address"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = False

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not self.is_partial and "email" in self.cleaned_data:
            self.ask(rules.check_email_or_none, self.cleaned_data)
        if street := self.cleaned_data.get("street"):
            self.ask(rules.check_street_address, street, self.cleaned_data.get("unit", ""))
        if zip_code := self.cleaned_data.get("zip_code"):
            self.ask(rules.check_lives_in_connecticut, zip_code)
        return self.cleaned_data


class PersonForm(NameFields, ContactForm):
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex, initial=Sex.UNKNOWN)

    field_order = [*NameFields.base_fields, "sex"]


class ProfileForm(PersonForm):
    lacks_legal_capacity = forms.BooleanField(
        label=_("The patient lacks legal capacity"),
        help_text=_("A parent, guardian or other legal custodian then decides, orders and receives for the patient."),
        required=False,
    )
    needs_caregiver = forms.BooleanField(
        label=_("A caregiver is needed"),
        help_text=_("You name the caregiver on a page of its own. A patient under 18 always needs one."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["has_no_email"].label = _("The patient has no email address")

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers of the step. A guardian is always needed, whatever was ticked."""
        names = self.cleaned_data.keys() - {*QUESTIONS, *NOT_OF_THE_PROFILE}
        lacks_capacity = self.cleaned_data["lacks_legal_capacity"]
        return {**{name: self.cleaned_data[name] for name in names}, "has_legal_capacity": not lacks_capacity}

    @classmethod
    def initial_from(cls, answers: Mapping[str, Any]) -> dict[str, Any]:
        return {**answers, "lacks_legal_capacity": not answers.get("has_legal_capacity", True)}


class PatientForm(ProfileForm, QuestionsForm):
    """The patient's identity and contact data, and the sentences that the office confirms first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([*QUESTIONS])

    @property
    def by_step(self) -> dict[str, Any]:
        """Return the answers by step, as `start_draft` and `save_patient` take them."""
        return {"questions": self.confirmed, "profile": self.answers}


def _at_home(typed: Any, home: Mapping[str, Any] | None) -> Any:
    """Return what was posted, with the patient's address where the tick asks for it. Town and ZIP fit by then."""
    if typed is None or not home or not typed.get("same_address"):
        return typed
    copied = typed.copy()
    for name in ADDRESS:
        copied[name] = home.get(name) or ""
    copied["confirmed_town"] = "on"
    return copied


class CaregiverForm(PersonForm):
    relationship = forms.ChoiceField(
        label=_("The caregiver is the patient’s"),
        error_messages={"required": _("Choose what the caregiver is to the patient.")},
    )
    need = forms.CharField(
        label=_("Why the patient needs a caregiver"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        validators=[validate_printable],
    )

    same_address = forms.BooleanField(label=_("Same address as the patient"), required=False)

    def __init__(
        self,
        typed: Mapping[str, Any] | None = None,
        *args: Any,
        is_guardian: bool = False,
        home: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Offer every relation, or with `is_guardian` only those of who may decide for the patient.

        `home` is the patient's address, which a tick copies; None offers no tick.
        """
        super().__init__(_at_home(typed, home), *args, **kwargs)
        if not home:
            del self.fields["same_address"]
        relations = CaregiverAssignment.Relationship.choices
        if is_guardian:
            relations = [(value, label) for value, label in relations if value in rules.GUARDIANS]
            self.fields["relationship"].error_messages["invalid_choice"] = rules.ONLY_A_GUARDIAN
        cast(forms.ChoiceField, self.fields["relationship"]).choices = [("", _("Choose")), *relations]
        self.fields["has_no_email"].label = _("The caregiver has no email address")
        self.order_fields(["relationship", "need"])

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers of the step; the tick that copies the address is none."""
        return {name: value for name, value in self.cleaned_data.items() if name != "same_address"}

    @property
    def is_blank(self) -> bool:
        return not any(self.data.get(key, "").strip() for key in self.data if key not in NOT_TYPED)
