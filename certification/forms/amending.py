"""The forms that amend a running certification."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from certification import rules
from certification.forms.people import ContactForm, NameFields
from certification.models import Amendment
from ui.forms import OuncesField, PortalForm, validate_printable


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
