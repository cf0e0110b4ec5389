"""The search, the filters and the order of the menu. They stand in the URL, as they hold no personal data."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery.models import Product
from ui.forms import PortalForm
from ui.parts import cached_part
from ui.text import search_name

# Half-open spans, in the unit of the product's field; the last span has no end.
Spans = Mapping[str, tuple[int, int | None]]
THC_MG: Spans = {"0-100": (0, 100), "100-300": (100, 300), "300-600": (300, 600), "600": (600, None)}
CBD_MG: Spans = {"0": (0, 1), "1-100": (1, 100), "100-300": (100, 300), "300": (300, None)}
SIZE_MG: Spans = {"0-1": (0, 1_000), "1-3": (1_000, 3_000), "3-7": (3_000, 7_000), "7": (7_000, None)}
PRICE_CENTS: Spans = {"0-30": (0, 3_000), "30-50": (3_000, 5_000), "50-75": (5_000, 7_500), "75": (7_500, None)}
SORTS = {
    "price": _("Lowest price first"),
    "price-down": _("Highest price first"),
    "thc": _("Most THC first"),
    "cbd": _("Most CBD first"),
    "newest": _("Newest first"),
}
ZIP = re.compile(r"[0-9]{5}(-[0-9]{4})?")
CHIPS = ("form", "favorites")  # what the chips choose; one chip takes the place of another


class SpanField(forms.ChoiceField):
    """A choice of spans of a figure of the product."""

    def __init__(self, label: Any, product_field: str, spans: Spans, names: Iterable[Any]) -> None:
        choices = [("", _("Any")), *zip(spans, names, strict=True)]
        super().__init__(label=label, required=False, choices=choices)
        self.product_field, self.spans = product_field, spans

    def within(self, chosen: str) -> Q:
        """Return the question whether the product's figure lies within the chosen span."""
        low, high = self.spans[chosen]
        return Q((f"{self.product_field}__gte", low), *([(f"{self.product_field}__lt", high)] if high else []))


@dataclass(frozen=True)
class Chip:
    """A kind of products with how many fit the rest of the filter, and the query of the URL that shows them."""

    label: str
    count: int
    query: str
    is_chosen: bool


class FilterForm(PortalForm):
    """The boxes of the search and of the filters. Its fields are never changed: `MenuFilter` reads them, too."""

    q = forms.CharField(label=_("Search the menu"), required=False, max_length=60)
    form = forms.ChoiceField(label=_("Form"), required=False, choices=[("", _("Any")), *Product.Form.choices])
    favorites = forms.ChoiceField(label=_("Favorites"), required=False, choices=[("1", _("Favorites"))])
    sort = forms.ChoiceField(label=_("Sort"), required=False, choices=[("", _("By kind")), *SORTS.items()])
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

    needed = frozenset({"q", "form", "favorites", "sort", "thc", "cbd", "size", "price"})  # none is marked as optional

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, auto_id="filter-%s")


FIELDS = FilterForm.base_fields
SPANS = {name: field for name, field in FIELDS.items() if isinstance(field, SpanField)}
PANEL = [name for name in FIELDS if name not in ("q", *CHIPS)]  # the order and the spans stand in one panel


class MenuFilter:
    """The choices in the address of the menu. A value outside of the list gets an error sentence, and filters nothing.

    `form` is None where nothing is chosen: to make one takes longer than to read it.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.form = FilterForm(data) if any(data.get(name) for name in FIELDS) else None
        answers = self.form.cleaned_data if self.form and (self.form.is_valid() or self.form.errors) else {}
        self.chosen: dict[str, str] = {name: value for name, value in answers.items() if value}
        zip_code = data.get("zip", "")
        self.where = {"zip": zip_code} if ZIP.fullmatch(zip_code) else {}

    @property
    def query(self) -> str:
        """The chosen filters and the ZIP code that was asked about, as the query of a URL."""
        return urlencode(self.chosen | self.where)

    @property
    def of_all(self) -> str:
        """The query of the whole menu."""
        return urlencode(self.where)

    @property
    def typed(self) -> str:
        """The words in the search box, or an empty text."""
        return str(self.form["q"].value() or "") if self.form else ""

    @property
    def panel(self) -> SafeString:
        """The boxes of the panel, as HTML."""
        if self.form and self.is_wrong:
            return _boxes(self.form)
        return _panel(tuple(self.chosen.get(name, "") for name in PANEL))

    @property
    def in_panel(self) -> int:
        """How many of the panel's choices are made."""
        return sum(name in PANEL for name in self.chosen)

    @cached_property
    def is_wrong(self) -> bool:
        """Whether the panel has a value that is not in its lists."""
        return self.form is not None and any(name in PANEL for name in self.form.errors)

    @property
    def beside_search(self) -> dict[str, str]:
        """The chosen filters that a new search keeps."""
        return {name: value for name, value in (self.chosen | self.where).items() if name != "q"}

    @property
    def beside_panel(self) -> dict[str, str]:
        """The search, the ZIP code and the chip that stay chosen when the panel of filters is sent."""
        return {name: value for name, value in (self.chosen | self.where).items() if name in ("q", "zip", *CHIPS)}

    @property
    def sort_label(self) -> str:
        """The chosen order in words, or an empty text for the order by kind."""
        return str(SORTS.get(self.chosen.get("sort", ""), ""))

    @property
    def words(self) -> list[str]:
        """The words of the search; each has to be in the texts of a product."""
        return search_name(self.chosen.get("q", "")).split()

    @property
    def within_spans(self) -> Q:
        """The question whether each figure of a product lies within its span."""
        asked = Q()
        for name, field in SPANS.items():
            if name in self.chosen:
                asked &= field.within(self.chosen[name])
        return asked

    def chips(self, counts: Mapping[str, int], liked: int) -> list[Chip]:
        """Return the chips over the menu: all products, the favorites where there are any, and each form.

        `counts` has how many products of each form fit the rest of the filter, and `liked` is how many are favorites.
        """
        found = [self._chip(gettext("All"), sum(counts.values()))]
        if liked or "favorites" in self.chosen:
            found.append(self._chip(gettext("Favorites"), liked, favorites="1"))
        for value, label in Product.Form.choices:
            if counts.get(value) or self.chosen.get("form") == value:
                found.append(self._chip(str(label), counts.get(value, 0), form=value))
        return found

    def _chip(self, label: str, count: int, **chosen: str) -> Chip:
        others = {name: value for name, value in self.chosen.items() if name not in CHIPS}
        mine = {name: value for name, value in self.chosen.items() if name in CHIPS}
        return Chip(label, count, urlencode(others | chosen | self.where), mine == chosen)


@cached_part(most=200)
def _panel(chosen: tuple[str, ...]) -> SafeString:
    return _boxes(FilterForm(dict(zip(PANEL, chosen, strict=True))))


def _boxes(form: FilterForm) -> SafeString:
    return SafeString("".join(form[name].as_field_group() for name in PANEL))  # nosec B703 - boxes that Django rendered
