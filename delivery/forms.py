"""The forms of an order. They ask for values of the right shape; the rules decide what can be delivered."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property, lazy
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from delivery.models import DeliveryWindow, ItemReport, Order, OrderLine, Product, Shortage
from delivery.presenters.cart import Cart
from delivery.presenters.terms import Terms
from delivery.rules import MOST_OF_ONE_PRODUCT, MOST_WORDS, DeliveryError, check_address, closes_at, looks_like_business
from delivery.rules.addresses import AddressKey, address_key
from ui.errors import add_to_form
from ui.forms import Choice, PhoneField, PortalForm, RowRadioSelect, WholeNumberField, ZipField, validate_printable
from ui.parts import cached_part
from ui.prepared import Prepared
from ui.templatetags.portal import clock, long_date, money
from ui.town_question import AsksAboutTown

CODE = re.compile(r"(\d{4}-\d{2}-\d{2})-(\d{2})(\d{2})", re.ASCII)
NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9-]")
MOST_CENTS = 10_000_000
SOON = timedelta(days=7)
NEAREST_DAYS = 2  # of the delivery days; those after them are folded
NOT_A_QUANTITY = _("Enter a quantity from 1 to %(most)d, or 0 to remove it.") % {"most": MOST_OF_ONE_PRODUCT}
LOOK_AGAIN = _("Please look at your order once more, then send it.")
STREET_LENGTH, UNIT_LENGTH, CITY_LENGTH = 200, 50, 100
Row = tuple[str, Choice]  # the code of a window, and its words


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


@dataclass(frozen=True)
class WindowDay:
    """The heading of the windows of one delivery day: the day, and how far away it is."""

    day: date
    away: str

    def __str__(self) -> str:
        return long_date(self.day)


class WindowRadioSelect(RowRadioSelect):
    """Windows by day. The nearest days stand open, later ones are folded while one can choose among the nearest."""

    template_name = "delivery/_windows.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = forms.Widget.get_context(self, name, value, attrs)  # without the options, which each day renders
        widget, days = context["widget"], [(day, tuple(rows)) for day, rows in self.choices]
        looks, parts, chosen_on = tuple(widget["attrs"].items()), [], -1
        for index, (day, rows) in enumerate(days):
            chosen = next((code for code, _row in rows if code in widget["value"]), "")
            chosen_on = index if chosen else chosen_on
            parts.append(_day_of_windows(index, name, looks, day, rows, chosen))
        can_choose = any(not row.disabled for _day, rows in days[:NEAREST_DAYS] for _code, row in rows)
        widget |= {"near": parts[:NEAREST_DAYS], "later": parts[NEAREST_DAYS:]}
        widget["later_is_open"] = chosen_on >= NEAREST_DAYS or not can_choose
        return context


@cached_part(most=500)
def _day_of_windows(
    index: int, name: str, looks: tuple[tuple[str, Any], ...], day: WindowDay, rows: tuple[Row, ...], chosen: str
) -> SafeString:
    """Return a day with its windows as HTML; `looks` are the attributes of the radios."""
    radios, attrs = RowRadioSelect(), dict(looks)
    options = [
        radios.create_option(name, code, row, code == chosen, index, subindex=place, attrs=attrs)
        for place, (code, row) in enumerate(rows)
    ]
    context = {"id": attrs["id"], "index": index, "day": day, "options": options}
    return render_to_string("delivery/_window_day.html", context)


class WindowField(forms.ChoiceField):
    """Any delivery window. The rules give a window that filled or closed while the page was open its own sentence."""

    widget = WindowRadioSelect
    default_error_messages = {
        "required": _("Choose a delivery window."),
        "invalid_choice": _("Choose one of the delivery windows in the list."),
    }

    def clean(self, value: Any) -> DeliveryWindow:
        code = self.to_python(value)
        if not code:
            raise ValidationError(self.error_messages["required"], code="required")
        window = _window_of(code)
        if window is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return window


def _window_of(code: str) -> DeliveryWindow | None:
    match = CODE.fullmatch(code)
    if match is None:
        return None
    try:
        day, starts = date.fromisoformat(match[1]), time(int(match[2]), int(match[3]))
    except ValueError:
        return None
    window: DeliveryWindow | None = _windows.first(day=day, starts=starts)
    return window


_windows = Prepared(lambda *, day, starts: DeliveryWindow.objects.filter(date=day, starts=starts))


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
    kept = frozenset({"street", "unit", "city", "zip_code", "phone", "is_residence"})
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


def payment_choices(cart: Cart) -> list[tuple[str, Choice]]:
    """Return the ways to pay; the total is read only when they are shown."""
    with_total = lazy(lambda sentence: gettext(sentence) % {"total": money(cart.subtotal_cents)}, str)
    cash = with_total(gettext_noop("Cash, exactly %(total)s"))
    method = Order.PaymentMethod
    return [
        (method.CASH.value, Choice(cash, hint=_("No change is given. Anything over is a tip."))),
        (method.DEBIT.value, Choice(method.DEBIT.label, hint=_("The driver brings a card reader."))),
    ]


def window_choices(terms: Terms, *, without: DeliveryWindow | None = None) -> list[tuple[WindowDay, list[Row]]]:
    """Return radio rows by date: until when a free window can be chosen, and why another window cannot."""
    by_day: dict[date, list[Row]] = {}
    for window in terms.windows:
        if window != without:
            by_day.setdefault(window.date, []).append((window.code, _row(window, terms)))
    today = timezone.localdate(terms.now)
    return [(WindowDay(day, _away((day - today).days)), rows) for day, rows in by_day.items()]


def _away(days: int) -> str:
    return ngettext("in %(count)d day", "in %(count)d days", days) % {"count": days}


def _row(window: DeliveryWindow, terms: Terms) -> Choice:
    title = span(window)
    refusal = terms.refusal(window)
    if not refusal:
        return Choice(title, aside=_places(window.places_left, get_language()), hint=_order_by(window, terms))
    if window.is_full:
        return Choice(title, aside=gettext("Full"), hint=_next_free(window, terms), disabled=True)
    return Choice(title, hint=refusal, disabled=True)


@lru_cache(maxsize=500)
def _places(count: int, _language: str | None) -> str:
    return ngettext("%(count)d place left", "%(count)d places left", count) % {"count": count}


def span(window: DeliveryWindow) -> str:
    return _span(window.starts, window.ends, get_language())


@lru_cache(maxsize=500)
def _span(starts: time, ends: time, _language: str | None) -> str:
    return gettext("%(starts)s to %(ends)s") % {"starts": clock(starts), "ends": clock(ends)}


def _next_free(window: DeliveryWindow, terms: Terms) -> str:
    free = terms.next_free
    if free is None:
        return ""
    if free.date == window.date:
        return gettext("Next free: %(span)s") % {"span": span(free)}
    words = {"day": date_format(free.date, "LONG_MONTH_DAY_FORMAT"), "span": span(free)}
    return gettext("Next free: %(day)s, %(span)s") % words


def _order_by(window: DeliveryWindow, terms: Terms) -> str:
    """Return until when to order, where that is soon."""
    if window.date - timezone.localdate(terms.now) > SOON + timedelta(days=2, hours=terms.policy.lead_hours):
        return ""  # surely, and to ask the clock costs more
    closes = timezone.localtime(closes_at(window, terms.policy))
    if closes - terms.now > SOON:
        return ""
    words = {"day": _weekday(closes), "time": clock(closes), "left": _time_left(closes - terms.now)}
    return gettext("Order by %(day)s %(time)s Eastern (%(left)s).") % words


def _weekday(moment: datetime) -> str:
    return date_format(moment, "l")


def _time_left(delta: timedelta) -> str:
    minutes = int(delta.total_seconds()) // 60
    hours, days = minutes // 60, minutes // (24 * 60)
    if days >= 2:
        return _away(days)
    if hours:
        return ngettext("in %(count)d hour", "in %(count)d hours", hours) % {"count": hours}
    return ngettext("in %(count)d minute", "in %(count)d minutes", minutes) % {"count": minutes}
