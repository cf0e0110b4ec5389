"""What is left of the allotment, beside the cart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from certification.models import Patient
from delivery import rules
from delivery.presenters.cart import Cart, CartLine
from delivery.presenters.terms import Terms


@dataclass(frozen=True)
class Allotment:
    """The allotment on one delivery day, in milligrams of flower equivalent.

    `had_mg` is what counts already, `cart_mg` what the cart holds, and `left_mg` what is left after it; they add up
    to `of_mg` unless the cart is over, and then `problem` says by how much. `more` is the first later delivery day on
    which more is left, and all that is left then. `fits` has, by product id, the largest quantity that is possible,
    where that is less than the cart has.
    """

    day: date
    had_mg: int
    cart_mg: int
    left_mg: int
    of_mg: int
    more: tuple[date, int] | None
    problem: str
    fits: Mapping[int, int] = field(compare=False)  # the meter does not show it

    @property
    def drawn_cart_mg(self) -> int:
        """The amount of the cart, or the rest of the allotment where the cart is over: the meter ends there."""
        return min(self.cart_mg, self.of_mg - self.had_mg)

    @property
    def more_mg(self) -> int:
        """How much more is left on the later day that `more` names; 0 without one."""
        return self.more[1] - self.left_mg if self.more else 0


@dataclass(frozen=True)
class Usage:
    """The amounts in mg that count on each day, around the days that can be ordered for, and the limit."""

    used: Mapping[date, int]
    limit_mg: int
    days: int

    def left_mg(self, day: date) -> int:
        """Return how much can still be ordered for the day."""
        return rules.left_on(day, used=self.used, limit_mg=self.limit_mg, days=self.days)


def usage_of(patient: Patient, terms: Terms) -> Usage | None:
    """Return the usage, from one query, or None when no window is free."""
    if terms.next_free is None:
        return None
    assert terms.certification is not None  # it covers the free window
    days = terms.policy.allotment_days
    span = timedelta(days=days)
    used = rules.used_by_day(patient=patient, first=terms.day - span, last=terms.windows[-1].date + span)
    return Usage(used, rules.allotment_mg(terms.certification), days)


def allotment_of(
    patient: Patient, cart: Cart, terms: Terms, *, usage: Usage | None = None, day: date | None = None
) -> Allotment | None:
    """Return the allotment on `day`, or else on the day of the next free window; None when no window is free.

    `usage` is the patient's where it has been read already.
    """
    usage = usage or usage_of(patient, terms)
    if usage is None:
        return None
    day = day or terms.day
    left_mg = usage.left_mg(day)
    return Allotment(
        day=day,
        had_mg=usage.limit_mg - left_mg,
        cart_mg=cart.amount_mg,
        left_mg=max(left_mg - cart.amount_mg, 0),
        of_mg=usage.limit_mg,
        more=_more(day, cart, terms, usage),
        problem=rules.refusal_of(rules.check_allotment_left, cart.amount_mg, left_mg),
        fits=_quantities_that_fit(cart.lines, amount_mg=cart.amount_mg, left_mg=left_mg),
    )


def _more(day: date, cart: Cart, terms: Terms, usage: Usage) -> tuple[date, int] | None:
    """Return the first day later than `day` on which more is left after the cart, and how much, or None."""
    assert terms.certification is not None
    with_cart = {**usage.used, day: usage.used.get(day, 0) + cart.amount_mg}
    later = rules.delivery_days(terms.windows, policy=terms.policy, after=day)
    return rules.first_day_with_more(
        day, later=later, used=with_cart, certification=terms.certification, days=usage.days
    )


def _quantities_that_fit(lines: Iterable[CartLine], *, amount_mg: int, left_mg: int) -> dict[int, int]:
    fits = {}
    for line in lines:
        quantity = rules.largest_quantity_that_fits(line.product, line.quantity, cart_mg=amount_mg, left_mg=left_mg)
        if line.product.is_active and quantity < line.quantity:
            fits[line.product.pk] = quantity
    return fits
