"""The action pages on which an order is packed, what is short is entered, and an answer by phone."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from audit.action_admin import ActionPage, ForMany, RowsInline
from delivery import actions, rules
from delivery.admin.order_words import about, offered_for, why_not
from delivery.admin.pack_forms import DaysForm, PackForm
from delivery.models import Order, OrderLine, Product, Shortage
from delivery.presenters.shortages import questions_of
from ui.forms import PortalForm, WholeNumberField
from ui.templatetags.portal import money

PERMISSION = "delivery.pack_order"
KINDS = {
    Shortage.Kind.DROP: _("Leave it out: we have none of it"),
    Shortage.Kind.LESSEN: _("Bring fewer of it"),
    Shortage.Kind.SUBSTITUTE: _("Offer another product instead"),
}
K = Shortage.Kind
NOT_STATED_NOW = _("The days’ supply is stated while an order is confirmed and not packed yet.")


def in_words(line: OrderLine) -> str:
    return f"{line.quantity} × {line.product.full_name} ({line.product.sku})"


def _always(sentence: Any) -> dict[str, Any]:
    """Return the error messages of a field that says the same whether the choice is missing or wrong."""
    return {"required": sentence, "invalid_choice": sentence}


class ShortForm(PortalForm):
    """Asks which line of the order `initial["order"]` is short, and what is offered for it."""

    line = forms.ChoiceField(
        label=_("What is short"), widget=forms.RadioSelect, error_messages=_always(_("Choose what is short."))
    )
    kind = forms.ChoiceField(
        label=_("What we do"), choices=list(KINDS.items()), widget=forms.RadioSelect,
        error_messages=_always(_("Choose what we do about it.")),
    )  # fmt: skip
    quantity = WholeNumberField(
        label=_("How many we have"), required=False, min_value=1, max_value=rules.MOST_OF_ONE_PRODUCT,
        help_text=_("Of the product, or of the other product. Nothing for what is left out."),
    )  # fmt: skip
    substitute = forms.ChoiceField(
        label=_("Other product"), required=False,
        error_messages=_always(_("Choose a product of the list, or another way: it may have sold out.")),
        help_text=_("In stock, of the same form, close in price and THC, and within the allotment."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order = self.initial["order"]
        self.lines = {str(line.pk): line for line in order.lines.select_related("product")}
        self.offers = {line.pk: rules.substitutes_for(order, line) for line in self.lines.values()}
        self._choices("line", [(pk, in_words(line)) for pk, line in self.lines.items()])
        groups = [(in_words(self.lines[str(pk)]), _options(products)) for pk, products in self.offers.items()]
        self._choices("substitute", [("", _("None")), *(group for group in groups if group[1])])

    def _choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        """Return the rows that were chosen, as `change_order` takes them."""
        cleaned = super().clean() or {}
        found = {product.sku: product for products in self.offers.values() for product in products}
        return {
            **cleaned,
            "line": self.lines.get(cleaned.get("line", "")),
            "quantity": cleaned.get("quantity") or 0,
            "substitute": found.get(cleaned.get("substitute", "")),
        }


def _options(products: list[Product]) -> list[tuple[str, str]]:
    words = gettext("%(name)s, %(price)s, %(stock)d in stock")
    return [
        (product.sku, words % {"name": product.full_name, "price": money(product.price_cents), "stock": product.stock})
        for product in products
    ]


class SaidForm(PortalForm):
    """Asks what the orderer said by phone about the shortages of `initial["order"]`."""

    said = forms.ChoiceField(
        label=_("What they said"), widget=forms.RadioSelect, error_messages=_always(_("Choose what they said."))
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.answers: dict[str, tuple[Shortage, bool]] = {}
        choices = []
        for question in questions_of(self.initial["order"]):
            for is_accepted, words in ((True, question.accept), (False, gettext("Leave it out"))):
                key = f"{question.shortage.pk}-{is_accepted:d}"
                self.answers[key] = (question.shortage, is_accepted)
                choices.append((key, f"{question.sentence} {words}"))
        field = self.fields["said"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_said(self) -> tuple[Shortage, bool]:
        return self.answers[self.cleaned_data["said"]]


def _explain_short(order: Order) -> str:
    words = _(
        "The order changes at once to what you enter, at the old prices or less, and the person who ordered is asked, "
        "by mail or by a call. What nobody answers before the driver leaves is left out. What is missing is taken out "
        "of the stock."
    )
    return f"{about(order)}\n{words}"


def _explain_packing(order: Order) -> str:
    words = _(
        "Scan the lot of each item as it goes into the bag, or type it. Any lot that is good may be taken; the one "
        "that is named is the first to expire. What is not there, or not good, is short."
    )
    return f"{about(order)}\n{words}"


def _explain_days(order: Order) -> str:
    words = _("Your name stands on the labels as the pharmacist who dispenses. Anybody who packs can pack it then.")
    return f"{about(order)}\n{words}"


def _suggested_days(orders: list[Order]) -> dict[int, str]:
    """Return what the page for many orders says of each, by primary key: what is stated of it when it is sent."""
    words, said = gettext("%(name)s: %(days)d days"), {order.pk: list[str]() for order in orders}
    for line in OrderLine.objects.filter(order__in=orders).select_related("product").order_by("pk"):
        days = line.days or line.product.days_supply
        said[line.order_id].append(words % {"name": line.product.full_name, "days": days})
    return {pk: "; ".join(sentences) for pk, sentences in said.items()}


def _explain_unpacking(order: Order) -> str:
    words = _("It becomes confirmed again: put its items back. It keeps its place, stock, lots and allotment.")
    return f"{about(order)}\n{words}"


def _explain_answer(order: Order) -> str:
    words = _(
        "Enter what the person who ordered said. What they do not take leaves the order, and a packed order is then "
        "packed again without it."
    )
    return f"{about(order)}\n{words}"


def _perform_packing(
    order: Order, request: SignedInRequest, lots: dict[int, list[str]] | None = None, days: dict[int, int] | None = None
) -> Order:
    return actions.pack_order(order=order, lots=lots, days=days, by=request.user)


def _perform_days(order: Order, request: SignedInRequest, days: dict[int, int] | None = None) -> Order:
    """State the given days, or what stands beside the order on the page for many."""
    lines = order.lines.select_related("product")
    suggested = {line.pk: line.days or line.product.days_supply for line in lines}
    return actions.state_days(order=order, days=days or suggested, by=request.user)


def _perform_short(order: Order, request: SignedInRequest, **answers: Any) -> Shortage:
    return actions.change_order(order=order, by=request.user, **answers)


def _perform_answer(order: Order, request: SignedInRequest, said: tuple[Shortage, bool]) -> Order:
    shortage, is_accepted = said
    return actions.answer_shortage(order=order, shortage=shortage, is_accepted=is_accepted, by=request.user)


PACKING_PAGES = (
    ActionPage(
        name="pack",
        label=_("Pack"),
        is_main=True,
        permission=PERMISSION,
        offered=offered_for("pack"),
        explain=_explain_packing,
        perform=_perform_packing,
        form_class=PackForm,
        initial=lambda order: {"order": order},
        template="admin/delivery/order/pack.html",
        for_many=ForMany(
            explain=_(
                "They become packed, each item from the lot that is suggested, the first to expire: pack from those. "
                "When a pharmacist packs, the days’ supply that nobody has stated becomes what each product suggests. "
                "An order with an item that has no good lot stays as it is."
            ),
            why_not=why_not("pack"),
            form_class=PortalForm,
        ),
    ),
    ActionPage(
        name="days",
        label=_("State the days’ supply"),
        permission=rules.STATES_DAYS,
        offered=lambda order: order.status == Order.Status.CONFIRMED,
        explain=_explain_days,
        perform=_perform_days,
        form_class=DaysForm,
        initial=lambda order: {"order": order},
        for_many=ForMany(
            explain=_(
                "You state how many days one item lasts, as it stands beside each order. Where it is different for a "
                "patient, state it on the page of that order. Your name stands on the labels as the pharmacist who "
                "dispenses."
            ),
            why_not=lambda order: NOT_STATED_NOW,
            form_class=PortalForm,
            details=_suggested_days,
        ),
    ),
    ActionPage(
        name="short",
        label=_("Enter what is short"),
        permission=PERMISSION,
        offered=lambda order: order.status in rules.CHANGED_FROM,
        explain=_explain_short,
        perform=_perform_short,
        form_class=ShortForm,
        initial=lambda order: {"order": order},
        next_page="pack",
    ),
    ActionPage(
        name="answer",
        label=_("Enter an answer"),
        permission=PERMISSION,
        offered=lambda order: bool(questions_of(order)),
        explain=_explain_answer,
        perform=_perform_answer,
        form_class=SaidForm,
        initial=lambda order: {"order": order},
    ),
    ActionPage(
        name="unpack",
        label=_("Unpack"),
        permission=PERMISSION,
        offered=offered_for("unpack"),
        explain=_explain_unpacking,
        perform=lambda order, request: actions.unpack_order(order=order, by=request.user),
    ),
)


class ShortageInline(RowsInline):
    """The shortages of an order, each with the answer of the orderer."""

    model = Shortage
    verbose_name_plural = _("What was short")
    fields = readonly_fields = ("ordered", "offered", "asked_at", "outcome", "answered_at")
    joined = ("product", "substitute")

    @admin.display(description=_("ordered"))
    def ordered(self, shortage: Shortage) -> str:
        return f"{shortage.ordered_quantity} × {shortage.product.full_name}"

    @admin.display(description=_("offered"))
    def offered(self, shortage: Shortage) -> str:
        return f"{shortage.quantity} × {shortage.offered.full_name}" if shortage.quantity else ""

    @admin.display(description=_("answer"))
    def outcome(self, shortage: Shortage) -> str:
        if not shortage.is_answered:
            return gettext("waits for an answer")
        return f"{shortage.get_answer_display()}, {shortage.get_how_display()}"
