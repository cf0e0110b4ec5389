"""The forms of the steps of a draft that name no person."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.conf import settings
from django.forms import BoundField
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from certification import rules
from certification.models import Condition
from certification.reference import ABBREVIATIONS
from certification.statements import ATTESTATIONS, QUESTIONS, attested
from ui.forms import Choice, ColumnCheckboxSelect, DateBoxesField, OuncesField, PortalForm, validate_printable

WORDS_OF_A_POINT = 8  # enough to name it: the page shows the whole sentence beside
CONDITION_FIELDS = ["condition_codes", "exam_date", "monitoring_reviewed_date"]
STATEMENT_FIELDS = [*ATTESTATIONS, "monthly_allotment_oz", "allotment_reason", "directions"]


class StepForm(PortalForm):
    """A step of a draft. With `is_partial` boxes may stay empty; answers in the others are checked as always."""

    def __init__(self, *args: Any, is_partial: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_partial = is_partial
        if is_partial:
            self.needed = {*self.needed, *(name for name, field in self.fields.items() if field.required)}
            for field in self.fields.values():
                field.required = False

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers that `save_step` takes."""
        return self.cleaned_data

    @classmethod
    def initial_from(cls, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return the initial values of the form for answers that were saved: the reverse of `answers`."""
        return dict(answers)


class ConditionsField(forms.MultipleChoiceField):
    """The conditions for which a physician certifies, ticked on the list for the patient's age."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Debilitating condition"),
            help_text=_("Tick each condition for which you certify."),
            widget=ColumnCheckboxSelect,
            error_messages={"required": _("Choose at least one debilitating condition.")},
        )

    def offer(self, conditions: Iterable[Condition], hints: Mapping[str, str | Promise]) -> None:
        """Offer these conditions; `hints` are lines under some of them, by code."""
        self.choices = [
            (
                condition.code,
                Choice(
                    condition.name,
                    hint=hints.get(condition.code, ""),
                    abbreviations=ABBREVIATIONS.get(condition.code, ()),
                ),
            )
            for condition in conditions
        ]


class DirectionsField(forms.CharField):
    """How the patient uses what they receive, in the physician's words."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Directions for use"),
            help_text=_("For the dispensary’s pharmacist."),
            widget=forms.Textarea(attrs={"rows": 3}),
            max_length=1000,
            required=False,
            validators=[validate_printable],
        )


class ConditionForm(StepForm):
    condition_codes = ConditionsField()
    exam_date = DateBoxesField(label=_("Date of the exam"), not_future=True)
    monitoring_reviewed_date = DateBoxesField(
        label=_("Date of the Prescription Monitoring Program review"), not_future=True
    )

    def __init__(
        self,
        *args: Any,
        conditions: Iterable[Condition],
        hints: Mapping[str, str | Promise] | None = None,
        **kwargs: Any,
    ) -> None:
        """Offer these conditions; `hints` are lines under some of them, by code."""
        super().__init__(*args, **kwargs)
        cast(ConditionsField, self.fields["condition_codes"]).offer(conditions, hints or {})

    @property
    def exam_rule(self) -> str:
        """Return how old both dates may be, which a page says before it asks for them."""
        oldest = date_format(rules.oldest_exam_date(timezone.localdate()), "DAY_FORMAT")
        words = _("Exam and monitoring review count for %(days)d days: both must be of %(day)s or later.")
        return words % {"days": settings.EXAM_MAX_AGE_DAYS, "day": oldest}


class StatementForm(StepForm):
    """The physician's statement. `guardian` names who was told risks and benefits for the patient."""

    needed = frozenset({"allotment_reason"})

    monthly_allotment_oz = OuncesField(label=_("Monthly allotment in ounces"))
    allotment_reason = forms.CharField(
        label=_("Why less than the limit"),
        help_text=_("Only when you enter less. Kept with the certification."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        required=False,
        validators=[validate_printable],
    )
    directions = DirectionsField()

    def __init__(self, *args: Any, limit_hint: str, guardian: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.guardian = guardian
        for name, sentence in attested(guardian=guardian).items():
            missing = _("Not attested: “%(point)s”") % {"point": Truncator(str(sentence)).words(WORDS_OF_A_POINT)}
            self.fields[name] = forms.BooleanField(
                label=sentence, required=not self.is_partial, error_messages={"required": missing}
            )
        self.fields["monthly_allotment_oz"].help_text = limit_hint
        self.order_fields(ATTESTATIONS)

    def clean_monthly_allotment_oz(self) -> Decimal | None:
        amount = self.cleaned_data["monthly_allotment_oz"]
        if amount is not None:
            self.ask(rules.check_monthly_allotment, amount, day=timezone.localdate())
        return amount

    def clean(self) -> dict[str, Any]:
        super().clean()
        amount, reason = self.cleaned_data.get("monthly_allotment_oz"), self.cleaned_data.get("allotment_reason")
        if amount is not None and reason is not None and not self.is_partial:
            self.ask(rules.check_allotment_reason, amount, reason, day=timezone.localdate())
        return self.cleaned_data

    @property
    def statement(self) -> dict[str, Any]:
        """Return the answers of the statement, with the name of the guardian for whom it was made."""
        statement = {name: self.cleaned_data[name] for name in STATEMENT_FIELDS}
        return {**statement, "explained_to": self.guardian}

    @property
    def answers(self) -> dict[str, Any]:
        return self.statement

    @classmethod
    def initial_from(cls, answers: Mapping[str, Any], guardian: str = "") -> dict[str, Any]:
        """Return the initial values. The fifth point is asked again if it was ticked for another guardian."""
        is_same = answers.get("explained_to", "") == guardian
        return {**answers, "explained_risks": bool(answers.get("explained_risks")) and is_same}

    @property
    def attestations(self) -> list[BoundField]:
        return [self[name] for name in ATTESTATIONS]


class QuestionsForm(StepForm):
    """The questions that must be confirmed before a patient is registered, each with its own box."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, sentence in QUESTIONS.items():
            missing = _("Confirm: “%(point)s”") % {"point": Truncator(str(sentence)).words(WORDS_OF_A_POINT)}
            self.fields[name] = forms.BooleanField(
                label=sentence, required=not self.is_partial, error_messages={"required": missing}
            )
        self.order_fields(QUESTIONS)

    @property
    def confirmed(self) -> dict[str, bool]:
        """Return the answers to the questions."""
        return {name: self.cleaned_data[name] for name in QUESTIONS}

    @property
    def answers(self) -> dict[str, Any]:
        return self.confirmed

    @property
    def questions(self) -> list[BoundField]:
        return [self[name] for name in QUESTIONS]
