import re
from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import PhysicianApplication, Registration
from accounts.rules import (
    CallBack,
    DeaNumberError,
    Seen,
    check_dea_number,
    check_last_day_seen,
    check_npi,
    check_practice_in_connecticut,
    check_registration_number,
    check_tick_or_difference,
    field_of,
    normalize_dea_number,
    normalize_registration_number,
)
from ui.errors import PortalError
from ui.forms import DateBoxesField, DigitsPasswordInput, PhoneField, PortalForm, ZipField, validate_printable
from ui.names import NameField


class IdentificationForm(PortalForm):
    """DEA number and SSN digits. A typing error is found here, so that it does not count as a failed try."""

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

    def clean_dea_number(self) -> str:
        number = normalize_dea_number(self.cleaned_data["dea_number"])
        try:
            check_dea_number(number)
        except DeaNumberError as error:
            raise ValidationError(str(error)) from error
        return number

    def clean_ssn_last_four(self) -> str:
        digits = self.cleaned_data["ssn_last_four"]
        if not re.fullmatch(r"[0-9]{4}", digits):
            raise ValidationError(_("Enter four digits, like 1234"))
        return digits


class ResetForm(PortalForm):
    """The call back that a Registrar made before second factors are reset."""

    called_number = PhoneField(
        label=_("Number you called back"), help_text=_("One that is on file. Never the number the caller named.")
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("How you made sure that it was the owner. Kept in the audit trail."),
        error_messages={"required": _("Enter a reason.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DelegateForm(PortalForm):
    email = forms.EmailField(
        label=_("Email address of the person"),
        help_text=_("The person signs in with this address, and with their own password and second factor."),
        max_length=254,
    )


class LeaveForm(PortalForm):
    date = DateBoxesField(label=_("First day on which the physician no longer certifies"))


class AnnounceForm(PortalForm):
    date = DateBoxesField(
        label=_("The first day on which you no longer certify"),
        error_messages={"required": _("Enter the first day on which you no longer certify")},
    )
    is_understood = forms.BooleanField(
        label=_("I understand that my patients are notified at once."),
        error_messages={"required": _("Tick that you understand what happens")},
    )


class RenewedForm(PortalForm):
    """The number and the last day of a renewed registration."""

    narrow = {"number"}
    number = forms.CharField(label=_("Number"), help_text=_("As it stands on the registration."), max_length=30)
    valid_through = DateBoxesField(
        label=_("Valid through"),
        help_text=_("The last day on which it counts."),
        error_messages={"required": _("Enter the last day through which it is valid")},
    )


class AccessForm(PortalForm):
    """A statement of access to the monitoring program, which has neither number nor end."""

    has_monitoring_access = forms.BooleanField(
        label=_("I am registered with the Connecticut Prescription Monitoring Program and can sign in there."),
        error_messages={"required": _("Tick this once you can sign in to the monitoring program")},
    )


def _length(name: str) -> int:
    column: Any = PhysicianApplication._meta.get_field(name)
    return column.max_length


def _text(label: str | Promise, name: str, **more: Any) -> forms.CharField:
    return forms.CharField(label=cast(Any, label), max_length=_length(name), validators=[validate_printable], **more)


def _name(label: str | Promise, name: str) -> NameField:
    help_text = cast(Any, _("As it stands on your license."))
    return NameField(label=cast(Any, label), max_length=_length(name), help_text=help_text)


class ApplicationForm(IdentificationForm, AccessForm):
    """The application as a physician. All of it is about the person who types, so the browser may fill it in."""

    narrow = {"dea_number", "ssn_last_four", "license_number", "csp_number", "npi", "practice_state", "practice_zip"}
    autocomplete = {
        "first_name": "given-name",
        "last_name": "family-name",
        "phone": "tel",
        "practice_name": "organization",
        "practice_street": "address-line1",
        "practice_city": "address-level2",
        "practice_state": "address-level1",
        "practice_zip": "postal-code",
    }
    field_order = [
        "first_name", "last_name", "dea_number", "ssn_last_four", "license_number", "csp_number", "npi",
        "practice_name", "practice_street", "practice_city", "practice_state", "practice_zip", "phone",
        "has_monitoring_access",
    ]  # fmt: skip
    first_name = _name(_("First name"), "first_name")
    last_name = _name(_("Last name"), "last_name")
    license_number = forms.CharField(
        label=_("Connecticut medical license"),
        help_text=_("Six digits, like 1.034567."),
        max_length=30,
        error_messages={"required": _("Enter your Connecticut medical license")},
    )
    csp_number = forms.CharField(
        label=_("Connecticut controlled substance registration"),
        help_text=_("Seven digits, like CSP.0012345."),
        max_length=30,
        error_messages={"required": _("Enter your Connecticut controlled substance registration")},
    )
    npi = forms.CharField(
        label=_("NPI"),
        help_text=_("Your National Provider Identifier, ten digits like 1234567893."),
        max_length=30,
        error_messages={"required": _("Enter your NPI")},
    )
    practice_name = _text(_("Practice name"), "practice_name")
    practice_street = _text(_("Street address of your practice"), "practice_street")
    practice_city = _text(_("City"), "practice_city")
    practice_state = forms.CharField(label=_("State"), help_text=_("Two letters."), max_length=20, initial="CT")
    practice_zip = ZipField(label=_("ZIP code"))
    phone = PhoneField(label=_("Phone of your practice"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ssn_last_four"].help_text = _("You identify with them each time you sign in. We keep no copy.")

    def clean_dea_number(self) -> str:
        """Return the number as it was typed, because a suffix is stored."""
        super().clean_dea_number()
        return self.cleaned_data["dea_number"]

    def clean_npi(self) -> str:
        return self._checked(re.sub(r"[\s-]", "", self.cleaned_data["npi"]), check_npi)

    def clean_license_number(self) -> str:
        return self._clean_registration("license_number", Registration.Kind.MEDICAL_LICENSE)

    def clean_csp_number(self) -> str:
        return self._clean_registration("csp_number", Registration.Kind.CONTROLLED_SUBSTANCE)

    def clean_practice_state(self) -> str:
        state = self.cleaned_data["practice_state"].strip().upper()
        if not re.fullmatch(r"[A-Z]{2}", state):
            raise ValidationError(_("Enter the state as two letters, like CT"))
        return state

    def clean(self) -> dict[str, Any]:
        super().clean()
        state, zip_code = self.cleaned_data.get("practice_state"), self.cleaned_data.get("practice_zip")
        if state and (zip_code or state != "CT"):
            self.ask(check_practice_in_connecticut, state=state, zip_code=zip_code or "")
        return self.cleaned_data

    def _clean_registration(self, name: str, kind: str) -> str:
        number = normalize_registration_number(kind, self.cleaned_data[name])
        return self._checked(number, lambda number: check_registration_number(kind, number))

    @staticmethod
    def _checked(number: str, check: Callable[[str], None]) -> str:
        try:
            check(number)
        except PortalError as error:
            raise ValidationError(str(error)) from error
        return number


class EnterProofForm(PortalForm):
    """A registration as a Registrar has looked it up."""

    kind = forms.ChoiceField(label=_("Registration"), choices=Registration.Kind)
    number = forms.CharField(label=_("Number"), max_length=30, required=False)
    valid_through = forms.DateField(
        label=_("Valid through"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    state = forms.CharField(label=_("State"), max_length=2, required=False, initial="CT")
    schedules = forms.CharField(label=_("Schedules"), max_length=30, required=False)
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)
    is_limited = forms.BooleanField(label=_("Subject to a limitation"), required=False)
    source = forms.CharField(
        label=_("Where you looked it up"),
        max_length=60,
        help_text=_("The physician reads it on the page of the requirements."),
    )


class SourceForm(PortalForm):
    source = forms.CharField(
        label=_("Where you looked it up"),
        max_length=60,
        help_text=_("The physician reads it on the page of the requirements."),
    )


KINDS = tuple(Registration.Kind)
WORDS_OF_TICK = {
    Registration.Kind.PRESCRIPTION_MONITORING: _("The program shows this physician as registered."),
}
MATCHES = _("The register shows the same name and number, active and without limitation.")


def _registration_fields(kind: Registration.Kind) -> dict[str, forms.Field]:
    """Return the fields for what a register shows of one registration, by the ends of their names."""
    return {
        "matches": forms.BooleanField(label=WORDS_OF_TICK.get(kind, MATCHES), required=False),
        "valid_through": forms.DateField(
            label=_("Valid through"), required=False, widget=forms.DateInput(attrs={"type": "date"})
        ),
        "source": forms.CharField(
            label=_("Where you looked it up"), max_length=60, required=False, validators=[validate_printable]
        ),
        "number": forms.CharField(label=_("Number that the register shows"), max_length=30, required=False),
        "is_inactive": forms.BooleanField(label=_("Not active, or ended"), required=False),
        "is_limited": forms.BooleanField(label=_("Subject to a limitation"), required=False),
        "schedules": forms.CharField(label=_("Schedules"), max_length=30, required=False),
        "state": forms.CharField(label=_("State"), max_length=2, required=False, initial="CT"),
    }


LEFT_OUT = {
    Registration.Kind.DEA: {"number"},  # with another one the applicant applies again: it is bound to the SSN digits
    Registration.Kind.PRESCRIPTION_MONITORING: {"number", "valid_through", "schedules", "state", "is_limited"},
}


class LookUpForm(PortalForm):
    """The registers' answers about the claims of an application, as a Registrar found them, and the call back.

    A registration is left out while neither its tick nor a difference nor a date is entered. The cleaned data are
    `seen` and `call`, as the action takes them.
    """

    called_number = PhoneField(
        label=_("Number you called"),
        help_text=_("As the public register shows it. Never one that the applicant alone has named."),
        required=False,
    )
    number_source = forms.CharField(
        label=_("Where the number stands"),
        max_length=100,
        help_text=_("Like: NPI registry, license lookup of the state, our roster."),
        validators=[validate_printable],
        required=False,
    )
    is_confirmed = forms.BooleanField(
        label=_("The physician came to the phone and said that this application is theirs."), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in KINDS:
            left_out = LEFT_OUT.get(kind, set())
            fields = {name: field for name, field in _registration_fields(kind).items() if name not in left_out}
            self.fields |= {field_of(kind, name): field for name, field in fields.items()}
        self.keep_from_filling_in()

    def of_kind(self, kind: str) -> dict[str, forms.BoundField]:
        """Return the bound fields of a registration by the ends of their names."""
        start = field_of(kind, "")
        return {name.removeprefix(start): self[name] for name in self.fields if name.startswith(start)}

    def clean(self) -> dict[str, Any]:
        super().clean()
        seen = [self._seen(kind) for kind in KINDS if self._is_entered(kind)]
        for each in seen:
            self._check(each)
        return {"seen": seen, "call": self._call()}

    def _value(self, kind: str, name: str) -> Any:
        return self.cleaned_data.get(field_of(kind, name))

    def _is_entered(self, kind: str) -> bool:
        """Return whether anything is said of a registration; a date with which the form began says nothing."""
        said = [self._value(kind, name) for name in ("matches", "number", "is_inactive", "is_limited")]
        day = field_of(kind, "valid_through")
        is_wrong = any(name.startswith(field_of(kind, "")) for name in self.errors)
        return is_wrong or any(said) or bool(self.cleaned_data.get(day) and day in self.changed_data)

    def _seen(self, kind: Registration.Kind) -> Seen:
        return Seen(
            kind=kind,
            matches=bool(self._value(kind, "matches")),
            valid_through=self._value(kind, "valid_through"),
            source=self._value(kind, "source") or "",
            number=normalize_registration_number(kind, self._value(kind, "number") or ""),
            state=(self._value(kind, "state") or "").upper(),
            schedules=self._value(kind, "schedules") or "",
            is_active=not self._value(kind, "is_inactive"),
            is_limited=bool(self._value(kind, "is_limited")),
        )

    def _check(self, seen: Seen) -> None:
        """Ask everything of one registration, so that each mistake of the page is named at once."""
        if not seen.source and field_of(seen.kind, "source") not in self.errors:
            self.add_error(field_of(seen.kind, "source"), _("Enter where you looked it up."))
        self.ask(check_tick_or_difference, seen)
        if field_of(seen.kind, "valid_through") not in self.errors:
            self.ask(check_last_day_seen, seen, today=timezone.localdate())
        if seen.number:
            self.ask(check_registration_number, seen.kind, seen.number, field=field_of(seen.kind, "number"))

    def _call(self) -> CallBack | None:
        """Return the call that is confirmed, or None; what is typed of a call must be confirmed."""
        number, source = (self.cleaned_data.get(name, "") for name in ("called_number", "number_source"))
        if self.cleaned_data.get("is_confirmed"):
            if not number and "called_number" not in self.errors:
                self.add_error("called_number", _("Enter the number you called."))
            if not source and "number_source" not in self.errors:
                self.add_error("number_source", _("Enter the register that shows the number."))
            return CallBack(number, source)
        if {"called_number", "number_source"} & set(self.changed_data) and (number or source):
            self.add_error(
                "is_confirmed", _("Tick this once the physician has said so. If not, refuse the application.")
            )
        return None
