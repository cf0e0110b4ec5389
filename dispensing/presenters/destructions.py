"""A destruction in words, for its page, its paper and the CSV; inspectors and staff read English."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from delivery.presenters.runs import staff_name
from dispensing.models import DestroyedItem, Destruction, full_names

AT_ONCE = 200  # destructions that are in memory


@dataclass(frozen=True)
class Row:
    """A unit, or some of a lot; `serial` is "" for what has none."""

    serial: str
    product: str
    sku: str
    lot: str
    quantity: int
    source: str


@dataclass(frozen=True)
class DestructionInWords:
    """A destruction with its items, and the full names of its people; "" for nobody."""

    destruction: Destruction
    proposed_by: str
    witnessed_by: str
    withdrawn_by: str
    how: str
    rows: list[Row]


def row_of(item: DestroyedItem) -> Row:
    """Return an item in words; the caller has read its unit and its lot with the product."""
    product = item.lot.product
    serial = str(item.unit) if item.unit else ""
    return Row(serial, product.full_name, product.sku, item.lot.number, item.quantity, item.get_source_display())


def item_in_words(item: DestroyedItem) -> str:
    """Return an item in one line: `Unit 000123: Oil (OIL-1), lot LOT-1`."""
    row = row_of(item)
    words = {"serial": row.serial, "count": row.quantity, "name": row.product, "sku": row.sku, "lot": row.lot}
    if row.serial:
        return _("Unit %(serial)s: %(name)s (%(sku)s), lot %(lot)s") % words
    return _("%(count)d × %(name)s (%(sku)s), lot %(lot)s") % words


@translation.override("en")
def in_words(made: Iterable[Destruction]) -> list[DestructionInWords]:
    """Return each destruction in words; the names and items of all of them are read together."""
    made = list(made)
    names = _names(made)
    rows: dict[int, list[Row]] = {each.pk: [] for each in made}
    items = DestroyedItem.objects.filter(destruction__in=rows).select_related("unit", "lot__product").order_by("pk")
    for item in items:
        rows[item.destruction_id].append(row_of(item))
    return [
        DestructionInWords(
            each,
            proposed_by=names[each.proposed_by_id],
            witnessed_by=names.get(each.witnessed_by_id or 0, ""),
            withdrawn_by=names.get(each.withdrawn_by_id or 0, ""),
            how=": ".join(filter(None, [each.get_method_display(), each.details])),
            rows=rows[each.pk],
        )
        for each in made
    ]


def _names(made: Collection[Destruction]) -> dict[int, str]:
    """Return by account the full name, or what else is known where none was entered."""
    keys = {pk for each in made for pk in (each.proposed_by_id, each.witnessed_by_id, each.withdrawn_by_id) if pk}
    known = {user.pk: staff_name(user) for user in User.objects.filter(pk__in=keys)}
    return known | full_names(keys)


def witnessed_between(first: date, last: date) -> QuerySet[Destruction]:
    """Return the destructions that were witnessed on these days of New York, the earliest first."""
    begins, ends = (
        timezone.make_aware(datetime.combine(day, time()), timezone.get_default_timezone())
        for day in (first, last + timedelta(days=1))
    )
    return Destruction.objects.filter(witnessed_at__gte=begins, witnessed_at__lt=ends).order_by("witnessed_at", "pk")


def in_words_between(first: date, last: date) -> Iterator[DestructionInWords]:
    """Yield what was destroyed on these days, the earliest first; few destructions are in memory at once."""
    keys = list(witnessed_between(first, last).values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        found = Destruction.objects.filter(pk__in=keys[start : start + AT_ONCE])
        yield from in_words(found.order_by("witnessed_at", "pk"))
