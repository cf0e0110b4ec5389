"""The bar over every page of staff: who reads, and how much waits behind its items."""

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Model, QuerySet, Value
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Decision, PhysicianApplication
from delivery.admin.orders import orders_waiting_for
from delivery.models import Order
from pages.models import ContactMessage

IS_GROUP = -1  # in the place of a count: the row names a group of the account


@dataclass(frozen=True)
class StaffBar:
    """The groups of whoever reads, and by the item of the bar how many rows wait there."""

    groups: tuple[str, ...]
    counts: dict[str, int]

    @property
    def role(self) -> str:
        """The groups of whoever reads, as colleagues call them."""
        return ", ".join(self.groups)


def staff_bar(request: HttpRequest) -> dict[str, Any]:
    """Return the bar of staff for the templates; it is read when a page of staff shows it."""
    return {"staff_bar": SimpleLazyObject(lambda: bar_of(request.user))}


def bar_of(user: Any) -> StaffBar:
    """Return the groups and the counts with one query; what the account may not open has no count.

    `COUNT(*)` reads the index of the orders alone; the count of a column would read their rows as well.
    """
    waiting: list[tuple[str, str, QuerySet[Any]]] = [
        ("orders", _view(Order), orders_waiting_for(user)),
        ("applications", _view(PhysicianApplication), PhysicianApplication.objects.filter(status=Decision.PENDING)),
        ("messages", _view(ContactMessage), ContactMessage.objects.filter(answered_at__isnull=True)),
    ]
    counted = [
        rows.order_by().annotate(item=Value(item, CharField())).values_list("item").annotate(count=Count("*"))
        for item, permission, rows in waiting
        if user.has_perm(permission)
    ]
    groups = user.groups.order_by().annotate(count=Value(IS_GROUP)).values_list("name", "count")
    found: list[tuple[str, int]] = list(groups.union(*counted, all=True))
    names = sorted(name for name, count in found if count == IS_GROUP)
    return StaffBar(tuple(names), {item: count for item, count in found if count != IS_GROUP})


def _view(model: type[Model]) -> str:
    return f"{model._meta.app_label}.view_{model._meta.model_name}"
