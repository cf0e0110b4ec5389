"""The forms with which a physician signs, and with which an office prepares a renewal."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.models import Physician
from certification import rules
from certification.forms.steps import (
    CONDITION_FIELDS,
    STATEMENT_FIELDS,
    ConditionForm,
    StatementForm,
    StepForm,
)
from certification.statements import QUESTIONS, STILL_ELIGIBLE
from ui.forms import PortalForm


def _password_field() -> forms.CharField:
    return forms.CharField(
        label=_("Your password"),
        help_text=_("It confirms that it is you who signs."),
        error_messages={"required": _("Enter your password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
        max_length=4096,
    )


class SignatureForm(PortalForm):
    signature_name = forms.CharField(
        label=_("Type your full name to sign"),
        error_messages={"required": _("Type your full name to sign.")},
        max_length=210,
    )

    def __init__(
        self,
        *args: Any,
        physician: Physician,
        is_signed: bool = True,
        prove: Callable[[str], None] | None = None,
        **kwargs: Any,
    ) -> None:
        """Ask for the signature, unless not `is_signed`: a review, which is signed with others later.

        With `prove` the signature needs the password too, which `prove` checks; it raises ValidationError.
        """
        super().__init__(*args, **kwargs)
        self.prove, self.is_proved = prove, False
        if prove is not None and is_signed:
            self.fields["password"] = _password_field()
        self.physician, self.is_signed = physician, is_signed
        self.fields["signature_name"].required = is_signed
        if not is_signed:
            self.needed = {*self.needed, "signature_name"}
        hint = _("As it stands on your license: %(name)s") % {"name": physician.name}
        self.fields["signature_name"].help_text = hint

    def clean_signature_name(self) -> str:
        typed_name = self.cleaned_data["signature_name"]
        if not self.is_signed:
            return typed_name
        self.ask(rules.check_signature, self.physician, typed_name)
        return typed_name

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if self.prove is not None:
            self.prove(password)
            self.is_proved = True
        return password

    @property
    def asked_password(self) -> BoundField | None:
        """Return the box of the password, unless it was right and something else was wrong."""
        return self["password"] if "password" in self.fields and not self.is_proved else None

    @property
    def signature(self) -> dict[str, str]:
        return {"signature_name": self.cleaned_data["signature_name"]} if self.is_signed else {}


class SigningForm(SignatureForm, StatementForm):
    """Statement and signature for a draft that the office has prepared."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([*STATEMENT_FIELDS, "signature_name", "password"])

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers by step, as `sign_draft` and `review_draft` take them."""
        return {"statement": self.statement}


class EligibleForm(StepForm):
    """The confirmation of a renewal that the patient continues to be eligible, by the same criteria as at first."""

    still_eligible = forms.BooleanField(
        label=STILL_ELIGIBLE,
        error_messages={"required": _("Confirm that the patient continues to be eligible.")},
    )

    @property
    def confirmed(self) -> dict[str, bool]:
        """Return the answers to the questions, which are the criteria."""
        return dict.fromkeys(QUESTIONS, self.cleaned_data["still_eligible"])

    @property
    def criteria(self) -> list[Any]:
        """Return the sentences of the criteria."""
        return list(QUESTIONS.values())


class PreparationForm(ConditionForm, EligibleForm):
    """The part of a renewal that the office prepares: the confirmation, made again, and the condition."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["still_eligible", *CONDITION_FIELDS])

    @property
    def chosen_conditions(self) -> list[Any]:
        """Return the names of the conditions that are ticked now."""
        chosen = self["condition_codes"].value() or []
        field = cast(forms.MultipleChoiceField, self.fields["condition_codes"])
        return [choice.title for code, choice in field.choices if code in chosen]

    @property
    def shows_conditions(self) -> bool:
        """Return whether the list of conditions is open: nothing is chosen, or the choice is refused."""
        return not self.chosen_conditions or "condition_codes" in self.errors

    @property
    def condition(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in CONDITION_FIELDS}

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers that `prepare_renewal` takes."""
        return {"questions": self.confirmed, "condition": self.condition}


class RenewalForm(SignatureForm, StatementForm, PreparationForm):
    """A renewal that the physician signs: questions, condition, statement and signature."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["still_eligible", *CONDITION_FIELDS, *STATEMENT_FIELDS, "signature_name", "password"])

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers by step, as `sign_draft` and `review_draft` take them."""
        return {"questions": self.confirmed, "condition": self.condition, "statement": self.statement}
