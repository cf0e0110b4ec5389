"""What patients and caregivers enter on pages of this app."""

from django import forms
from django.utils.translation import gettext_lazy as _

from dispensing.models import RecalledPerson
from ui.forms import PortalForm

A = RecalledPerson.Answer


class RecallAnswerForm(PortalForm):
    """What became of something that was recalled: one of three answers."""

    answer = forms.ChoiceField(
        label=_("What became of it?"), widget=forms.RadioSelect,
        choices=[
            (A.RETURNS, _("I still have some of it, and give it back")),
            (A.USED, _("All of it was used")),
            (A.DESTROYED, _("It was thrown away")),
        ],
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose one of the three answers.")),
    )  # fmt: skip
