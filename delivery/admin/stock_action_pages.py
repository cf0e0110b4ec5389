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
from ui.forms import PortalForm, WholeNumberField


class EntryForm(PortalForm):
    """A form that is sent twice counts once: each page that is opened carries its own key."""

    entry_key = forms.CharField(widget=forms.HiddenInput, initial=uuid4, required=False, max_length=36)

    def clean_entry_key(self) -> UUID | None:
        key = self.cleaned_data["entry_key"]
        try:
            return UUID(key) if key else None
        except ValueError as error:
            raise ValidationError(_("Open this page again, and send the form from there.")) from error


class LotForm(EntryForm):
    quantity = WholeNumberField(label=_("Quantity"), min_value=1, max_value=10_000)
    lot = forms.CharField(label=_("Lot"), max_length=40, help_text=_("As the label has it, like LOT-2051."))


class LotReasonForm(LotForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=200, error_messages={"required": _("Enter a reason.")},
        help_text=_("Stored with the movement. No names of patients."),
    )  # fmt: skip


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
    _action_page("receive", _("Receive stock"), actions.receive_stock, LotForm, _("What came in is added."), RECEIVES),
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
