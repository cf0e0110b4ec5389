"""What a driver enters at the door."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery.models import DoorAttempt, HandOver, OrderLine
from delivery.rules import MOST_SIGNATURE_BYTES, DoorAnswers
from ui.forms import ClockField, PortalForm
from ui.templatetags.portal import money
from ui.tidy import plain_number

ID_DATES = ["%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%Y-%m-%d", "%m%d%Y"]
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
    """Card and photo ID, who took the order, what was refused, the money, and the signature.

    The rules of the hand-over check the answers. `lines` are the lines of the order, for what is refused of them.
    """

    card_checked = forms.BooleanField(label=_("Medical marijuana card seen"), required=False)
    card = forms.CharField(label=_("Number of the card"), max_length=300, required=False)
    photo_id_checked = forms.BooleanField(label=_("Photo ID seen, and the face fits"), required=False)
    photo_id_kind = forms.ChoiceField(label=_("Which photo ID"), choices=HandOver.PhotoId, required=False)
    id_state = forms.CharField(label=_("State of the ID"), max_length=2, required=False)
    id_number = forms.CharField(label=_("Number of the ID"), max_length=40, required=False)
    id_expires_date = forms.DateField(
        label=_("Expires"), required=False, input_formats=ID_DATES,
        widget=forms.DateInput(format="%m/%d/%Y", attrs={"inputmode": "numeric", "placeholder": "mm/dd/yyyy"}),
        error_messages={"invalid": _("Enter the day as on the ID: month/day/year, like 10/18/2031.")},
    )  # fmt: skip
    id_differs = forms.BooleanField(label=_("Name or birth date differs from ours"), required=False)
    received_by = forms.ChoiceField(label=_("Who takes it"), widget=forms.RadioSelect, required=False)
    cash_cents = PaidField(label=_("Cash given"))
    debit_cents = PaidField(label=_("Paid by debit card"))
    tip_agreed_cents = forms.IntegerField(required=False, widget=forms.HiddenInput)
    signed = forms.ChoiceField(
        label=_("How they sign"), choices=HandOver.Signed, widget=forms.RadioSelect, required=False
    )
    signature = forms.CharField(max_length=MOST_SIGNATURE_BYTES, required=False, widget=forms.HiddenInput)
    signature_name = forms.CharField(label=_("Name of the person who signs"), max_length=100, required=False)
    needed = frozenset({
        "card_checked", "card", "photo_id_checked", "photo_id_kind", "id_state", "id_number", "id_expires_date",
        "received_by", "cash_cents", "debit_cents", "signed",
    })  # fmt: skip
    narrow = frozenset({"id_state", "id_expires_date", "cash_cents", "debit_cents", "stated_at"})
    field_order = (
        "card_checked", "card", "photo_id_checked", "photo_id_kind", "id_state", "id_number", "id_expires_date",
        "id_differs", "received_by", "cash_cents", "debit_cents", "tip_agreed_cents", "signed", "signature",
        "signature_name", "stated_at",
    )  # fmt: skip
    # What stands below the button until it is entered, by the name of its field.
    checks = {
        "card_checked": _("card"),
        "card": _("number of the card"),
        "photo_id_checked": _("photo ID"),
        "id_number": _("number of the ID"),
        "id_expires_date": _("when the ID expires"),
        "received_by": _("who takes it"),
        "signed": _("signature"),
    }

    def __init__(
        self, *args: Any, receivers: list[tuple[str, str]], lines: Sequence[OrderLine] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        received_by = self.fields["received_by"]
        assert isinstance(received_by, forms.ChoiceField)
        received_by.choices = receivers
        self.fields["id_state"].initial = "CT"
        if len(receivers) == 1:
            received_by.initial = receivers[0][0]
        self.lines = lines
        for place, line in enumerate(lines, start=1):
            self.fields[f"refused_{line.pk}"] = _refused_field(place, line)

    @property
    def refused_fields(self) -> list[forms.BoundField]:
        """The boxes for what is refused, one a line."""
        return [self[f"refused_{line.pk}"] for line in self.lines]

    @property
    def refused(self) -> tuple[tuple[int, int], ...]:
        """Pairs of a line id and how many of the line are refused."""
        quantities = ((line.pk, self.cleaned_data.get(f"refused_{line.pk}")) for line in self.lines)
        return tuple((line, quantity) for line, quantity in quantities if quantity)

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
        entered = dict(self.cleaned_data)
        signed, name = entered["signed"], entered.pop("signature_name")
        if signed == HandOver.Signed.TYPED:
            entered["signature"] = name
        for line in self.lines:
            del entered[f"refused_{line.pk}"]
        for name in TIMES:
            entered.pop(name, None)
        return DoorAnswers(**entered, refused=self.refused)


def _refused_field(place: int, line: OrderLine) -> forms.IntegerField:
    """Return the box of one line, by its place on the packing list: no page of a driver names a product."""
    words = {"place": place, "count": line.quantity, "price": money(line.unit_price_cents)}
    sentence = _("Enter how many of the line are refused: 0 to %(count)d.") % words
    return forms.IntegerField(
        label=_("Line %(place)d: %(count)d at %(price)s") % words, required=False, min_value=0, max_value=line.quantity,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-cents": line.unit_price_cents}),
        error_messages={"invalid": sentence, "min_value": sentence, "max_value": sentence},
    )  # fmt: skip


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
