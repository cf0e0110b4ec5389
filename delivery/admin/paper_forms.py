"""What staff type in from the papers of a run."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from delivery.door_forms import AttemptForm, HandOverForm, PaidField
from delivery.models import DoorAttempt, HandOver, Order
from ui.forms import ClockField, PortalForm

LATER = "later"  # beside the outcomes: nobody was home, and the driver tried again
Outcome = DoorAttempt.Outcome
OUTCOMES = [
    (LATER, _("Nobody home, tried again later")),
    (Outcome.NOBODY_HOME.value, _("Nobody home, comes back")),
    *((outcome.value, outcome.label) for outcome in Outcome if outcome != Outcome.NOBODY_HOME),
]


def _time_on_paper(label: Any) -> ClockField:
    return ClockField(
        label=label,
        help_text=_("For example: 10:15 am"),
        error_messages={"required": _("Enter the time on the paper.")},
    )


class LeftForm(PortalForm):
    """When the run left, and which of its packed orders were with it."""

    left_at = _time_on_paper(_("When the run left"))
    orders = forms.ModelMultipleChoiceField(
        label=_("Orders that left"),
        queryset=Order.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Tick at least one order."),
            "invalid_choice": _("A ticked order is not waiting in this run any more. Look at the list again."),
            "invalid_pk_value": _("A ticked order is not waiting in this run any more. Look at the list again."),
            "invalid_list": _("Tick at least one order."),
        },
    )

    def __init__(self, *args: Any, packed: list[Order], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        orders = self.fields["orders"]
        assert isinstance(orders, forms.ModelMultipleChoiceField)
        pks = [order.pk for order in packed]
        orders.queryset = Order.objects.filter(pk__in=pks)
        orders.choices = [(order.pk, f"{order.number}, {order.patient.name}") for order in packed]
        orders.initial = pks


class PaperHandOverForm(HandOverForm):
    """A hand-over as the driver wrote it down; the signature stays on the paper."""

    stated_at = _time_on_paper(_("Time on the paper"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tip_agreed_cents"] = PaidField(label=_("Of it the tip"))
        for name, label in (
            ("card_checked", _("Card checked")),
            ("photo_id_checked", _("Photo ID checked")),
            ("received_by", _("Taken by")),
            ("cash_cents", _("Cash given, with the tip")),
        ):
            self.fields[name].label = label

    def clean_signed(self) -> str:
        return HandOver.Signed.PAPER


class PaperAttemptForm(AttemptForm):
    """Why an order was not handed over, as the driver wrote it down."""

    stated_at = _time_on_paper(_("Time on the paper"))
    outcome = forms.ChoiceField(
        label=_("What happened"),
        choices=OUTCOMES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what happened.")},
    )
