"""The forms on which a destruction is proposed, witnessed and withdrawn."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery.admin.stock_action_pages import EntryForm
from dispensing import rules
from dispensing.models import DestroyedItem, Destruction, DispensedUnit
from ui.forms import PortalForm, WholeNumberField, validate_printable
from ui.tidy import plain_number

GONE = _("Something that you ticked is in another destruction by now. Look at the list again.")
NOTHING_WAITS = _(
    "Nothing waits to be destroyed. What comes back is decided under “Returned items”, and stock goes into quarantine "
    "on the page of its lot."
)
REFUSED_WEIGHT = _("Enter grams with at most 3 decimals, like 12.5.")


class WeightField(forms.Field):
    """A weight in grams with at most three decimals, after a point or a comma; cleaned to milligrams."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "size": 12})
    default_error_messages = {"required": REFUSED_WEIGHT, "invalid": REFUSED_WEIGHT}

    def to_python(self, value: Any) -> int | None:
        text = plain_number(re.sub(r"\s*(g|grams?)$", "", (value or "")[:50].strip(), flags=re.IGNORECASE))
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,12}([.,][0-9]{1,3})?", text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return int(Decimal(text.replace(",", ".")) * 1000)


def _line(label: Any, longest: int, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=longest, help_text=help_text, required=required, validators=[validate_printable]
    )


class ProposalForm(EntryForm):
    """Asks which of what waits is destroyed, how, where, and what it weighs; cleaned to what the action takes."""

    units = forms.MultipleChoiceField(
        label=_("Units"), required=False, widget=forms.CheckboxSelectMultiple, error_messages={"invalid_choice": GONE}
    )
    method = forms.ChoiceField(
        label=_("How it is destroyed"), choices=Destruction.Method, widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose how it is destroyed.")),
    )  # fmt: skip
    details = _line(
        _("With what, or by whom"), 200, _("For example: coffee grounds. A disposer is named with its license."),
        required=False,
    )  # fmt: skip
    place = _line(_("Where"), 120, required=False)  # the rule asks for it
    weight_mg = WeightField(
        label=_("Weight of all in grams"), help_text=_("Without packaging, as the scale shows it, like 12.5.")
    )
    weight_reason = _line(_("Reason, if the weight is not as the labels say"), 200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units_found = {str(unit.pk): unit for unit, _source in rules.units_to_destroy()[: rules.MOST_UNITS]}
        units = self.fields["units"]
        assert isinstance(units, forms.MultipleChoiceField)
        units.choices = [(pk, _unit_in_words(unit)) for pk, unit in self.units_found.items()]
        parts = rules.stock_to_destroy(today=timezone.localdate())
        self.parts_found = {f"lot_{part.lot.pk}_{part.source}": part for part in parts}
        if not self.units_found:
            units.help_text = gettext("No unit waits to be destroyed.") if parts else NOTHING_WAITS
        for name, part in self.parts_found.items():
            self.fields[name] = _count_field(part)
        self.order_fields(["units", *self.parts_found])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        counts = {name: cleaned.pop(name, None) or 0 for name in self.parts_found}
        typed = {name for name, value in self.data.items() if name.startswith("lot_") and value.strip(" 0")}
        if typed - set(self.parts_found):
            self.add_error(None, GONE)
        self._ask_rules(cleaned)
        cleaned["units"] = [self.units_found[pk] for pk in cleaned.get("units") or ()]
        cleaned["parts"] = [
            rules.LotPart(part.lot, counts[name], part.source)
            for name, part in self.parts_found.items()
            if counts[name]
        ]
        return cleaned

    def _ask_rules(self, cleaned: dict[str, Any]) -> None:
        """Say all that is wrong at once: the action would stop at the first."""
        if "method" in cleaned:
            self.ask(rules.check_method, cleaned["method"], cleaned.get("details", ""))
        if "place" in cleaned:
            self.ask(rules.check_place, cleaned["place"])
        if cleaned.get("weight_mg") is not None:
            self.ask(rules.check_weight, cleaned["weight_mg"])


def _unit_in_words(unit: DispensedUnit) -> str:
    words = {"serial": unit, "name": unit.product.full_name, "lot": unit.lot_number, "order": unit.order.number}
    return gettext("Unit %(serial)s: %(name)s, lot %(lot)s, came back with order %(order)s") % words


def _count_field(part: rules.LotPart) -> WholeNumberField:
    words = {"lot": part.lot.number, "name": part.lot.product.full_name, "count": part.quantity}
    label = {
        DestroyedItem.Source.QUARANTINE: _("How many of lot %(lot)s, %(name)s: %(count)d in quarantine"),
        DestroyedItem.Source.SHELF: _("How many of lot %(lot)s, %(name)s: %(count)d on the shelf, expired"),
    }[part.source]
    too_many = gettext("Enter at most %(count)d, or nothing.") % words
    return WholeNumberField(
        label=label % words,
        required=False,
        min_value=0,
        max_value=part.quantity,
        error_messages=dict.fromkeys(("min_value", "max_value"), too_many),
    )


class WitnessForm(PortalForm):
    seen = forms.BooleanField(
        label=_("I saw that all of it was destroyed like this"),
        error_messages={"required": _("Tick this once you have seen it.")},
    )


class WithdrawalForm(PortalForm):
    reason = _line(_("Reason"), 200, _("Kept with the destruction."))
