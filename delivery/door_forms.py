"""What a driver enters at the door."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery.models import DoorAttempt, HandOver
from delivery.rules import DoorAnswers
from ui.forms import ClockField, PortalForm
from ui.tidy import plain_number

PAID = re.compile(r"[0-9]{1,4}(\.[0-9]{2})?")


class PaidField(forms.Field):
    """Money that was taken in or counted, in dollars, cleaned to cents; an empty box is no money."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    default_error_messages = {
        "invalid": _("Enter dollars and cents, like 83.50 or 85. At most four digits before the point.")
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> int:
        text = plain_number((value or "").strip().removeprefix("$").strip())
        if not text:
            return 0
        if not PAID.fullmatch(text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        dollars, _point, cents = text.partition(".")
        return int(dollars) * 100 + int(cents or 0)


TIMES = frozenset({"stated_at", "happened_at"})


class AtDoorForm(PortalForm):
    """When it happened: `stated_at` is typed, `happened_at` is measured by the script that keeps what was entered."""

    stated_at = ClockField(
        label=_("When, if not now"), required=False, help_text=_("For example: 2:36 pm. Leave it empty for now.")
    )
    happened_at = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)

    def clean_happened_at(self) -> datetime | None:
        """Return the moment of an ISO 8601 text with its offset, or None for an empty one."""
        text = self.cleaned_data["happened_at"]
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            raise ValidationError(_("This form is broken. Open the sheet again."))
        return at.astimezone(UTC)


class HandOverForm(AtDoorForm):
    """Card and photo ID, who took the order, and the money. The rules of the hand-over check the answers."""

    card_checked = forms.BooleanField(label=_("Medical marijuana card seen"), required=False)
    photo_id_checked = forms.BooleanField(label=_("Photo ID seen: name, birth date and face fit"), required=False)
    photo_id_kind = forms.ChoiceField(label=_("Which photo ID"), choices=HandOver.PhotoId, required=False)
    id_state = forms.CharField(label=_("State of the ID"), max_length=2, required=False)
    id_number = forms.CharField(label=_("Number of the ID"), max_length=40, required=False)
    received_by = forms.ChoiceField(label=_("Who takes it"), widget=forms.RadioSelect, required=False)
    cash_cents = PaidField(label=_("Cash given"))
    debit_cents = PaidField(label=_("Paid by debit card"))
    tip_agreed_cents = forms.IntegerField(required=False, widget=forms.HiddenInput)
    needed = frozenset({
        "card_checked", "photo_id_checked", "photo_id_kind", "id_state", "id_number", "received_by", "cash_cents",
        "debit_cents",
    })  # fmt: skip
    narrow = frozenset({"id_state", "cash_cents", "debit_cents", "stated_at"})
    field_order = (
        "card_checked", "photo_id_checked", "photo_id_kind", "id_state", "id_number", "received_by", "cash_cents",
        "debit_cents", "tip_agreed_cents", "stated_at",
    )  # fmt: skip
    # What stands below the button until it is entered, by the name of its field.
    checks = {
        "card_checked": _("card"),
        "photo_id_checked": _("photo ID"),
        "id_number": _("number of the ID"),
        "received_by": _("who takes it"),
    }

    def __init__(self, *args: Any, receivers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        received_by = self.fields["received_by"]
        assert isinstance(received_by, forms.ChoiceField)
        received_by.choices = receivers
        self.fields["id_state"].initial = "CT"
        if len(receivers) == 1:
            received_by.initial = receivers[0][0]

    @property
    def still_to_check(self) -> str:
        """Return what is not entered yet, as the sheet says it below the button."""
        missing = [str(words) for name, words in self.checks.items() if not self[name].value()]
        is_paid = self["cash_cents"].value() or self["debit_cents"].value()
        return ", ".join(missing if is_paid else [*missing, gettext("money")])

    @property
    def checks_as_json(self) -> str:
        """Return `checks` for the script of the sheet."""
        return json.dumps({name: str(words) for name, words in self.checks.items()})

    @property
    def answers(self) -> DoorAnswers:
        entered = {name: value for name, value in self.cleaned_data.items() if name not in TIMES}
        return DoorAnswers(**entered)


class AttemptForm(AtDoorForm):
    """Why an order was not handed over, and the key that makes one attempt of what is sent twice."""

    outcome = forms.ChoiceField(
        label=_("What happened"),
        choices=DoorAttempt.Outcome,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what happened.")},
    )
    entry_key = forms.CharField(widget=forms.HiddenInput, max_length=36)

    def clean_entry_key(self) -> UUID:
        try:
            return UUID(self.cleaned_data["entry_key"])
        except ValueError:
            raise ValidationError(_("This form is broken. Open the sheet again.")) from None
