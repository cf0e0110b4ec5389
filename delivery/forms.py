"""The forms of an order. They ask for values of the right shape; the rules decide what can be delivered."""

import re
from collections.abc import Container, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property, lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery.models import DeliveryWindow, ItemReport, Order, OrderLine, Product, Shortage
from delivery.presenters.cart import Cart
from delivery.presenters.terms import Terms
from delivery.rules import MOST_OF_ONE_PRODUCT, MOST_WORDS, DeliveryError, check_address, looks_like_business
from delivery.rules.addresses import AddressKey, address_key
from delivery.window_fields import Row, WindowDay, WindowField, window_choices
from ui.errors import add_to_form
from ui.forms import Choice, PhoneField, PortalForm, RowRadioSelect, WholeNumberField, ZipField, validate_printable
from ui.templatetags.portal import money
from ui.town_question import AsksAboutTown

NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9-]")
MOST_CENTS = 10_000_000
NOT_A_QUANTITY = _("Enter a quantity from 1 to %(most)d, or 0 to remove it.") % {"most": MOST_OF_ONE_PRODUCT}
LOOK_AGAIN = _("Please look at your order once more, then send it.")
STREET_LENGTH, UNIT_LENGTH, CITY_LENGTH = 200, 50, 100


class ProductField(forms.CharField):
    """A product of the menu, by its SKU."""

    widget = forms.HiddenInput
    known: Sequence[Product] = ()  # products that were read already

    def clean(self, value: Any) -> Product:
        sku = super().clean(value)
        known = next((product for product in self.known if product.sku == sku), None)
        product = known or Product.objects.filter(sku=sku).first()
        if product is None:
            raise ValidationError(_("This product is no longer on the menu."), code="unknown")
        return product


class LineForm(PortalForm):
    product = ProductField(max_length=30)
    quantity = WholeNumberField(
        label=_("Quantity"),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"invalid": NOT_A_QUANTITY},
    )

    @classmethod
    def of(cls, sku: str, *args: Any, known: Sequence[Product] = (), **kwargs: Any) -> "LineForm":
        """Return the form with ids of its own: a page shows many such forms. `sku` may be any text that was posted."""
        form = cls(*args, auto_id=f"line-{NOT_OF_AN_ID.sub('', sku)[:30]}-%s", **kwargs)
        product = form.fields["product"]
        assert isinstance(product, ProductField)
        product.known = known
        return form


class ZipForm(PortalForm):
    autocomplete = {"zip": "postal-code"}
    narrow = frozenset({"zip"})
    zip = ZipField(label=_("ZIP code"))


class AnswerForm(PortalForm):
    """The answer about something that is short."""

    shortage = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)
    answer = forms.ChoiceField(choices=Shortage.Answer)


class ReportForm(PortalForm):
    """An orderer's report of a wrong, missing or damaged product."""

    line = forms.ChoiceField(
        label=_("Which product"), widget=forms.RadioSelect,
        error_messages={"required": _("Choose the product."), "invalid_choice": _("Choose the product.")},
    )  # fmt: skip
    what = forms.ChoiceField(
        label=_("What is wrong"), choices=ItemReport.What, widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is wrong."), "invalid_choice": _("Choose what is wrong.")},
    )  # fmt: skip
    words = forms.CharField(
        label=_("In your words"), max_length=MOST_WORDS, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For example what you got instead, or how many are missing. Our pharmacist reads it."),
        error_messages={"required": _("Tell us in a few words what is wrong.")}, validators=[validate_printable],
    )  # fmt: skip

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {str(line.pk): line for line in order.lines.all()}
        choice_field(self, "line").choices = [
            (key, f"{line.quantity} × {line.product.shown.full_name}") for key, line in self.lines.items()
        ]
        if len(self.lines) == 1:
            self.fields["line"].initial = next(iter(self.lines))

    def clean_line(self) -> OrderLine:
        return self.lines[self.cleaned_data["line"]]


class MoveForm(PortalForm):
    window = WindowField(label=_("When should we come instead?"))

    def __init__(self, *args: Any, terms: Terms, current: DeliveryWindow | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice_field(self, "window").choices = window_choices(terms, without=current)


class CheckoutForm(AsksAboutTown):
    autocomplete = {
        "street": "address-line1",
        "unit": "address-line2",
        "city": "address-level2",
        "zip_code": "postal-code",
        "phone": "tel",
    }
    narrow = frozenset({"unit", "zip_code"})
    kept = frozenset({"window", "street", "unit", "city", "zip_code", "phone", "is_residence", "payment_method"})
    address_fields = ("street", "unit", "city", "zip_code", "phone", "is_residence")

    window = WindowField(label=_("When we come"))
    street = forms.CharField(
        label=_("Street address"),
        max_length=STREET_LENGTH,
        help_text=_("No PO boxes."),
        validators=[validate_printable],
    )
    unit = forms.CharField(
        label=_("Apartment or unit"), max_length=UNIT_LENGTH, required=False, validators=[validate_printable]
    )
    city = forms.CharField(label=_("Town or city"), max_length=CITY_LENGTH, validators=[validate_printable])
    zip_code = ZipField(label=_("ZIP code"), help_text=_("In Connecticut."))
    phone = PhoneField(label=_("Phone for the driver"))
    is_residence = forms.BooleanField(
        label=_("This is a home"),
        help_text=_("Deliveries cannot be made to businesses, workplaces, dormitories or hotels."),
        required=False,
    )
    confirmed_home = forms.BooleanField(
        label=_("Yes, somebody lives at this address"),
        help_text=_("The address reads like a business. Our staff look at it before they confirm the order."),
        error_messages={"required": _("The address reads like a business. Tick the box if it is a home.")},
    )
    payment_method = forms.ChoiceField(
        label=_("How you pay at the door"),
        widget=RowRadioSelect,
        error_messages={"required": _("Choose cash or debit card."), "invalid_choice": _("Choose cash or debit card.")},
    )
    seen_cents = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MOST_CENTS)
    idempotency_key = forms.CharField(widget=forms.HiddenInput, max_length=36)

    def __init__(self, *args: Any, terms: Terms, cart: Cart, homes: Container[AddressKey] = (), **kwargs: Any) -> None:
        """`homes` are the addresses that need no tick, because they are known to be homes."""
        self.homes = homes
        super().__init__(*args, **kwargs)
        self.terms = terms
        choice_field(self, "window").choices = lambda: self.window_choices
        choice_field(self, "payment_method").choices = payment_choices(cart)
        if not self._asks_about_a_business():
            del self.fields["confirmed_home"]
        for name in ("seen_cents", "idempotency_key"):
            codes = ("required", "invalid", "min_value", "max_value", "max_length")
            self.fields[name].error_messages = dict.fromkeys(codes, LOOK_AGAIN)

    def _asks_about_a_business(self) -> bool:
        """Return whether the address reads like a business, and nothing was delivered there before.

        What was typed is cut to the length that fits: to read an endless line would take minutes.
        """
        street, unit = self.data.get("street", ""), self.data.get("unit", "")
        return looks_like_business(street[:STREET_LENGTH], unit[:UNIT_LENGTH]) and not self.is_known_home

    def _is_in_doubt(self) -> bool:
        return super()._is_in_doubt() and not self.is_known_home

    @cached_property
    def window_choices(self) -> list[tuple[WindowDay, list[Row]]]:
        return window_choices(self.terms)

    @cached_property
    def address_key(self) -> AddressKey:
        """The address that the form holds, in the spelling in which addresses are compared."""
        lengths = {"street": STREET_LENGTH, "unit": UNIT_LENGTH, "city": CITY_LENGTH, "zip_code": 5}
        values = self.data if self.is_bound else self.initial
        return address_key(**{name: str(values.get(name, ""))[:most] for name, most in lengths.items()})

    @cached_property
    def is_known_home(self) -> bool:
        """Whether nothing is asked about the address of the form."""
        return self.address_key in self.homes

    @property
    def address_is_answered(self) -> bool:
        """Whether nothing is left to answer about the address, so that the page can show it as text."""
        has_errors = any(name in self.errors for name in (*self.address_fields[:4], "is_residence", "confirmed_town"))
        is_filled = all(self[name].value() for name in ("street", "city", "zip_code", "phone"))
        is_home = self.is_known_home or bool(self["is_residence"].value())
        return is_filled and is_home and not has_errors and "confirmed_home" not in self.errors

    def clean_idempotency_key(self) -> UUID:
        try:
            return UUID(self.cleaned_data["idempotency_key"])
        except ValueError as error:
            raise ValidationError(LOOK_AGAIN, code="invalid") from error

    def clean(self) -> dict[str, Any]:
        """Ask the rule on addresses too where something else is wrong: the person then reads every mistake at once."""
        answers = super().clean() or {}
        answers["is_residence"] = answers.get("is_residence", False) or self.is_known_home
        if self.errors and all(name in answers for name in self.address_fields):
            try:
                check_address(
                    street=answers["street"],
                    unit=answers["unit"],
                    zip_code=answers["zip_code"],
                    is_residence=answers["is_residence"],
                    policy=self.terms.policy,
                )
            except DeliveryError as error:
                add_to_form(self, error)
        return answers

    @property
    def address(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.address_fields}


def choice_field(form: forms.Form, name: str) -> forms.ChoiceField:
    """Return a field of the form that offers choices."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    return field


_in_cash = lazy(lambda cart: gettext("Cash, exactly %(total)s") % {"total": money(cart.subtotal_cents)}, str)


def payment_choices(cart: Cart) -> list[tuple[str, Choice]]:
    """Return the ways to pay; the total is read only when they are shown."""
    method = Order.PaymentMethod
    return [
        (method.CASH.value, Choice(_in_cash(cart), hint=_("No change is given. Anything over is a tip."))),
        (method.DEBIT.value, Choice(method.DEBIT.label, hint=_("The driver brings a card reader."))),
    ]
