from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.template.loader import render_to_string
from django.utils.dateparse import parse_date
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ui.parts import cached_part

if TYPE_CHECKING:
    _ChoiceMixin = forms.RadioSelect
else:  # a mixin inherits nothing: the widget beside it decides what it is
    _ChoiceMixin = object


@dataclass(frozen=True)
class Choice:
    """The label of a choice, with a line under it. The widgets of this module obey `disabled`.

    `aside` is short and stands at the end of the row of a RowRadioSelect. `abbreviations` are shown as such, and the
    search of a long list finds them.
    """

    title: Any
    hint: Any = ""
    disabled: bool = False
    aside: Any = ""
    abbreviations: tuple[str, ...] = ()

    def __str__(self) -> str:
        return str(self.title)


class _Look(_ChoiceMixin):
    look = ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["look"] = self.look
        return context

    def create_option(
        self,
        name: str,
        value: Any,
        label: Any,
        selected: bool,
        index: int,
        subindex: int | None = None,
        attrs: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        option = super().create_option(name, value, label, selected, index, subindex, attrs)
        if getattr(label, "disabled", False):
            option["attrs"]["disabled"] = True
        return option


class CardRadioSelect(_Look, forms.RadioSelect):
    look = "choices--cards"


class RowRadioSelect(_Look, forms.RadioSelect):
    """Radios as rows of one box, each with its title at the start and `aside` at the end.

    The box that the page was filled in with carries `data-filled-in`, so that CSS can hide what was said about it once
    another one is chosen.
    """

    look = "choices--rows"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for _group, options, _index in context["widget"]["optgroups"]:
            for option in options:
                option["html"] = _row_of(option)
        return context

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        if option["selected"]:
            option["attrs"]["data-filled-in"] = True
        return option


class Row(NamedTuple):
    """All that a row shows, so that it is rendered once for as long as this stays the same."""

    kind: str
    name: str
    value: str
    attrs: tuple[tuple[str, Any], ...]
    title: str
    hint: str
    aside: str
    abbreviations: tuple[str, ...]


def _row_of(option: dict[str, Any]) -> SafeString:
    label = option["label"]
    words = label if isinstance(label, Choice) else Choice(label)
    attrs, texts = tuple(option["attrs"].items()), (str(words.title), str(words.hint), str(words.aside))
    return _row(Row(option["type"], option["name"], str(option["value"]), attrs, *texts, words.abbreviations))


@cached_part(most=500)
def _row(row: Row) -> SafeString:
    label = Choice(row.title, row.hint, aside=row.aside, abbreviations=row.abbreviations)
    option = {"type": row.kind, "name": row.name, "value": row.value, "attrs": dict(row.attrs), "label": label}
    return render_to_string("ui/choices_options.html", {"options": [option]})


class ColumnCheckboxSelect(_Look, forms.CheckboxSelectMultiple):
    """A long list of boxes in two columns where there is room."""

    look = "choices--columns"


class DigitsPasswordInput(forms.PasswordInput):
    """Digits that nobody else should read: masked, with a button to show them, and never sent back to the browser."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"inputmode": "numeric", "autocomplete": "off", **(attrs or {})}, render_value=False)


class DateBoxesWidget(forms.Widget):
    """Month, day and year in boxes <name>_month, <name>_day and <name>_year. A wrong date is shown as it was typed."""

    template_name = "ui/date_boxes.html"
    use_fieldset = True
    parts = {
        "month": (_("Month"), _("1 to 12")),
        "day": (_("Day"), _("1 to 31")),
        "year": (_("Year"), _("4 digits")),
    }

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_month" if id_ else id_

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any]:
        return {part: data.get(f"{name}_{part}", "").strip() for part in self.parts}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(f"{name}_{part}" in data for part in self.parts)

    def format_value(self, value: Any) -> dict[str, Any]:
        if isinstance(value, str):
            value = _iso_date(value)
        if isinstance(value, date):
            value = {"month": value.month, "day": value.day, "year": value.year}
        return value if isinstance(value, dict) else {}

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        attrs, typed = context["widget"]["attrs"], self.format_value(value)
        wrong = attrs.pop("wrong_parts", ())
        autocomplete = attrs.get("autocomplete", "off")
        context["widget"]["boxes"] = [
            {
                "part": part,
                "name": f"{name}_{part}",
                "id": f"{attrs.get('id', 'id_' + name)}_{part}",
                "label": label,
                "hint": hint,
                "value": typed.get(part, ""),
                "is_wrong": part in wrong,
                "autocomplete": f"bday-{part}" if autocomplete == "bday" else autocomplete,
            }
            for part, (label, hint) in self.parts.items()
        ]
        return context


def _iso_date(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
