"""The forms of the office beside the steps: letters, caregivers, taking over, and lost cards."""

from collections.abc import Collection, Mapping
from typing import Any, cast

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.models import Physician
from certification.forms.people import CaregiverForm
from certification.forms.signing import SignatureForm
from certification.models import Card, Caregiver, Letter, Patient
from ui.errors import PortalError
from ui.forms import DateBoxesField, PortalForm, validate_printable
from ui.names import NameField

ACCEPTED_FILES = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"
LETTER_WORDS = ("writer", "licence", "letter_date")
LETTER_NAMES = (*LETTER_WORDS, "file")


def letter_fields(*, has_file: bool) -> dict[str, forms.Field]:
    """Return the fields of one letter of a minor; `has_file` when its file is stored already."""
    return {
        "writer": NameField(label=_("Name of the writer"), max_length=210),
        "licence": forms.CharField(
            label=_("License number"),
            help_text=_("As it stands in the letter. For example: 1.034567"),
            max_length=50,
            validators=[validate_printable],
        ),
        "letter_date": DateBoxesField(label=_("Date of the letter"), not_future=True),
        "file": forms.FileField(
            label=_("Another file in its place") if has_file else _("The letter"),
            help_text=_("A PDF, or a JPEG or PNG photo, of at most 10 MB."),
            error_messages={
                "required": _("Choose the PDF or the photo of the letter."),
                "invalid": _("Choose the PDF or the photo of the letter."),
            },
            widget=forms.FileInput(attrs={"accept": ACCEPTED_FILES}),
            allow_empty_file=True,
            required=not has_file,
        ),
    }


class LettersForm(PortalForm):
    """Both letters of a minor in one form. A field is called by kind and name, for example `specialist_writer`.

    `stored` are the letters that are saved already, by kind. Of a letter that nobody touched nothing is asked when it
    is stored, or when the rest follows later (`is_partial`).
    """

    def __init__(self, *args: Any, stored: Mapping[str, Letter], is_partial: bool = False, **kwargs: Any) -> None:
        initial = {f"{kind}_{name}": getattr(one, name) for kind, one in stored.items() for name in LETTER_WORDS}
        super().__init__(*args, initial=initial, **kwargs)
        for kind in Letter.Kind:
            fields = letter_fields(has_file=kind in stored)
            self.fields.update({f"{kind}_{name}": field for name, field in fields.items()})
        for name, field in self.fields.items():
            if not name.endswith("_file"):  # HTML allows it not on files
                field.widget.attrs.setdefault("autocomplete", "off")
        if self.is_bound:
            self._ask_nothing_of({kind for kind in Letter.Kind if kind in stored or is_partial})

    def _ask_nothing_of(self, kinds: Collection[str]) -> None:
        for kind in set(kinds) - self.touched:
            for field in self.of(kind):
                field.field.required = False

    @property
    def touched(self) -> set[str]:
        """Return the kinds of which something was typed or chosen that is not stored."""
        return {kind for kind in Letter.Kind if any(f"{kind}_{name}" in self.changed_data for name in LETTER_NAMES)}

    def of(self, kind: str) -> list[BoundField]:
        return [self[f"{kind}_{name}"] for name in LETTER_NAMES]

    @property
    def answers(self) -> dict[str, dict[str, Any]]:
        """Return what `save_letters` takes: the letters that were touched and have no error, by kind."""
        return {
            kind: self._answers_of(kind) for kind in Letter.Kind if kind in self.touched and not self.is_wrong(kind)
        }

    def _answers_of(self, kind: str) -> dict[str, Any]:
        given = {name: self.cleaned_data[f"{kind}_{name}"] for name in LETTER_NAMES}
        return {"file": given.pop("file"), "letter": given}

    def is_wrong(self, kind: str) -> bool:
        return any(field.errors for field in self.of(kind))

    def refuse(self, kind: str, error: PortalError) -> None:
        """Add the refusal of one letter to its field, or to the top of the form."""
        name = f"{kind}_{error.field}"
        self.add_error(name if name in self.fields else None, str(error))


class AssignForm(CaregiverForm):
    """A caregiver named after the signature. `reason` says why the present one ends, if there is one."""

    reason = forms.CharField(
        label=_("Why the present caregiver no longer acts for the patient"),
        help_text=_("Kept with the certification. Nobody is shown it but your office."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        validators=[validate_printable],
    )

    def __init__(self, *args: Any, has_current: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_current:
            del self.fields["reason"]

    @property
    def answers(self) -> dict[str, Any]:
        """Return the answers that `assign_caregiver` takes."""
        caregiver = {name: value for name, value in super().answers.items() if name != "reason"}
        return {"caregiver": caregiver, "reason": self.cleaned_data.get("reason", "")}


class EndCaregiverForm(PortalForm):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Kept with the certification. Nobody is shown it but your office."),
        error_messages={"required": _("Say why the caregiver no longer acts for the patient.")},
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        validators=[validate_printable],
    )


class AgreementForm(PortalForm):
    """How it was agreed that the patient changes the physician, and when."""

    how = forms.CharField(
        label=_("How it was agreed"),
        help_text=_("For example: in the visit, by phone, in a signed letter."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        validators=[validate_printable],
    )
    agreed_date = DateBoxesField(label=_("When it was agreed"), not_future=True)


class TakeOverForm(SignatureForm, AgreementForm):
    """The agreement and the signature of the physician who takes over a patient."""

    field_order = ("how", "agreed_date", "signature_name")


class AgreeForm(AgreementForm):
    """The agreement as a Registrar enters it, with the DEA number of the physician who takes over."""

    dea_number = forms.CharField(label=_("DEA number of the physician who takes over"), max_length=20)
    field_order = ("dea_number", "how", "agreed_date")

    def clean_dea_number(self) -> str:
        typed = self.cleaned_data["dea_number"].upper().replace(" ", "")
        self.physician = Physician.objects.filter(dea_number=typed).first()
        if self.physician is None:
            raise forms.ValidationError(_("No physician on the roster has this number. Compare it with the card."))
        return typed

    def clean(self) -> dict[str, Any]:
        """Return the answers that `agree_take_over` takes."""
        super().clean()
        self.cleaned_data.pop("dea_number", None)
        return {**self.cleaned_data, "physician": getattr(self, "physician", None)}


class RevocationForm(PortalForm):
    """Why a card ends: lost or damaged. The other reasons have actions of their own."""

    revoked_reason = forms.ChoiceField(
        label=_("What happened"),
        widget=forms.RadioSelect,
        choices=[(reason.value, reason.label) for reason in (Card.Reason.LOST, Card.Reason.DAMAGED)],
    )


class LostCardForm(RevocationForm):
    """Why a card ends, and whose card it is."""

    field_order = ["holder"]

    holder = forms.ChoiceField(label=_("Whose card"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, holders: Mapping[str, Patient | Caregiver], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["holder"]).choices = [
            (name, person.name) for name, person in holders.items()
        ]
        if len(holders) == 1:
            self.initial["holder"] = next(iter(holders))
