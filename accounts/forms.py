import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.rules import DeaNumberError, check_dea_number, normalize_dea_number
from ui.forms import DigitsPasswordInput, PortalForm


class IdentificationForm(PortalForm):
    """A typing error is told here already: it writes nothing and does not count as a try."""

    narrow = {"dea_number", "ssn_last_four"}
    dea_number = forms.CharField(
        label=_("DEA number"),
        help_text=_("Nine characters, like AP5836727. The last digit follows from the others and shows typing errors."),
        max_length=30,
    )
    ssn_last_four = forms.CharField(
        label=_("Last four digits of your Social Security number"),
        help_text=_("They are compared with our records, and are not kept."),
        widget=DigitsPasswordInput,
        error_messages={"required": _("Enter the last four digits of your Social Security number")},
    )

    def clean_dea_number(self):
        number = normalize_dea_number(self.cleaned_data["dea_number"])
        try:
            check_dea_number(number)
        except DeaNumberError as error:
            raise ValidationError(str(error)) from error
        return number

    def clean_ssn_last_four(self):
        digits = self.cleaned_data["ssn_last_four"]
        if not re.fullmatch(r"[0-9]{4}", digits):
            raise ValidationError(_("Enter four digits, like 1234"))
        return digits


class DelegateForm(PortalForm):
    email = forms.EmailField(
        label=_("Email address of the person"),
        help_text=_("The person signs in with this address, and with a password and second factor of her or his own."),
        max_length=254,
    )
