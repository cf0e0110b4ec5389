"""How much a patient may still receive, in integer milligrams of flower equivalent."""

from collections import defaultdict
from datetime import date, timedelta

from django.utils.translation import gettext as _

from certification.models import Certification, Patient
from certification.rules import ounces_to_mg
from delivery.models import Order, OrderLine
from delivery.rules.errors import (
    AllotmentError,
)


def flower_equivalent_mg(*, thc_mg: int, other_cannabinoids_mg: int) -> int:
    """Milligrams of flower by the state's formula, rounded up: g = mg THC / 250 + mg others / 500 [DOMAIN.md 4].

    In milligrams that is 4 × THC + 2 × others, so whole numbers stay whole.
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

    Orders that hold amounts count on their delivery day, earlier and later ones alike; `without` is left out.
    """
    if certification is None:
        return 0
    near = Order.objects.holding().filter(
        patient=patient, window__date__gt=day - timedelta(days=days), window__date__lt=day + timedelta(days=days)
    )
    if without is not None:
        near = near.exclude(pk=without.pk)
    used: dict[date, int] = defaultdict(int)
    for held_day, amount in near.values_list("window__date", "amount_mg"):
        used[held_day] += amount
    most = max(_sum_over_span(used, day - timedelta(days=back), days) for back in range(days))
    return max(allotment_mg(certification) - most, 0)


def _sum_over_span(used: dict[date, int], first: date, days: int) -> int:
    return sum(amount for day, amount in used.items() if first <= day < first + timedelta(days=days))


def check_allotment_left(amount_mg: int, left_mg: int) -> None:
    """The order's flower equivalent is within what is left, both in mg; raises AllotmentError."""
    if amount_mg > left_mg:
        raise AllotmentError(
            _("This is %(over)s g more than what is left of the monthly allotment for that day (%(left)s g).")
            % {"over": _grams(amount_mg - left_mg, up=True), "left": _grams(left_mg)}
        )


def largest_quantity_that_fits(line: OrderLine, *, amount_mg: int, left_mg: int) -> int:
    """How many of the line's product keep a cart of `amount_mg` within `left_mg` and within the stock; 0 if not one."""
    without_line = amount_mg - line.quantity * line.product.amount_mg
    return max(min((left_mg - without_line) // line.product.amount_mg, line.product.stock, line.quantity), 0)


def _grams(mg: int, *, up: bool = False) -> str:
    hundredths = -(-mg // 10) if up else mg // 10
    return f"{hundredths // 100}.{hundredths % 100:02d}"
