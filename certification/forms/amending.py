"""The forms that amend a running certification."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from certification import rules
from certification.forms.people import ContactForm, NameFields
from certification.forms.signing import SignatureForm
from certification.forms.steps import ConditionsField, DirectionsField
from certification.models import Amendment, Certification, Condition
from ui.forms import OuncesField, PortalForm, validate_printable

GONE = _("No longer on the list for this patient: it stays only if the conditions stay as they are.")


class ReasonField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Why it changes"),
            help_text=_("Kept with the certification. Nobody is shown it but your office and the program."),
            error_messages={"required": _("Say why it changes.")},
            widget=forms.Textarea(attrs={"rows": 2}),
            max_length=500,
            validators=[validate_printable],
            **kwargs,
        )


class AmendContactForm(ContactForm):
    reason = ReasonField()

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers that `amend_contact` takes."""
        contact = {name: value for name, value in self.cleaned_data.items() if name != "reason"}
        return {"contact": contact, "reason": self.cleaned_data["reason"]}


class AmendAllotmentForm(PortalForm):
    monthly_allotment_oz = OuncesField(label=_("Monthly allotment in ounces"))
    reason = ReasonField()

    def __init__(self, *args: Any, limit_hint: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["monthly_allotment_oz"].help_text = limit_hint

    def clean_monthly_allotment_oz(self) -> Decimal | None:
        amount = self.cleaned_data["monthly_allotment_oz"]
        if amount is not None:
            self.ask(rules.check_monthly_allotment, amount, day=localdate())
        return amount

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers that `amend_allotment` takes."""
        return self.cleaned_data


class AmendConditionForm(SignatureForm):
    """Other conditions, other directions or both, signed; for a minor with the tick that the letters fit."""

    condition_codes = ConditionsField()
    directions = DirectionsField()
    reason = ReasonField()
    letters_cover = forms.BooleanField(
        label=_("The two letters on file are about the condition that is ticked now."),
        help_text=_("Only when the condition changes. New letters are not taken here."),
        required=False,
    )
    field_order = ("condition_codes", "directions", "reason", "letters_cover", "signature_name")

    def __init__(
        self, *args: Any, conditions: Iterable[Condition], certification: Certification, is_minor: bool, **kwargs: Any
    ) -> None:
        held = {"condition_codes": certification.condition_codes, "directions": certification.directions}
        super().__init__(*args, physician=certification.physician, initial=held, **kwargs)
        self.directions_held = certification.directions
        listed = list(conditions)
        codes = {condition.code for condition in listed}
        gone = Condition.objects.filter(code__in=set(certification.condition_codes) - codes)
        hints = dict.fromkeys((each.code for each in gone), GONE)
        cast(ConditionsField, self.fields["condition_codes"]).offer([*gone, *listed], hints)
        if not is_minor:
            del self.fields["letters_cover"]

    def clean_directions(self) -> str:
        """Return the directions; those on record where only the ends of lines differ, as browsers send them."""
        typed: str = self.cleaned_data["directions"]
        return self.directions_held if typed.splitlines() == self.directions_held.splitlines() else typed

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers that `amend_condition` takes."""
        return self.cleaned_data


class AmendIdentityForm(NameFields, PortalForm):
    narrow = frozenset({"suffix"})

    proof = forms.ChoiceField(
        label=_("Proof that you have seen"),
        widget=forms.RadioSelect,
        choices=Amendment.Proof,
        error_messages={"required": _("Choose the paper on which you have seen it.")},
    )
    reason = ReasonField()
    field_order = [*NameFields.base_fields, "proof", "reason"]

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers that `amend_identity` takes."""
        identity = {name: self.cleaned_data[name] for name in NameFields.base_fields}
        return {"identity": identity, "proof": self.cleaned_data["proof"], "reason": self.cleaned_data["reason"]}
