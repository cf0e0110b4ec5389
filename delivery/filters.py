"""The search and the filters of the menu. They stand in the URL, as they hold no personal data."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.forms import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from delivery.models import Product
from ui.forms import PortalForm
from ui.text import search_name

# Half-open spans, in the unit of the product's field; the last span has no end.
Spans = Mapping[str, tuple[int, int | None]]
THC_MG: Spans = {"0-100": (0, 100), "100-300": (100, 300), "300-600": (300, 600), "600": (600, None)}
CBD_MG: Spans = {"0": (0, 1), "1-100": (1, 100), "100-300": (100, 300), "300": (300, None)}
SIZE_MG: Spans = {"0-1": (0, 1_000), "1-3": (1_000, 3_000), "3-7": (3_000, 7_000), "7": (7_000, None)}
PRICE_CENTS: Spans = {"0-30": (0, 3_000), "30-50": (3_000, 5_000), "50-75": (5_000, 7_500), "75": (7_500, None)}


class SpanField(forms.ChoiceField):
    """A choice of spans of a figure of the product."""

    def __init__(self, label: Any, product_field: str, spans: Spans, names: Iterable[Any]) -> None:
        choices = [("", _("Any")), *zip(spans, names, strict=True)]
        super().__init__(label=label, required=False, choices=choices)
        self.product_field, self.spans = product_field, spans

    def takes(self, product: Product, chosen: str) -> bool:
        """Return whether the product's figure lies within the chosen span."""
        low, high = self.spans[chosen]
        figure = getattr(product, self.product_field)
        return low <= figure and (high is None or figure < high)


class MenuFilter(PortalForm):
    """The search of the menu. A value outside of the list gets an error sentence, and filters nothing."""

    q = forms.CharField(label=_("Search the menu"), required=False, max_length=60)
    form = forms.ChoiceField(label=_("Form"), required=False, choices=[("", _("Any")), *Product.Form.choices])
    thc = SpanField(
        _("THC"), "thc_mg", THC_MG, [_("Under 100 mg"), _("100 to 299 mg"), _("300 to 599 mg"), _("600 mg or more")]
    )
    cbd = SpanField(_("CBD"), "cbd_mg", CBD_MG, [_("None"), _("Under 100 mg"), _("100 to 299 mg"), _("300 mg or more")])
    size = SpanField(
        _("Counts as flower"), "amount_mg", SIZE_MG, [_("Under 1 g"), _("1 to 3 g"), _("3 to 7 g"), _("7 g or more")]
    )
    price = SpanField(
        _("Price"),
        "price_cents",
        PRICE_CENTS,
        [_("Under $30"), _("$30 to $49.99"), _("$50 to $74.99"), _("$75 or more")],
    )

    needed = frozenset({"q", "form", "thc", "cbd", "size", "price"})  # so none is marked as optional

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, auto_id="filter-%s")
        self.is_valid()
        self.chosen = {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def query(self) -> str:
        """The chosen filters as the query of a URL."""
        return urlencode(self.chosen)

    @property
    def shown(self) -> list[BoundField]:
        return [self["q"], self["form"]]

    @property
    def is_narrow(self) -> bool:
        """Whether a filter is chosen that is folded away."""
        return any(name not in ("q", "form") for name in [*self.chosen, *self.errors])

    @property
    def folded(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name not in ("q", "form")]

    def html(self, found: int) -> SafeString:
        """Return the form with how many products were found; a form that filters nothing is rendered once for all."""
        if self.chosen or self.errors:
            return render_to_string("delivery/_menu_filter.html", {"chosen": self, "found": found})
        return _of_whole_menu(get_language(), found)

    def takes(self, product: Product) -> bool:
        """Return whether each word of the search is in the product's name or form, and each figure within its span."""
        if not self.chosen:
            return True
        words = search_name(self.chosen.get("q", "")).split()
        named = search_name(product.name, str(product.get_form_display()))
        if self.chosen.get("form") not in (None, product.form) or not all(word in named for word in words):
            return False
        spans = ((field, self.chosen.get(name)) for name, field in self.fields.items())
        return all(field.takes(product, span) for field, span in spans if span and isinstance(field, SpanField))


@lru_cache(maxsize=100)
def _of_whole_menu(_language: str | None, found: int) -> SafeString:
    return render_to_string("delivery/_menu_filter.html", {"chosen": MenuFilter({}), "found": found})
