"""Forms of passkeys: they check the shape of what a browser sends before allauth reads it."""

from typing import Any

from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST_CREDENTIAL = 20_000  # characters; a browser sends about 1,500
LONGEST_NAME = 60


class CredentialField(forms.JSONField):
    """The answer of a passkey, as webauthn-json.js writes it."""

    widget = forms.HiddenInput
    default_error_messages = {
        "required": _("Press the button for the passkey, and do what your browser asks."),
        "invalid": _("This passkey was not accepted. Try again, or use another way."),
    }

    def bound_data(self, data: Any, initial: Any) -> str:
        """Return nothing: a second try needs a new answer, so the page never holds the old one."""
        return ""

    def to_python(self, value: Any) -> Any:
        text = value or ""
        try:
            if len(text) > LONGEST_CREDENTIAL or "\\u0000" in text.lower():
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            return super().to_python(value)
        except RecursionError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class PasskeyName(forms.CharField):
    def __init__(self, **more: Any) -> None:
        help_text = _("So that you know it again: “Work laptop”, “Blue security key”.")
        super().__init__(label=_("Name of the passkey"), max_length=LONGEST_NAME, help_text=help_text, **more)


class Answered(forms.Form):
    """A form that reads a passkey's answer with fido2. The parsers of fido2 raise errors of many kinds."""

    credential = CredentialField()

    def _clean_fields(self) -> None:
        try:
            super()._clean_fields()  # type: ignore[misc] # the stubs leave it out
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            self._refuse()

    def _clean_form(self) -> None:
        try:
            super()._clean_form()  # type: ignore[misc] # the stubs leave it out
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            self._refuse()

    def _refuse(self) -> None:
        self.add_error("credential", CredentialField.default_error_messages["invalid"])

    def add_error(self, field: str | None, error: Any) -> None:
        """Add an error, with our words where allauth says that a code is incorrect."""
        if getattr(error, "code", "") == "incorrect_code":
            field, error = "credential", CredentialField.default_error_messages["invalid"]
        super().add_error(field, error)


class AddPasskeyForm(Answered, webauthn.AddWebAuthnForm):
    name = PasskeyName(required=False)
    credential = CredentialField()


class PasskeyForm(Answered, webauthn.AuthenticateWebAuthnForm):
    credential = CredentialField()


class ReauthenticatePasskeyForm(Answered, webauthn.ReauthenticateWebAuthnForm):
    credential = CredentialField()


class RenamePasskeyForm(webauthn.EditWebAuthnForm):
    name = PasskeyName()
