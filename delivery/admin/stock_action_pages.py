"""The action pages of a product that change its stock."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionPage
from delivery import actions, rules
from delivery.models import Product
from ui.forms import PortalForm, WholeNumberField, validate_printable


class EntryForm(PortalForm):
    """A form that is sent twice counts once: each page that is opened carries its own key."""

    entry_key = forms.CharField(widget=forms.HiddenInput, initial=uuid4, required=False, max_length=36)

    def clean_entry_key(self) -> UUID | None:
        key = self.cleaned_data["entry_key"]
        try:
            return UUID(key) if key else None
        except ValueError as error:
            raise ValidationError(_("Open this page again, and send the form from there.")) from error


class LabelForm(PortalForm):
    """The producer's label of a lot, cleaned to `details`."""

    producer = forms.CharField(
        label=_("Producer"), max_length=rules.MOST_PRODUCER, validators=[validate_printable],
        help_text=_("As the label has it."),
    )  # fmt: skip
    expires_date = forms.DateField(
        label=_("Good until"),
        input_formats=["%m/%d/%Y", "%m/%d/%y", "%Y-%m-%d", "%B %d, %Y", "%b %d, %Y"],
        widget=forms.DateInput(format="%m/%d/%Y", attrs={"size": 10}),
        help_text=_("The last day, like 11/30/2027."),
        error_messages={
            "required": _("Enter the last day as the label has it."),
            "invalid": _("Enter the day as month/day/year, like 11/30/2027."),
        },
    )
    thc_mg = WholeNumberField(
        label=_("THC in mg"), min_value=0, max_value=rules.MOST_MG, help_text=_("In one item, as the label has it.")
    )
    cbd_mg = WholeNumberField(label=_("CBD in mg"), min_value=0, max_value=rules.MOST_MG, help_text=_("In one item."))
    label_fields = ("producer", "expires_date", "thc_mg", "cbd_mg")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        said = {name: cleaned.pop(name, None) for name in self.label_fields}
        if not set(self.label_fields) & set(self.errors):
            cleaned["details"] = None if said["producer"] in {None, ""} else rules.LotDetails(**said)
        return cleaned


class LotForm(EntryForm):
    quantity = WholeNumberField(label=_("Quantity"), min_value=1, max_value=10_000)
    lot = forms.CharField(label=_("Lot"), max_length=40, help_text=_("As the label has it, like LOT-2051."))


class ReceiveForm(LotForm, LabelForm):
    """A lot that comes in; what its label says may be left out where it is known, or be entered later."""

    field_order = ("quantity", "lot", *LabelForm.label_fields)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.label_fields:
            self.fields[name].required = False
        self.fields["producer"].help_text = _(
            "As the label has it. Leave all four boxes empty where the lot came before, or to fill them in later: "
            "until then nobody can pack it."
        )

    def clean(self) -> dict[str, Any]:
        missing = [name for name in self.label_fields if self.cleaned_data.get(name) in {None, ""}]
        if len(missing) < len(self.label_fields):
            for name in set(missing) - set(self.errors):
                self.add_error(name, _("Enter this from the label as well, or leave all four boxes empty."))
        return super().clean()


class ReasonOfLotForm(PortalForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=200, error_messages={"required": _("Enter a reason.")},
        help_text=_("Stored with the movement. No names of patients."),
    )  # fmt: skip


class LotReasonForm(LotForm, ReasonOfLotForm):
    field_order = ("quantity", "lot", "reason")


class WriteOffForm(LotReasonForm):
    is_in_quarantine = forms.BooleanField(
        label=_("It is in quarantine"), required=False, help_text=_("Then the stock stays as it is.")
    )


class CountForm(EntryForm):
    quantity = WholeNumberField(
        label=_("Counted on the shelf"),
        min_value=0,
        max_value=10_000,
        help_text=_("With what is reserved for open orders, without quarantine."),
    )
    lot = forms.CharField(
        label=_("Lot"),
        max_length=40,
        required=False,
        help_text=_("The lot that the difference belongs to. Needed where there are several."),
    )
    reason = forms.CharField(label=_("Remark"), max_length=200, required=False)


def _explain_stock(sentence: Any) -> Callable[[Product], str]:
    def explain(product: Product) -> str:
        figures = {
            "sku": product.sku,
            "stock": product.stock,
            "held": rules.held_by_orders(product),
            "quarantined": rules.quarantined(product),
        }
        words = gettext(
            "%(sku)s: %(stock)d can be ordered, %(held)d are reserved for open orders, "
            "%(quarantined)d are in quarantine."
        )
        return f"{words % figures}\n{sentence}"

    return explain


# Who handles boxes receives and counts them. What takes stock out of sale or brings it back is for others to decide.
RECEIVES, DECIDES = "delivery.add_stockmovement", "delivery.change_product"


def _action_page(
    name: str,
    label: Any,
    action: Callable[..., Any],
    form_class: type[EntryForm],
    sentence: Any,
    permission: str = DECIDES,
) -> ActionPage:
    return ActionPage(
        name=name,
        label=label,
        permission=permission,
        offered=lambda _product: True,
        explain=_explain_stock(sentence),
        perform=lambda product, request, **answers: action(product=product, by=request.user, **answers),
        form_class=form_class,
    )


STOCK_ACTION_PAGES = (
    _action_page(
        "receive", _("Receive stock"), actions.receive_stock, ReceiveForm, _("What came in is added."), RECEIVES
    ),
    _action_page(
        "count",
        _("Enter a count"),
        actions.count_stock,
        CountForm,
        _("The stock becomes what you counted without what is reserved. The difference becomes a movement."),
        RECEIVES,
    ),
    _action_page(
        "quarantine",
        _("Put into quarantine"),
        actions.quarantine_stock,
        LotReasonForm,
        _("It cannot be ordered until it is taken out again. Orders that were placed keep theirs."),
    ),
    _action_page(
        "clear",
        _("Take out of quarantine"),
        actions.clear_stock,
        LotReasonForm,
        _("It is in order after all, and can be ordered again."),
    ),
    _action_page(
        "write-off", _("Write off"), actions.write_off, WriteOffForm, _("It is gone for good. This is not undone.")
    ),
)
