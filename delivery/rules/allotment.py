"""How much a patient may still receive, in integer milligrams of flower equivalent."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import takewhile

from django.utils.translation import gettext as _

from certification.models import Certification, Patient
from certification.rules import ounces_to_mg
from delivery.models import AllotmentEntry, Order, Product
from delivery.rules.errors import AllotmentError

ENTRY_DAYS = 365
MOST_OF_AN_ENTRY_MG = 500_000


def flower_equivalent_mg(*, thc_mg: int, other_cannabinoids_mg: int) -> int:
    """Milligrams of flower by the state's formula, rounded up [docs/domain.md#flower-equivalent].

    g = mg THC / 250 + mg others / 500; in milligrams 4 × THC + 2 × others, so whole numbers stay whole.
    """
    return 4 * thc_mg + 2 * other_cannabinoids_mg


def allotment_mg(certification: Certification) -> int:
    """The certification's monthly allotment in milligrams of flower equivalent."""
    assert certification.monthly_allotment_oz is not None
    return ounces_to_mg(certification.monthly_allotment_oz)


def allotment_left_mg(
    *, patient: Patient, day: date, certification: Certification | None, days: int, without: Order | None = None
) -> int:
    """What may still be ordered for `day`, in mg: the least left over every span of `days` days with `day` in it.

    Orders that hold amounts count on their delivery day, earlier and later ones alike, and entries on theirs; `without`
    is left out.
    """
    if certification is None:
        return 0
    reach = timedelta(days=days - 1)
    used = used_by_day(patient=patient, first=day - reach, last=day + reach, without=without)
    return left_on(day, used=used, limit_mg=allotment_mg(certification), days=days)


def used_by_day(*, patient: Patient, first: date, last: date, without: Order | None = None) -> dict[date, int]:
    """What counts on each day from `first` through `last`, in mg: orders that hold amounts, and entries."""
    orders = Order.objects.holding().filter(patient=patient, window__date__range=(first, last))
    if without is not None:
        orders = orders.exclude(pk=without.pk)
    entries = AllotmentEntry.objects.filter(patient=patient, day__range=(first, last))
    used: dict[date, int] = defaultdict(int)
    for day, amount in orders.values_list("window__date", "amount_mg").union(
        entries.values_list("day", "amount_mg"), all=True
    ):
        used[day] += amount
    return used


def left_on(day: date, *, used: Mapping[date, int], limit_mg: int, days: int) -> int:
    """What `used` leaves of the limit on `day`, in mg: the least over every span of `days` days with `day` in it."""
    most = max(_sum_over_span(used, day - timedelta(days=back), days) for back in range(days))
    return max(limit_mg - max(most, 0), 0)


def days_with_more(
    day: date, *, later: Iterable[date], used: Mapping[date, int], certification: Certification, days: int
) -> Iterator[tuple[date, int]]:
    """Each of the `later` delivery days on which more is left than before, and how much more than on `day`, in mg.

    `later` is in order, and may be endless. Ends with the certification, or when all of the limit is left.
    """
    limit_mg = allotment_mg(certification)
    left_now = most = left_on(day, used=used, limit_mg=limit_mg, days=days)
    for one in takewhile(certification.is_valid_on, later):
        if most == limit_mg:
            return
        left = left_on(one, used=used, limit_mg=limit_mg, days=days)
        if left > most:
            most = left
            yield one, left - left_now


def first_day_with_more(
    day: date, *, later: Iterable[date], used: Mapping[date, int], certification: Certification, days: int
) -> tuple[date, int] | None:
    """The first of `days_with_more`, or None."""
    return next(days_with_more(day, later=later, used=used, certification=certification, days=days), None)


def _sum_over_span(used: Mapping[date, int], first: date, days: int) -> int:
    return sum(amount for day, amount in used.items() if first <= day < first + timedelta(days=days))


def check_entry_day(day: date, *, today: date) -> None:
    """Today, or a day of the year before it; raises AllotmentError."""
    if not today - timedelta(days=ENTRY_DAYS) <= day <= today:
        raise AllotmentError(_("Enter today, or a day of the last 12 months."), field="day")


def check_entry_amount(amount_mg: int, *, origin: str, entered_mg: int) -> None:
    """From 1 mg to 500 g; a correction takes back no more than the entries of that day hold (`entered_mg`).

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
    """The order's flower equivalent is within what is left, both in mg; raises AllotmentError."""
    if amount_mg > left_mg:
        raise AllotmentError(
            _("This is %(over)s g more than what is left of the monthly allotment for that day (%(left)s g).")
            % {"over": _grams(amount_mg - left_mg, up=True), "left": _grams(left_mg)}
        )


def largest_quantity_that_fits(product: Product, quantity: int, *, cart_mg: int, left_mg: int) -> int:
    """Return how many of the `quantity` in a cart of `cart_mg` fit into `left_mg` and the stock; 0 when none fits."""
    without_product = cart_mg - quantity * product.amount_mg
    return max(min((left_mg - without_product) // product.amount_mg, product.stock, quantity), 0)


def _grams(mg: int, *, up: bool = False) -> str:
    hundredths = -(-mg // 10) if up else mg // 10
    return f"{hundredths // 100}.{hundredths % 100:02d}"
