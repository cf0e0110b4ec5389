"""The rows of My orders. They are read as tuples and filled into one template: a page may have twenty."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Count, QuerySet, Value
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from certification.models import Patient
from delivery.models import Order
from delivery.models.orders import OrderQuerySet
from delivery.models.questions import OPEN
from delivery.orderers import orders_of
from ui.prepared import Prepared
from ui.rows import filled
from ui.templatetags.portal import clock, long_date, money


@dataclass(frozen=True)
class OrdersSeen:
    """The orders that an account sees, as a Paginator counts and cuts them; `kwargs` are those of `orders_of`."""

    kwargs: dict[str, Any]

    ordered = True

    def count(self) -> int:
        return int(_count.first(**self.kwargs) or 0)

    def __getitem__(self, part: slice) -> list[tuple[Any, ...]]:
        return _rows.rows(**self.kwargs, begin=part.start, end=part.stop)


def _counted(**kwargs: Any) -> QuerySet[Order, Any]:
    """Return one row with the number of the orders, or none."""
    orders = orders_of(**kwargs).order_by().values(every=Value(1))
    return orders.annotate(count=Count("pk")).values_list("count", flat=True)


def _listed(*, begin: int, end: int, **kwargs: Any) -> QuerySet[Order, Any]:
    orders: OrderQuerySet = orders_of(**kwargs).order_by("-placed_at", "-pk")
    columns = ("number", "patient", "window__date", "window__starts", "window__ends", "subtotal_cents", "status")
    return orders.values_list(*columns)[begin:end]


_count, _rows = Prepared(_counted), Prepared(_listed, fixed=["begin", "end"])


def order_rows(
    orders: list[tuple[Any, ...]], patients: list[Patient], *, has_name: bool, csrf_token: str
) -> list[SafeString]:
    """Return the rows as HTML; `has_name` is whether each says for whom the order is."""
    names = {patient.pk: patient.name for patient in patients}
    rows = []
    for number, patient, date, starts, ends, total, status in orders:
        values = {
            "number": number,
            "patient": names[patient],
            "day": long_date(date),
            "starts": clock(starts),
            "ends": clock(ends),
            "total": money(total),
            "csrf_token": csrf_token,
        }
        kind, label = _tag(status, get_language())
        rows.append(filled("delivery/_order_row.html", values, has_name=has_name, kind=kind, label=label))
    return rows


@lru_cache(maxsize=100)
def _tag(status: str, _language: str | None) -> tuple[str, str]:
    """Return the kind and the label of the status, as `_status.html` shows them."""
    label = str(Order.Status(status).label)
    if status == Order.Status.PLACED:
        return "wait", label
    return "good" if status in (*OPEN, Order.Status.DELIVERED) else "ended", label
