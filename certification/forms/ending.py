"""The forms that withdraw a certification and close a patient's record."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from certification import rules
from certification.models import Certification, Patient
from ui.forms import DateBoxesField, PortalForm, validate_printable


class WithdrawalForm(PortalForm):
    deliveries_stop_date = DateBoxesField(
        label=_("Last day of deliveries"), error_messages={"required": _("Enter the last day of deliveries.")}
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Kept with the certification. The patient is not shown it."),
        error_messages={"required": _("Enter a reason")},
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        validators=[validate_printable],
    )

    def __init__(self, *args: Any, certification: Certification, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.certification, self.today = certification, timezone.localdate()
        latest = rules.latest_stop_date(certification, today=self.today)
        days = {"first": date_format(self.today, "DAY_FORMAT"), "last": date_format(latest, "DAY_FORMAT")}
        self.fields["deliveries_stop_date"].help_text = (
            _("From today, %(first)s, through %(last)s. Orders for later days are cancelled.") % days
        )

    def clean(self) -> dict[str, Any]:
        super().clean()
        if stop_date := self.cleaned_data.get("deliveries_stop_date"):
            self.ask(rules.check_stop_date, stop_date, self.certification, today=self.today)
        return self.cleaned_data


class ClosingForm(PortalForm):
    """The answers that `close_patient` takes."""

    closed_for = forms.ChoiceField(
        label=_("Why"),
        widget=forms.RadioSelect,
        choices=Patient.Closed,
        error_messages={"required": _("Choose why the record is closed.")},
    )
    words = forms.CharField(
        label=_("How you know of it"),
        help_text=_("Kept with the record. For example: the daughter called."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        required=False,
        validators=[validate_printable],
    )
