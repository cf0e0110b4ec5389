"""The form with which a hand-over is corrected: a refund or an exchange for each line of the order."""

import hashlib
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery import rules
from delivery.admin.stock_action_pages import EntryForm
from delivery.door_forms import PaidField
from delivery.models import HandOver, HandOverCorrection, ItemReport, OrderLine, Product
from ui.forms import WholeNumberField
from ui.templatetags.portal import money

Kind, Goods = HandOverCorrection.Kind, HandOverCorrection.Goods
MOST_SERIALS = 2_000  # letters


class GivenBackField(PaidField):
    """Money to give back, in dollars, cleaned to cents; None for an empty box, which is the whole price."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value) if (value or "").strip() else None


class CorrectionForm(EntryForm):
    """A correction as staff enter it: for each line, how the money is given back, and why.

    The fields of a line carry its key: `kind_7`. `seen` is how many corrections the page showed.
    """

    method = forms.ChoiceField(
        label=_("How the money is given back"), choices=[("", _("No money")), *HandOverCorrection.Method.choices],
        required=False,
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), max_length=rules.MOST_REASON, error_messages={"required": _("Enter a reason.")},
        widget=forms.Textarea(attrs={"rows": 2}), help_text=_("Kept with the correction; only staff read it."),
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, hand_over: HandOver, report: ItemReport | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hand_over, self.report = hand_over, report
        self.lines = list(hand_over.order.lines.select_related("product"))
        self.left = {line.pk: rules.left_to_correct(line) for line in self.lines}
        self.fields["seen"].initial = hand_over.corrections.count()
        self.fields["method"].initial = "debit" if hand_over.debit_cents and not hand_over.cash_cents else "cash"
        self.offers = _offers()
        for line in self.lines:
            if self.left[line.pk]:
                self._add_line(line)

    def _add_line(self, line: OrderLine) -> None:
        key, left = line.pk, self.left[line.pk]
        lots = [(lot, f"{lot} × {quantity}") for lot, quantity in rules.lots_of(line)]
        wrong = _("Choose from the list, please.")
        is_reported = self.report is not None and self.report.line_id == key
        self.fields[f"kind_{key}"] = forms.ChoiceField(
            label=_("What we do"), choices=[("", _("Nothing")), *Kind.choices], required=False,
            error_messages={"invalid_choice": wrong}, initial=Kind.REFUND if is_reported else "",
        )  # fmt: skip
        self.fields[f"quantity_{key}"] = WholeNumberField(
            label=_("How many"), required=False, min_value=1, max_value=left, initial=1,
            error_messages={"min_value": _("Enter at least 1."),
                            "max_value": _("At most %(limit_value)d can still be corrected.")},
        )  # fmt: skip
        self.fields[f"cents_{key}"] = GivenBackField(label=_("Money back, if not the whole price"))
        self.fields[f"goods_{key}"] = forms.ChoiceField(
            label=_("What became of the goods"), choices=[("", _("Choose")), *Goods.choices], required=False,
            error_messages={"invalid_choice": wrong},
        )  # fmt: skip
        self.fields[f"lot_{key}"] = forms.ChoiceField(
            label=_("Lot that came back"), choices=lots if len(lots) == 1 else [("", _("Choose")), *lots],
            required=False, error_messages={"invalid_choice": wrong},
        )  # fmt: skip
        self.fields[f"serials_{key}"] = forms.CharField(
            label=_("Their serials, if the labels are at hand"), required=False, max_length=MOST_SERIALS,
            error_messages={"max_length": _("Enter the serial of each item, with spaces between them.")},
            widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        )  # fmt: skip
        self.fields[f"instead_{key}"] = forms.ChoiceField(
            label=_("Given instead, in an exchange"), required=False, error_messages={"invalid_choice": wrong},
            choices=[("", _("Nothing")), *((code, words) for code, (_product, _lot, words) in self.offers.items())],
        )  # fmt: skip

        for name in ("cents", "quantity"):
            self.fields[f"{name}_{key}"].widget.attrs.setdefault("autocomplete", "off")

    @property
    def sections(self) -> list[tuple[OrderLine, int, list[forms.BoundField]]]:
        """Each line, how many of it can still be corrected, and its fields."""
        names = ("kind", "quantity", "goods", "lot", "serials", "cents", "instead")
        return [
            (line, self.left[line.pk], [self[f"{name}_{line.pk}"] for name in names] if self.left[line.pk] else [])
            for line in self.lines
        ]

    @property
    def shared(self) -> list[forms.BoundField]:
        """The fields that are not of a line."""
        return [self["method"], self["reason"]]

    @property
    def corrections(self) -> list[rules.LineCorrection]:
        """The corrections that were entered, as `correct_hand_over` takes them."""
        return [self._correction(line) for line in self.lines if self.cleaned_data.get(f"kind_{line.pk}")]

    def _correction(self, line: OrderLine) -> rules.LineCorrection:
        entered = {name: self.cleaned_data.get(f"{name}_{line.pk}") for name in ("kind", "goods", "lot", "cents")}
        product, product_lot, _words = self.offers.get(self.cleaned_data.get(f"instead_{line.pk}", ""), _NOTHING)
        is_exchange = entered["kind"] == Kind.EXCHANGE
        return rules.LineCorrection(
            line=line,
            kind=entered["kind"] or "",
            quantity=self.cleaned_data.get(f"quantity_{line.pk}") or 0,
            goods=entered["goods"] or "",
            cents=None if is_exchange else entered["cents"],
            lot=(entered["lot"] or "") if entered["goods"] in rules.COME_BACK else "",
            product=product if is_exchange else None,
            product_lot=product_lot if is_exchange else "",
            serials=tuple((self.cleaned_data.get(f"serials_{line.pk}") or "").replace(",", " ").split()),
        )

    @property
    def digest(self) -> str:
        """A digest of the preview: a correction with another digest is shown before it is entered."""
        answers = {name: value for name, value in self.cleaned_data.items() if name not in ("entry_key", "reason")}
        return hashlib.sha256(repr(sorted(answers.items(), key=str)).encode()).hexdigest()[:32]


_NOTHING: tuple[Product | None, str, str] = (None, "", "")


def _offers() -> dict[str, tuple[Product | None, str, str]]:
    """Return each lot in stock of a product on the menu, by the code that the form posts."""
    products = list(Product.objects.filter(is_active=True, stock__gt=0).order_by("name", "pk"))
    lots = rules.lots_of_products([product.pk for product in products])
    sentence = gettext("%(name)s, lot %(lot)s, %(left)d left, %(price)s")
    return {
        f"{product.pk}:{lot}": (product, lot, sentence % {
            "name": product.full_name, "lot": lot, "left": left, "price": money(product.price_cents)
        })
        for product in products for lot, left in lots.get(product.pk, [])
    }  # fmt: skip
