"""The form on which the serials of what comes back are scanned, one box an item."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery.admin.pack_forms import SCANNED
from delivery.models import Order, Product
from delivery.writes.holds import held_of
from ui.forms import PortalForm


def comes_back_of(order: Order) -> list[tuple[Product, str]]:
    """Return product and lot of each item that is still with the driver and has to be taken in."""
    if order.status == Order.Status.RETURNED:
        found = [] if order.taken_in_at else held_of(order)
    else:
        found = list(order.returned_items.with_driver().order_by("pk").values_list("product", "lot", "quantity"))
    products = Product.objects.in_bulk({product for product, _lot, _quantity in found})
    return [(products[product], lot) for product, lot, quantity in found for _number in range(quantity)]


class TakeInForm(PortalForm):
    """Asks for the serial of each item of `initial["order"]` that comes back; `scans` are empty where none is typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = comes_back_of(self.initial["order"])
        for number, (product, lot) in enumerate(items, start=1):
            words = {"number": number, "count": len(items), "name": product.full_name, "lot": lot}
            self.fields[f"scan_{number}"] = forms.CharField(
                label=gettext("Serial of item %(number)d of %(count)d: %(name)s, lot %(lot)s") % words,
                required=False,
                max_length=40,
                widget=forms.TextInput(attrs={**SCANNED, "inputmode": "numeric"}),
                error_messages={"max_length": _("This is longer than a serial. Scan one item into each box.")},
            )

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        return {"scans": [typed.get(name, "") for name in self.fields]}
