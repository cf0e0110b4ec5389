"""The form on which staff enter what came of a call."""

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.models import CallTry
from ui.forms import PortalForm


class CallForm(PortalForm):
    """The answers that `enter_call` takes."""

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=CallTry.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what came of the call.")},
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        help_text=_("For whoever calls next, for example when to call. No illness and no product."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
