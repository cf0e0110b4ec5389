"""What the checkout is filled in with: an earlier order, or on a first order the patient's record alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from functools import cached_property
from typing import Any

from certification.models import Patient
from delivery.models import DeliveryWindow, Order
from delivery.orderers import Orderer
from delivery.presenters.addresses import EarlierOrder, addresses_of, latest_orders
from delivery.presenters.again import Again, again_of, order_to_repeat
from delivery.presenters.allotment import Allotment, Usage, allotment_of, usage_of
from delivery.presenters.cart import Cart, cart_of
from delivery.presenters.terms import Terms, terms_for
from delivery.rules.addresses import AddressKey, address_key, looks_like_business
from ui.templatetags.portal import phone

HOME = "home"


@dataclass(frozen=True)
class Checkout:
    """The checkout of one orderer; each part is read at its first use.

    `again` is the number of the order that is ordered again, and `to` that of an order to another address, or HOME for
    the address on the patient's record. During a call no earlier order is read: staff see what ordering needs, and the
    caller can name another address.
    """

    orderer: Orderer
    again: str = ""
    to: str = ""

    @cached_property
    def terms(self) -> Terms:
        return terms_for(self.orderer.certification)

    @cached_property
    def cart(self) -> Cart:
        return cart_of(self.orderer, self.terms)

    @cached_property
    def earlier(self) -> list[EarlierOrder]:
        """The patient's latest orders."""
        return [] if self.orderer.caller else latest_orders(self.orderer.patient)

    @cached_property
    def addresses(self) -> list[EarlierOrder]:
        """The latest order to each address other than the patient's own."""
        return addresses_of(self.orderer.patient, self.earlier)

    @cached_property
    def _own(self) -> list[EarlierOrder]:
        """The patient's orders that this account placed; not those that staff refused, perhaps for their address."""
        user, refused = self.orderer.user, Order.Status.REFUSED
        return [order for order in self.earlier if order.placed_by == user.pk and order.status != refused]

    @cached_property
    def said_homes(self) -> set[AddressKey]:
        """The addresses of which the account said in an order that they are homes."""
        return _keys(self._own)

    @cached_property
    def homes(self) -> set[AddressKey]:
        """The addresses about which nothing is asked: those of `said_homes`, and the home on the patient's record.

        The record's address is asked about during a call, where it reads like a business, and after staff refused an
        order to it.
        """
        patient = self.orderer.patient
        if self.orderer.caller or looks_like_business(patient.street, patient.unit):
            return self.said_homes
        refused = _keys(order for order in self.earlier if order.status == Order.Status.REFUSED)
        return self.said_homes | (_keys([patient]) - refused)

    @cached_property
    def repeated(self) -> Order | None:
        """The order that is ordered again, or None."""
        return order_to_repeat(self.orderer, self.again)

    @cached_property
    def model(self) -> Order | EarlierOrder | None:
        """The order whose answers fill in the form: the one to repeat, or the account's last; None on a first order."""
        return self.repeated or next(iter(self._own), None)

    @cached_property
    def differences(self) -> Again | None:
        return again_of(self.repeated, self.cart, self.orderer.patient, self.terms) if self.repeated else None

    @cached_property
    def usage(self) -> Usage | None:
        return usage_of(self.orderer.patient, self.terms)

    @cached_property
    def window(self) -> DeliveryWindow | None:
        """The nearest window at the time of day of the model that can be chosen and whose day has room for the cart."""
        return next((window for window in self._at_same_time if self._has_room_for_cart(window)), None)

    @property
    def is_later_for_allotment(self) -> bool:
        """Whether nearer windows at this time of day are over the allotment with this cart."""
        return bool(self._at_same_time) and self.window != self._at_same_time[0]

    @cached_property
    def _at_same_time(self) -> list[DeliveryWindow]:
        starts = _starts_of(self.model)
        return [window for window in self.terms.windows if window.starts == starts and not self.terms.refusal(window)]

    def _has_room_for_cart(self, window: DeliveryWindow) -> bool:
        return self.usage is not None and self.cart.amount_mg <= self.usage.left_mg(window.date)

    def initial(self) -> dict[str, Any]:
        """Return what the form is filled in with."""
        other = next((order for order in self.addresses if order.number == self.to), None)
        place = other or (self.model if self.to != HOME else None) or self.orderer.patient
        answers = {name: getattr(place, name) for name in ("street", "unit", "city", "zip_code")}
        answers["phone"] = phone(place.phone)
        answers["payment_method"] = self.model.payment_method if self.model else Order.PaymentMethod.CASH
        if self.window:
            answers["window"] = self.window.code
        return answers

    def chosen(self, code: str | None) -> DeliveryWindow | None:
        """Return the window of this code among those that can be ordered for, or None."""
        return next((window for window in self.terms.windows if window.code == code), None)

    def allotment(self, window: DeliveryWindow | None) -> Allotment | None:
        """Return the allotment on the day of the window, or of the next free one."""
        day = window.date if window else None
        return allotment_of(self.orderer.patient, self.cart, self.terms, usage=self.usage, day=day)


def _starts_of(order: Order | EarlierOrder | None) -> time | None:
    """Return the time of day at which the window of the order starts, or None."""
    if isinstance(order, Order):
        return order.window.starts if order.window else None
    return order.starts if order else None


def _keys(places: Iterable[EarlierOrder | Patient]) -> set[AddressKey]:
    """Return the addresses in one spelling. What is spelled alike is looked at once."""
    spelled = {(place.street, place.unit, place.city, place.zip_code) for place in places}
    return {address_key(street=street, unit=unit, city=city, zip_code=code) for street, unit, city, code in spelled}
