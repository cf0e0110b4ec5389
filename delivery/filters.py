"""Search and filters of the menu. They stand in the URL: product words are no personal data."""

from functools import lru_cache
from urllib.parse import urlencode

from django import forms
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from delivery.models import Product
from ui.forms import PortalForm
from ui.text import search_name

# Half-open spans, in the unit of the product's field; the last has no end.
THC_MG = {"0-100": (0, 100), "100-300": (100, 300), "300-600": (300, 600), "600": (600, None)}
CBD_MG = {"0": (0, 1), "1-100": (1, 100), "100-300": (100, 300), "300": (300, None)}
SIZE_MG = {"0-1": (0, 1_000), "1-3": (1_000, 3_000), "3-7": (3_000, 7_000), "7": (7_000, None)}
PRICE_CENTS = {"0-30": (0, 3_000), "30-50": (3_000, 5_000), "50-75": (5_000, 7_500), "75": (7_500, None)}


def _choice(label, field, spans, names):
    made = forms.ChoiceField(label=label, required=False, choices=[("", _("Any")), *zip(spans, names, strict=True)])
    made.product_field, made.spans = field, spans
    return made


class MenuFilter(PortalForm):
    """What somebody looks for. A value that is none of the list gets its sentence, and filters nothing."""

    q = forms.CharField(label=_("Search the menu"), required=False, max_length=60)
    form = forms.ChoiceField(label=_("Form"), required=False, choices=[("", _("Any")), *Product.Form.choices])
    thc = _choice(
        _("THC"), "thc_mg", THC_MG, [_("Under 100 mg"), _("100 to 299 mg"), _("300 to 599 mg"), _("600 mg or more")]
    )
    cbd = _choice(_("CBD"), "cbd_mg", CBD_MG, [_("None"), _("Under 100 mg"), _("100 to 299 mg"), _("300 mg or more")])
    size = _choice(
        _("Counts as flower"), "amount_mg", SIZE_MG, [_("Under 1 g"), _("1 to 3 g"), _("3 to 7 g"), _("7 g or more")]
    )
    price = _choice(
        _("Price"),
        "price_cents",
        PRICE_CENTS,
        [_("Under $30"), _("$30 to $49.99"), _("$50 to $74.99"), _("$75 or more")],
    )

    needed = {"q", "form", "thc", "cbd", "size", "price"}  # none of them is marked as optional

    def __init__(self, data):
        super().__init__(data, auto_id="filter-%s")
        self.is_valid()
        self.chosen = {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def query(self):
        """What is filtered by, as the URL says it."""
        return urlencode(self.chosen)

    @property
    def shown(self):
        return [self["q"], self["form"]]

    @property
    def is_narrow(self):
        """Whether one of those is chosen that are folded away."""
        return any(name not in ("q", "form") for name in [*self.chosen, *self.errors])

    @property
    def folded(self):
        return [self[name] for name in self.fields if name not in ("q", "form")]

    def html(self, found):
        """The form with how many products were found; the one that filters nothing is written once for everybody."""
        if self.chosen or self.errors:
            return render_to_string("delivery/_menu_filter.html", {"chosen": self, "found": found})
        return _of_whole_menu(get_language(), found)

    def takes(self, product):
        """Whether every word of the search is in its name or form, and each figure within its span."""
        if not self.chosen:
            return True
        words = search_name(self.chosen.get("q")).split()
        named = search_name(product.name, str(product.get_form_display()))
        if self.chosen.get("form") not in (None, product.form) or not all(word in named for word in words):
            return False
        return all(
            self._is_within(name, getattr(product, self.fields[name].product_field))
            for name in self.chosen
            if name not in ("q", "form")
        )

    def _is_within(self, name, value):
        low, high = self.fields[name].spans[self.chosen[name]]
        return low <= value and (high is None or value < high)


@lru_cache(maxsize=100)
def _of_whole_menu(_language, found):
    return render_to_string("delivery/_menu_filter.html", {"chosen": MenuFilter({}), "found": found})
