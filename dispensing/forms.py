"""What patients and caregivers enter on pages of this app. The rules decide what an answer needs."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from dispensing.models import RecalledPerson, SelfAssessment
from dispensing.rules import MOST_OTHER, MOST_WORDS, check_assessment_answers
from ui.forms import PortalForm, validate_printable

A = RecalledPerson.Answer
CHOOSE = _("Choose how well it works.")
# What a recall asks of patients, unless who starts it writes something else. It is stored in English.
USUAL_INSTRUCTIONS = gettext_noop("Do not use it. Keep it apart, and give it to our driver or bring it to us.")
TICK = _("Tick each side effect, or that there were none.")


class AssessmentForm(PortalForm):
    """How well it works, side effects, and words."""

    works = forms.ChoiceField(
        label=_("How well does it work?"), choices=SelfAssessment.Works, widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )  # fmt: skip
    effects = forms.MultipleChoiceField(
        label=_("Which side effects were there?"), choices=SelfAssessment.Effect, widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick all that were noticed."), error_messages={"required": TICK, "invalid_choice": TICK},
    )  # fmt: skip
    other_effect = forms.CharField(
        label=_("Which other side effect?"), max_length=MOST_OTHER, required=False, validators=[validate_printable],
        help_text=_("If you ticked “Something else”."),
    )  # fmt: skip
    words = forms.CharField(
        label=_("What else should our pharmacist know?"), max_length=MOST_WORDS, required=False,
        widget=forms.Textarea(attrs={"rows": 4}), validators=[validate_printable],
        help_text=_("At most 1,000 characters. For example how much helps, and when."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if not self.errors:
            self.ask(check_assessment_answers, **answers)
        return answers


class RecallAnswerForm(PortalForm):
    """One of three answers about something that was recalled."""

    answer = forms.ChoiceField(
        label=_("What became of it?"), widget=forms.RadioSelect,
        choices=[
            (A.RETURNS, _("I still have some of it, and give it back")),
            (A.USED, _("All of it was used")),
            (A.DESTROYED, _("It was thrown away")),
        ],
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose one of the three answers.")),
    )  # fmt: skip
