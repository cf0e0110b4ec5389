"""How much a patient may still receive, in whole milligrams of flower equivalent."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import takewhile
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from certification.models import Certification, Patient
from certification.rules import ounces_to_mg
from delivery.models import AllotmentEntry, Order, Product
from delivery.rules.errors import AllotmentError
from ui.prepared import Prepared
from ui.templatetags.portal import grams

ENTRY_DAYS = 365
MOST_OF_AN_ENTRY_MG = 500_000
NOBODYS = 0  # the id of no row
STAFF_ORIGINS = [origin for origin in AllotmentEntry.Origin.values if origin != AllotmentEntry.Origin.DELIVERY]


def flower_equivalent_mg(*, thc_mg: int, other_cannabinoids_mg: int) -> int:
    """Return milligrams of flower by the state's formula, rounded up [docs/domain.md#flower-equivalent].

    The formula is g = mg THC / 250 + mg others / 500. In milligrams that is 4 × THC + 2 × others: a whole number.
    """
    return 4 * thc_mg + 2 * other_cannabinoids_mg


def allotment_mg(certification: Certification) -> int:
    """Return the certification's monthly allotment in milligrams of flower equivalent."""
    assert certification.monthly_allotment_oz is not None
    return ounces_to_mg(certification.monthly_allotment_oz)


def allotment_left_mg(
    *, patient: Patient, day: date, certification: Certification | None, days: int, without: Order | None = None
) -> int:
    """Return how much can still be ordered for `day`, in mg.

    Every span of `days` days that contains `day` must stay within the allotment; the smallest rest counts. Open and
    delivered orders count on their delivery day, also on later days, and entries on their own day. The order `without`
    does not count.
    """
    if certification is None:
        return 0
    reach = timedelta(days=days - 1)
    used = used_by_day(patient=patient, first=day - reach, last=day + reach, without=without)
    return left_on(day, used=used, limit_mg=allotment_mg(certification), days=days)


def used_by_day(*, patient: Patient, first: date, last: date, without: Order | None = None) -> dict[date, int]:
    """Return how much counts on each day from `first` through `last`, in mg: open and delivered orders, and entries."""
    used: dict[date, int] = defaultdict(int)
    without_id = without.pk if without else NOBODYS
    for day, amount in _amounts.rows(patient=patient.pk, first=first, last=last, without=without_id):
        used[day] += amount
    return used


def _amounts_between(*, patient: int, first: date, last: date, without: int) -> QuerySet[Any, tuple[date, int]]:
    orders = Order.objects.counted().filter(patient=patient, window__date__range=(first, last)).exclude(pk=without)
    entries = AllotmentEntry.objects.filter(patient=patient, day__range=(first, last))
    by_day = orders.order_by().values_list("window__date").annotate(amount=Sum("amount_mg"))
    entered = entries.order_by().values_list("day").annotate(amount=Sum("amount_mg"))
    return by_day.union(entered, all=True)


_amounts = Prepared(_amounts_between)


def left_on(day: date, *, used: Mapping[date, int], limit_mg: int, days: int) -> int:
    """Return what is left of the limit on `day`, in mg: the smallest rest of all spans of `days` days around `day`."""
    reach, one = timedelta(days=days), timedelta(days=1)
    near = {each: amount for each, amount in used.items() if day - reach < each < day + reach}
    # The sum of a span differs from that of the span before only where a day comes in at its end or has left it.
    begins = {day - reach + one, *(each - reach + one for each in near), *(each + one for each in near)}
    most = max(_sum_over_span(near, first, days) for first in begins if day - reach < first <= day)
    return max(limit_mg - max(most, 0), 0)


def days_with_more(
    day: date, *, later: Iterable[date], used: Mapping[date, int], certification: Certification, days: int
) -> Iterator[tuple[date, int]]:
    """Return the `later` delivery days on which more is left than on the days before.

    Each comes with all that is left then, in mg. `later` is in order and may be endless: the days end with the
    certification, or when all of the limit is left.
    """
    limit_mg = allotment_mg(certification)
    most = left_on(day, used=used, limit_mg=limit_mg, days=days)
    for later_day in takewhile(certification.is_valid_on, later):
        if most == limit_mg:
            return
        left = left_on(later_day, used=used, limit_mg=limit_mg, days=days)
        if left > most:
            most = left
            yield later_day, left


def first_day_with_more(
    day: date, *, later: Iterable[date], used: Mapping[date, int], certification: Certification, days: int
) -> tuple[date, int] | None:
    """Return the first day of `days_with_more`, or None."""
    return next(days_with_more(day, later=later, used=used, certification=certification, days=days), None)


def _sum_over_span(used: Mapping[date, int], first: date, days: int) -> int:
    return sum(amount for day, amount in used.items() if first <= day < first + timedelta(days=days))


def check_entry_day(day: date, *, today: date) -> None:
    """The day of an entry is today or within the last 12 months; raises AllotmentError."""
    if not today - timedelta(days=ENTRY_DAYS) <= day <= today:
        raise AllotmentError(_("Enter today, or a day of the last 12 months."), field="day")


def check_entry_origin(origin: str) -> None:
    """The origin is one that staff enter: only the correction of a hand-over enters its own. Raises AllotmentError."""
    if origin not in STAFF_ORIGINS:
        raise AllotmentError(_("Choose where the amount comes from."), field="origin")


def check_entry_amount(amount_mg: int, *, origin: str, entered_mg: int) -> None:
    """An entry is from 1 mg to 500 g; a correction takes back at most what was entered for that day (`entered_mg`).

    Raises AllotmentError.
    """
    if not 1 <= amount_mg <= MOST_OF_AN_ENTRY_MG:
        raise AllotmentError(_("Enter an amount from 0.001 to 500 grams."), field="amount_mg")
    if origin == AllotmentEntry.Origin.CORRECTION and amount_mg > entered_mg:
        raise AllotmentError(
            _("Entries of that day hold %(entered)s g: a correction takes back no more than that.")
            % {"entered": _grams(max(entered_mg, 0))},
            field="amount_mg",
        )


def check_allotment_left(amount_mg: int, left_mg: int) -> None:
    """The order's flower equivalent is at most what is left, both in mg; raises AllotmentError."""
    if amount_mg > left_mg:
        raise AllotmentError(
            _("This is %(over)s g more than what is left of the monthly allotment for that day (%(left)s g).")
            % {"over": _grams(amount_mg - left_mg), "left": _grams(left_mg)}
        )


def largest_quantity_that_fits(product: Product, quantity: int, *, cart_mg: int, left_mg: int) -> int:
    """Return how many of the `quantity` in a cart of `cart_mg` fit into `left_mg` and the stock; 0 when none fits."""
    without_product = cart_mg - quantity * product.amount_mg
    return max(min((left_mg - without_product) // product.amount_mg, product.stock, quantity), 0)


def _grams(mg: int) -> str:
    """Return exact grams without their unit: figures that are rounded would not add up."""
    return grams(mg).removesuffix(" g")
