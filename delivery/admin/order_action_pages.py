"""The action pages of an order: what staff decide about it, by themselves or for a caller."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionPage, ForMany, ToldReasonForm
from delivery import actions, rules
from delivery.admin import columns
from delivery.admin.door_pages import DOOR_PAGES
from delivery.admin.order_words import about, lots_in_words, offered_for, why_not
from delivery.admin.packing_pages import PACKING_PAGES
from delivery.admin.run_forms import AssignForm
from delivery.admin.take_in_forms import TakeInForm
from delivery.models import DeliveryWindow, Order, Product
from delivery.rules.moves import not_possible
from ui.forms import PortalForm

CONFIRMED_THEN = _("It becomes confirmed, and the person who ordered is told, by mail or by a call.")


def _explain_confirmation(order: Order) -> str:
    return f"{about(order)}\n{CONFIRMED_THEN}"


class ConfirmForm(PortalForm):
    """Asks for the review in the monitoring program; the tick is never set before."""

    reviewed = forms.BooleanField(
        label=_("I reviewed the patient in the monitoring program"),
        error_messages={"required": _("Tick this once you have reviewed the patient in the monitoring program.")},
    )
    monitoring_reviewed_date = forms.DateField(
        label=_("Reviewed on"),
        initial=timezone.localdate,
        input_formats=["%m/%d/%Y", "%m/%d/%y", "%Y-%m-%d", "%B %d, %Y", "%b %d, %Y"],
        widget=forms.DateInput(format="%m/%d/%Y", attrs={"size": 10}),
        help_text=_("Today, or at most %(days)d days ago, like 11/30/2026.") % {"days": rules.REVIEW_COUNTS_FOR_DAYS},
        error_messages={
            "required": _("Enter the day on which you reviewed the monitoring program."),
            "invalid": _("Enter the day as month/day/year, like 11/30/2026."),
        },
    )


class ConfirmManyForm(ConfirmForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reviewed"].label = _("I reviewed each of the patients listed here in the monitoring program")
        self.fields["reviewed"].error_messages["required"] = _(
            "Tick this once you have reviewed each of the patients in the monitoring program."
        )


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


class CancelForm(ToldReasonForm):
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
        "Count the items first, and scan the label of each; leave all the boxes empty where no label can be read. The "
        "place and allotment of what came back are released, and the items stay in quarantine: under “Returned items” "
        "a second person puts them back for sale, keeps or destroys them."
    )
    refused = order.returned_items.with_driver().select_related("product")
    lots = "\n".join(f"{each.quantity} × {each.product.sku}: {each.lot}" for each in refused)
    came = f"{about(order)}\n{gettext('Refused at the door:')}\n{lots}" if lots else _explain_lot(order)
    return f"{came}\n{words}"


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
        permission="delivery.confirm_order",
        offered=offered_for("confirm"),
        explain=_explain_confirmation,
        perform=lambda order, request, monitoring_reviewed_date, **_tick: actions.confirm_order(
            order=order, monitoring_reviewed_date=monitoring_reviewed_date, by=request.user
        ),
        form_class=ConfirmForm,
        is_main=True,
        for_many=ForMany(
            explain=_("They become confirmed, and the people who ordered are told, by mail or by a call."),
            why_not=why_not("confirm"),
            form_class=ConfirmManyForm,
            perform=lambda orders, request, monitoring_reviewed_date, **_tick: actions.confirm_orders(
                orders=orders, monitoring_reviewed_date=monitoring_reviewed_date, by=request.user
            ),
        ),
    ),
    *PACKING_PAGES,
    ActionPage(
        name="refuse",
        label=_("Refuse"),
        permission="delivery.change_order",
        offered=offered_for("refuse"),
        explain=_explain_refusal,
        perform=lambda order, request, **reasons: actions.refuse_order(order=order, **reasons, by=request.user),
        form_class=ToldReasonForm,
        for_many=ForMany(
            explain=_(
                "Their places, stock and allotments are released. The people who ordered are told, by mail or by a "
                "call, with your reason."
            ),
            why_not=why_not("refuse"),
        ),
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
        for_many=ForMany(
            explain=_(
                "They all go to one window, also after the cut-off. Their places become free, their stock and prices "
                "stay, and the people who ordered are told, by mail or by a call. An order that does not fit stays "
                "where it is, and you read why."
            ),
            why_not=lambda order: str(not_possible(order)),
        ),
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
        for_many=ForMany(
            explain=_(
                "They all go into one run, each beside the other orders to its door, or else at the end. An order of "
                "another window stays where it is, and you read why."
            ),
            why_not=lambda order: rules.refusal_of(rules.check_can_change_run, order),
        ),
    ),
    ActionPage(
        name="take-in",
        label=_("Take in"),
        permission="delivery.pack_order",
        offered=rules.comes_back,
        explain=_explain_taking_in,
        perform=lambda order, request, scans: actions.take_in(order=order, scans=scans, by=request.user),
        form_class=TakeInForm,
        initial=lambda order: {"order": order},
        template="admin/delivery/order/take_in.html",
    ),
    *DOOR_PAGES,
    ActionPage(
        name="cancel",
        label=_("Cancel"),
        permission="delivery.change_order",
        offered=offered_for("cancel"),
        explain=_explain_cancellation,
        perform=lambda order, request, **reasons: actions.cancel_order(order=order, **reasons, by=request.user),
        form_class=CancelForm,
        for_many=ForMany(
            explain=_(
                "Cancel them when the people who ordered ask for it, after the cut-off, too. Their places, stock and "
                "allotments are released, and the people who ordered are told."
            ),
            why_not=why_not("cancel"),
        ),
    ),
)
