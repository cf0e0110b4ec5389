"""The forms with which a physician signs, and with which an office prepares a renewal."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Physician
from certification import rules
from certification.forms.steps import (
    CONDITION_FIELDS,
    STATEMENT_FIELDS,
    ConditionForm,
    QuestionsForm,
    StatementForm,
)
from certification.statements import QUESTIONS
from ui.forms import PortalForm


class SignatureForm(PortalForm):
    signature_name = forms.CharField(
        label=_("Type your full name to sign"),
        error_messages={"required": _("Type your full name to sign.")},
        max_length=210,
    )

    def __init__(self, *args: Any, physician: Physician, is_signed: bool = True, **kwargs: Any) -> None:
        """Ask for the signature, unless not `is_signed`: a review, which is signed with others later."""
        super().__init__(*args, **kwargs)
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

    @property
    def signature(self) -> dict[str, str]:
        return {"signature_name": self.cleaned_data["signature_name"]} if self.is_signed else {}


class SigningForm(SignatureForm, StatementForm):
    """Statement and signature for a draft that the office has prepared."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([*STATEMENT_FIELDS, "signature_name"])

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers by step, as `sign_draft` and `review_draft` take them."""
        return {"statement": self.statement}


class PreparationForm(ConditionForm, QuestionsForm):
    """The part of a renewal that the office prepares: the questions, asked again, and the condition."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([*QUESTIONS, *CONDITION_FIELDS])

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
        self.order_fields([*QUESTIONS, *CONDITION_FIELDS, *STATEMENT_FIELDS, "signature_name"])

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers by step, as `sign_draft` and `review_draft` take them."""
        return {"questions": self.confirmed, "condition": self.condition, "statement": self.statement}
