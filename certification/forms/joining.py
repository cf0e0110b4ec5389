"""The forms of patients and caregivers: to join, to affirm, and to ask the office."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.fields import PasswordField
from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from certification.actions import CODE_LENGTH
from certification.forms.people import ContactForm
from certification.models import PatientRequest
from ui.forms import CardRadioSelect, Choice, DateBoxesField, PhoneField, PortalForm, SpanishField, validate_printable
from ui.text import ALPHABET
from ui.town_question import AsksAboutTown


class BirthDateForm(PortalForm):
    autocomplete = {"birth_date": "bday"}

    birth_date = DateBoxesField(label=_("Your date of birth"), past_only=True)


class NewAccountForm(BirthDateForm):
    """A password for the account of the address to which an invitation was mailed, and the birth date."""

    field_order = ["password"]

    password = PasswordField(
        label=_("Choose a password"),
        autocomplete="new-password",
        help_text=_("12 characters or more. A few words in a row are easy to keep and hard to guess."),
        error_messages={"required": _("Choose a password")},
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        return get_adapter().clean_password(self.cleaned_data["password"], user=User(email=self.email))


class CodeForm(BirthDateForm):
    """A code from paper, typed in any case, with or without the dash."""

    field_order = ["code"]

    code = forms.CharField(
        label=_("Code"),
        max_length=30,
        help_text=_("10 letters and digits, as on the paper; never 0, O, 1 or I."),
        error_messages={"required": _("Enter the code that stands on the paper.")},
    )

    def clean_code(self) -> str:
        code = re.sub(r"[\s-]", "", self.cleaned_data["code"]).upper()
        if len(code) != CODE_LENGTH or not set(code) <= set(ALPHABET):
            raise ValidationError(
                _("A code has 10 letters and digits, and never 0, O, 1 or I. Compare it with the paper."), code="code"
            )
        return code


class PhoneForm(PortalForm):
    autocomplete = {"phone": "tel"}

    phone = PhoneField(label=_("Primary phone"), help_text=_("10 digits. We call this number about deliveries."))


class TextsForm(PortalForm):
    """The box under which somebody agrees to texts, with the words that they read.

    `seal` is posted with the form: where the words or the language have changed meanwhile, they are shown again.
    """

    agrees = forms.BooleanField(error_messages={"required": _("Tick the box to get texts, or go back.")})

    def __init__(self, *args: Any, words: str, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language = language
        self.fields["agrees"].label = words
        self.seal = hashlib.sha256(words.encode()).hexdigest()[:16]

    def clean(self) -> None:
        if self.data.get("seal") != self.seal:
            raise ValidationError(_("The words have changed. Please read them again and tick the box."), code="words")


ASKED = [(kind.value, kind.label) for kind in PatientRequest.Kind if kind != PatientRequest.Kind.ADDRESS]


class RequestForm(PortalForm):
    """The answers that `ask_office` takes."""

    kind = forms.ChoiceField(
        label=_("What you ask for"),
        choices=ASKED,
        widget=CardRadioSelect,
        error_messages={"required": _("Choose what you ask for")},
    )
    words = forms.CharField(
        label=_("What the office should know"),
        help_text=_("For example when you can be reached. Only the office reads it; no mail repeats it."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        validators=[validate_printable],
    )

    def __init__(self, *args: Any, renewal_opens: date | None = None, **kwargs: Any) -> None:
        """Build the form; `renewal_opens` is the day from which a renewal can be asked for, if that is later."""
        super().__init__(*args, **kwargs)
        if renewal_opens is None:
            return
        hint = _("Possible from %(day)s on.") % {"day": date_format(renewal_opens, "DAY_FORMAT")}
        kinds = self.fields["kind"]
        assert isinstance(kinds, forms.ChoiceField)
        renewal = PatientRequest.Kind.RENEWAL
        later = (renewal.value, Choice(renewal.label, hint=hint, disabled=True))
        kinds.choices = [later if value == renewal else (value, label) for value, label in ASKED]


class AffirmationForm(PortalForm):
    """A box for each of `sentences`, all of them to be ticked."""

    def __init__(self, *args: Any, sentences: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, sentence in sentences.items():
            missing = _("Not affirmed: “%(point)s”") % {"point": sentence}
            self.fields[name] = forms.BooleanField(label=sentence, error_messages={"required": missing})


class MoveForm(AsksAboutTown):
    """The new home that `ask_office` takes as `address`."""

    narrow = frozenset({"unit", "zip_code"})
    autocomplete = {
        "street": "address-line1", "unit": "address-line2", "city": "address-level2", "zip_code": "postal-code",
    }  # fmt: skip

    street = ContactForm.base_fields["street"]
    unit = ContactForm.base_fields["unit"]
    city = ContactForm.base_fields["city"]
    zip_code = ContactForm.base_fields["zip_code"]


class RefusalForm(PortalForm):
    reason = forms.CharField(
        label=_("Why it is not confirmed"),
        help_text=_("The patient reads it."),
        error_messages={"required": _("Say why: the patient reads it.")},
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        validators=[validate_printable],
    )
    reason_es = SpanishField(label=_("Reason in Spanish"), max_length=500, validators=[validate_printable])
