"""The forms on which the lots of an order are scanned and its days' supply is stated."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery import rules
from delivery.models import Order, OrderLine
from delivery.presenters.packing import ItemToPack, items_to_pack
from ui.forms import PortalForm, WholeNumberField

SCANNED = {"data-scan": "", "autocapitalize": "characters", "spellcheck": "false", "enterkeyhint": "next"}


def _lot_field(item: ItemToPack, number: int) -> forms.CharField:
    words = {"number": number, "count": item.line.quantity, "name": item.line.product.full_name}
    return forms.CharField(
        label=gettext("Lot of %(name)s, item %(number)d of %(count)d") % words,
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs=SCANNED),
        error_messages={"max_length": _("This is longer than a lot. Scan one item into each box.")},
    )


def _days_field(line: OrderLine, days: int) -> WholeNumberField:
    return WholeNumberField(
        label=gettext("%(name)s: days that one item lasts") % {"name": line.product.full_name},
        required=False,
        min_value=1,
        max_value=rules.MOST_DAYS,
        initial=days,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4}),
        error_messages=dict.fromkeys(
            ("min_value", "max_value"), _("Enter how many days one item lasts, from 1 to 365.")
        ),
    )


@dataclass(frozen=True)
class Row:
    """An item of the page: what to pack, the box of each lot with the one that is suggested, and the box for days."""

    item: ItemToPack
    boxes: list[tuple[BoundField, Any]]
    days: BoundField


class DaysForm(PortalForm):
    """Asks how many days one item of each line of `initial["order"]` lasts; an empty box keeps the suggestion."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order: Order = self.initial["order"]
        self.items = items_to_pack(order)
        for item in self.items:
            self.fields[f"days_{item.line.pk}"] = _days_field(item.line, item.days)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        days = {item.line.pk: cleaned.get(f"days_{item.line.pk}") or item.days for item in self.items}
        return {"days": days}


class PackForm(DaysForm):
    """Asks for the lot of each item of `initial["order"]` besides, and says at each box what is wrong with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in self.items:
            for number in range(1, item.line.quantity + 1):
                self.fields[_name(item.line, number)] = _lot_field(item, number)

    def rows(self) -> Iterator[Row]:
        for item in self.items:
            names = [_name(item.line, number) for number in range(1, item.line.quantity + 1)]
            boxes = [(self[name], lot) for name, lot in zip(names, item.lots, strict=True)]
            yield Row(item, boxes, self[f"days_{item.line.pk}"])

    def clean(self) -> dict[str, Any]:
        typed = dict(self.cleaned_data)
        lots = {item.line.pk: list(self._scanned(item.line, typed)) for item in self.items}
        return {**super().clean(), "lots": lots}

    def _scanned(self, line: OrderLine, typed: dict[str, Any]) -> Iterator[str]:
        """Yield the lot of each box of the line, and add to each box why it cannot be taken from there."""
        taken: Counter[str] = Counter()
        today = timezone.localdate()
        for number in range(1, line.quantity + 1):
            name = _name(line, number)
            if name not in typed:
                continue  # it was refused already
            if not typed[name]:
                self.add_error(name, _("Scan the lot of this item, or type it."))
                continue
            lot = rules.lot_on_label(line.product, typed[name])
            taken[lot] += 1
            refusal = rules.refusal_of(rules.check_scanned_lot, line, lot, today=today)
            refusal = refusal or rules.refusal_of(rules.check_lot_has_enough, line, lot, taken[lot])
            if refusal:
                self.add_error(name, refusal)
            yield lot


def _name(line: OrderLine, number: int) -> str:
    return f"lot-{line.pk}-{number}"
