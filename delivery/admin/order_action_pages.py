"""The action pages of an order: what staff decide about it, by themselves or for a caller."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionPage, ReasonForm
from delivery import actions
from delivery.admin import columns
from delivery.admin.order_words import about, lots_in_words, offered_for
from delivery.admin.packing_pages import PACKING_PAGES
from delivery.admin.run_forms import AssignForm
from delivery.models import DeliveryWindow, Order, Product
from ui.forms import PortalForm


def _explain_confirmation(order: Order) -> str:
    words = _("It becomes confirmed, and the person who ordered is told, by mail or by a call.")
    return f"{about(order)}\n{words}"


def _explain_refusal(order: Order) -> str:
    return f"{about(order)}\n" + str(
        _(
            "Its place, stock and allotment are released. The person who ordered is told, by mail or by a call, with "
            "your reason."
        )
    )


def _explain_lot(order: Order) -> str:
    lines = [f"{line.product.sku}: {lots_in_words(line)}" for line in order.lines.select_related("product")]
    return "\n".join([about(order), gettext("Its lots:"), *lines])


class ProductBySkuField(forms.CharField):
    def clean(self, value: Any) -> Product:
        product = Product.objects.filter(sku=super().clean(value)).first()
        if product is None:
            raise ValidationError(_("Enter the SKU of a product of this order."))
        return product


class LotForm(PortalForm):
    product = ProductBySkuField(label=_("SKU"), max_length=30)
    lot = forms.CharField(label=_("Lot you took"), max_length=40)


class WindowField(forms.ModelChoiceField):
    def label_from_instance(self, window: DeliveryWindow) -> str:
        return gettext("%(window)s, %(left)d left") % {"window": columns.when(window), "left": window.places_left}


class MoveForm(PortalForm):
    window = WindowField(label=_("Window"), queryset=DeliveryWindow.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        window = self.fields["window"]
        assert isinstance(window, WindowField)
        window.queryset = DeliveryWindow.objects.with_room().filter(date__gte=timezone.localdate())


class CancelForm(PortalForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=500,
        help_text=_("The person who ordered reads it on the page of the order."),
        error_messages={"required": _("Enter a reason.")}, widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


def _explain_move(order: Order) -> str:
    words = _(
        "You can move it after the cut-off, too. Its place becomes free, its stock and prices stay, and the person who "
        "ordered is told, by mail or by a call."
    )
    return f"{about(order)}\n{words}"


def _explain_assignment(order: Order) -> str:
    words = _(
        "It stands beside the other orders to its door, or else at the end. Choose no run to take it out of its run."
    )
    return f"{about(order)}\n{words}"


def _explain_taking_in(order: Order) -> str:
    words = _(
        "Count the items first. Its place and allotment are released, and the items go into quarantine: on the page of "
        "the product a second person clears them for sale or writes them off."
    )
    return f"{_explain_lot(order)}\n{words}"


def _explain_cancellation(order: Order) -> str:
    words = _(
        "Cancel it when the person who ordered asks for it, after the cut-off, too. Its place, stock and allotment are "
        "released."
    )
    return f"{about(order)}\n{words}"


ORDER_ACTION_PAGES = (
    ActionPage(
        name="confirm",
        label=_("Confirm"),
        permission="delivery.change_order",
        offered=offered_for("confirm"),
        explain=_explain_confirmation,
        perform=lambda order, request: actions.confirm_order(order=order, by=request.user),
    ),
    *PACKING_PAGES,
    ActionPage(
        name="refuse",
        label=_("Refuse"),
        permission="delivery.change_order",
        offered=offered_for("refuse"),
        explain=_explain_refusal,
        perform=lambda order, request, reason: actions.refuse_order(order=order, reason=reason, by=request.user),
        form_class=ReasonForm,
    ),
    ActionPage(
        name="lot",
        label=_("Take another lot"),
        permission="delivery.change_order",
        offered=lambda order: order.is_before_departure,
        explain=_explain_lot,
        perform=lambda order, request, product, lot: actions.change_lot(
            order=order, product=product, lot=lot, by=request.user
        ),
        form_class=LotForm,
    ),
    ActionPage(
        name="move",
        label=_("Move"),
        permission="delivery.change_order",
        offered=lambda order: order.is_before_departure,
        explain=_explain_move,
        perform=lambda order, request, window: actions.move_order(order=order, window=window, by=request.user),
        form_class=MoveForm,
    ),
    ActionPage(
        name="assign",
        label=_("Put into a run"),
        permission="delivery.change_run",
        offered=lambda order: order.is_before_departure,
        explain=_explain_assignment,
        perform=lambda order, request, run: actions.assign_run(orders=[order], run=run, by=request.user),
        form_class=AssignForm,
        initial=lambda order: {"run": order.run_id},
    ),
    ActionPage(
        name="take-in",
        label=_("Take in"),
        permission="delivery.pack_order",
        offered=lambda order: order.status == Order.Status.RETURNED and order.taken_in_at is None,
        explain=_explain_taking_in,
        perform=lambda order, request: actions.take_in(order=order, by=request.user),
    ),
    ActionPage(
        name="cancel",
        label=_("Cancel"),
        permission="delivery.change_order",
        offered=offered_for("cancel"),
        explain=_explain_cancellation,
        perform=lambda order, request, reason: actions.cancel_order(order=order, reason=reason, by=request.user),
        form_class=CancelForm,
    ),
)
