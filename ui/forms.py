"""The base of our forms, and the fields with a shape of their own."""

import calendar
import re
import unicodedata
from collections.abc import Callable, Collection
from copy import deepcopy
from datetime import date, time
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.text import get_text_list
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from phonenumber_field import formfields  # has no types
from phonenumbers import PhoneNumberType, number_type, region_code_for_number

from ui.errors import PortalError, add_to_form
from ui.parts import cached_part, mark
from ui.tidy import plain_number
from ui.widgets import (
    CardRadioSelect,
    Choice,
    ColumnCheckboxSelect,
    DateBoxesWidget,
    DigitsPasswordInput,
    RowRadioSelect,
)

__all__ = [
    "CardRadioSelect",
    "Choice",
    "ClockField",
    "ColumnCheckboxSelect",
    "DateBoxesField",
    "DateBoxesWidget",
    "DigitsPasswordInput",
    "DollarsField",
    "GramsField",
    "OuncesField",
    "PhoneField",
    "PortalForm",
    "RowRadioSelect",
    "SpanishField",
    "WholeNumberField",
    "ZipField",
    "validate_printable",
]

EARLIEST_YEAR = 1900


RIGHT_TO_LEFT = {"R", "AL", "AN"}
UNPRINTABLE = {"So", "Sk", "Cs", "Co", "Cn"}  # pictures and signs without a meaning of their own


def validate_printable(text: str) -> None:
    """Refuse text that a card, a label or a report cannot print."""
    if is_unprintable(text):
        raise ValidationError(
            _("Type this without emoji and other pictures, in letters that are written from left to right."),
            code="unprintable",
        )


def is_unprintable(text: str) -> bool:
    """Return whether the text holds pictures, or letters that are written from right to left."""
    return any(_is_unprintable(char) for char in text)


def _is_unprintable(char: str) -> bool:
    is_picture = unicodedata.category(char) in UNPRINTABLE and ord(char) > 0xFF
    return is_picture or unicodedata.bidirectional(char) in RIGHT_TO_LEFT


# Browsers fill in none of these, and HTML allows no `autocomplete` on them.
NOT_FILLED_IN = {"checkbox", "radio", "file", "hidden"}


class PortalForm(forms.Form):
    """The base of our forms. The browser fills in only fields that `autocomplete` names.

    The sentences of errors are those of ui/plain.py.
    """

    use_required_attribute = False
    autocomplete: dict[str, str] = {}  # field -> token, for what people say about themselves
    needed: Collection[str] = frozenset()  # fields not required by themselves that clean() asks for
    narrow: Collection[str] = frozenset()  # fields with a short box
    kept: Collection[str] = frozenset()  # boxes that no form changes are rendered once; of a group, what is around it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keep_from_filling_in()

    def keep_from_filling_in(self) -> None:
        """Let the browser fill in the fields of `autocomplete` alone; a form that adds fields calls it again."""
        for name, field in self.fields.items():
            if getattr(field.widget, "input_type", "text") not in NOT_FILLED_IN:
                field.widget.attrs.setdefault("autocomplete", self.autocomplete.get(name, "off"))

    def kept_box(self, box: forms.BoundField) -> SafeString | None:
        """Return a box of `kept` without an error, rendered once for every reader; None for any other box."""
        if box.name not in self.kept or box.errors:
            return None
        if isinstance(box.field.widget, forms.CheckboxInput):
            return _box(type(self), box.name, str(self.auto_id), is_filled=bool(box.value()))
        if box.field.widget.use_fieldset:
            html = _box(type(self), box.name, str(self.auto_id), is_filled=True)
            return SafeString(html.replace(TEXT, str(box)))  # nosec B703 - rendered boxes in a rendered frame
        text = box.field.widget.format_value(box.value())
        html = _box(type(self), box.name, str(self.auto_id), is_filled=text is not None)
        return SafeString(html.replace(TEXT, conditional_escape(text)))  # nosec B703 - a rendered box, and an escaped text

    def ask(self, check: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        """Call a rule's check, and add its refusal to the field, together with all other errors."""
        try:
            check(*args, **kwargs)
        except PortalError as error:
            add_to_form(self, error)


TEXT = mark("text")  # what a box of `kept` holds


class _Group(forms.Widget):
    """The place of a group of boxes."""

    use_fieldset = True

    def render(self, *_args: Any, **_kwargs: Any) -> SafeString:
        return TEXT


@cached_part(most=200)
def _box(form_class: type[PortalForm], name: str, auto_id: str, *, is_filled: bool) -> SafeString:
    form = PortalForm(auto_id=auto_id)
    field = form.fields[name] = deepcopy(form_class.base_fields[name])
    if field.widget.use_fieldset:
        field.widget = _Group()
    form.autocomplete, form.narrow, form.needed = form_class.autocomplete, form_class.narrow, form_class.needed
    form.keep_from_filling_in()
    is_tick = isinstance(field.widget, forms.CheckboxInput)
    form.initial = {name: is_filled if is_tick else TEXT if is_filled else ""}
    return form[name].as_field_group()


class SpanishField(forms.CharField):
    """The Spanish text beside a text that patients or caregivers read. It may stay empty."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        help_text = _("Whoever reads the portal in Spanish reads this. Without it, they read the text above.")
        widget = forms.Textarea(attrs={"rows": rows, "lang": "es"})
        super().__init__(**{"required": False, "help_text": help_text, "widget": widget, **kwargs})


class DateBoxesField(forms.Field):
    """A date in three boxes. `past_only`: before today; `not_future`: today at the latest."""

    widget = DateBoxesWidget

    def __init__(self, *, past_only: bool = False, not_future: bool = False, **kwargs: Any) -> None:
        self.past_only, self.not_future = past_only, not_future
        super().__init__(**kwargs)

    def clean(self, value: Any) -> date | None:
        typed = value or {}
        missing = [part for part in self.widget.parts if not typed.get(part)]
        if len(missing) == len(self.widget.parts):
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        if missing:
            names = [str(self.widget.parts[part][0]).lower() for part in missing]
            what = get_text_list(names, gettext("and"))
            raise _wrong(missing[0], _("Enter the %(what)s"), what=what)
        day = date(*self._numbers(typed))
        self._check_is_past(day)
        return day

    def _numbers(self, typed: dict[str, str]) -> tuple[int, int, int]:
        """Return year, month and day when they are a day of the calendar."""
        month = _number(typed["month"], "month", 1, 12, _("Enter a month from 1 to 12"))
        year_sentence = _("Enter a year with 4 digits, from %(earliest)d on")
        year = _number(typed["year"], "year", EARLIEST_YEAR, 9999, year_sentence, earliest=EARLIEST_YEAR)
        last = calendar.monthrange(year, month)[1]
        name = MONTHS[month] if month != 2 else f"{MONTHS[month]} {year}"
        day = _number(typed["day"], "day", 1, 31, _("Enter a day from 1 to %(last)d"), last=last)
        if day > last:
            raise _wrong("day", _("%(month)s has %(last)d days"), month=name, last=last)
        return year, month, day

    def _check_is_past(self, day: date) -> None:
        today = timezone.localdate()
        words = {"label": self.label or _("The date")}
        if self.past_only and day >= today:
            raise _wrong("year", _("%(label)s must be in the past"), **words)
        if self.not_future and day > today:
            raise _wrong("year", _("%(label)s must be today or in the past"), **words)

    def _shown(self, value: Any) -> list[str]:
        """Return what the three boxes show of a date, or of what was typed."""
        assert isinstance(self.widget, DateBoxesWidget)
        typed = self.widget.format_value(value)
        return [str(typed.get(part) or "").lstrip("0") for part in self.widget.parts]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self._shown(initial) != self._shown(data)


def _number(text: str, part: str, low: int, high: int, sentence: str | Promise, **words: Any) -> int:
    if not (text.isdecimal() and len(text) <= 4 and low <= int(text) <= high):
        raise _wrong(part, sentence, **words)
    return int(text)


def _wrong(part: str, sentence: str | Promise, **words: Any) -> ValidationError:
    return ValidationError(cast(Any, sentence), code="invalid", params={"part": part, **words})


# Canada and the Caribbean share the country code 1 with the United States and these territories: Puerto Rico, Guam, the
# Virgin Islands, American Samoa and the Northern Mariana Islands.
HOME_REGIONS = {"US", "PR", "GU", "VI", "AS", "MP"}
REACHABLE = {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
}


class PhoneField(formfields.PhoneNumberField):
    """A phone number of the United States or a territory, cleaned to E.164: "+12035550142".

    Numbers that charge the caller (900) or follow a person around (500) are refused.
    """

    widget = forms.TelInput

    def __init__(self, **kwargs: Any) -> None:
        sentences = {
            "invalid": _("Enter a 10-digit phone number, like (203) 555-0142"),
            "elsewhere": _(
                "Enter a number of the United States or its territories, like Puerto Rico. Numbers that charge the "
                "caller cannot be used."
            ),
        }
        kwargs["error_messages"] = {**sentences, **kwargs.get("error_messages", {})}
        super().__init__(region="US", **kwargs)

    def clean(self, value: Any) -> str:
        number = super().clean(value)
        if not number:
            return ""
        if number.extension:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if region_code_for_number(number) not in HOME_REGIONS or number_type(number) not in REACHABLE:
            raise ValidationError(self.error_messages["elsewhere"], code="elsewhere")
        return number.as_e164

    def prepare_value(self, value: Any) -> Any:
        """Return what was typed as it is, and a stored number as (203) 555-0142."""
        is_ours = str(value or "").startswith("+1") and (number := self.to_python(value)).is_valid()
        return number.as_national if is_ours else value


class OuncesField(forms.DecimalField):
    """Ounces with at most two decimals, more than 0. A rule checks how much is allowed."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    default_error_messages = {
        "invalid": _("Enter ounces as a number, like 2.5"),
        "max_decimal_places": _("Enter ounces with at most 2 decimals, like 2.25"),
        "max_digits": _("Enter ounces as a number, like 2.5"),
        "max_whole_digits": _("Enter ounces as a number, like 2.5"),
        "min_value": _("Enter more than 0 ounces"),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=5, decimal_places=2, min_value=Decimal("0.01"), **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"\s*(oz|ounces?)\.?$", "", value[:50].strip(), flags=re.IGNORECASE)
            value = plain_number(value)
            if value and not re.fullmatch(r"[+-]?\d*\.?\d*", value, flags=re.ASCII):
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class ZipField(forms.CharField):
    """Five digits, cleaned without the four that may follow."""

    default_error_messages = {"invalid": _("Enter a 5-digit ZIP code, like 06510")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        match = re.fullmatch(r"(\d{5})(?:[- ]?\d{4})?", text, flags=re.ASCII)
        if not match:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return match[1]


class WholeNumberField(forms.IntegerField):
    """A whole number in plain digits, or with commas between the thousands: `1,000`.

    Python would also read `1_0` as ten, and digits of other scripts. The box is one for text, because browsers take no
    comma into a box for numbers.
    """

    widget = forms.TextInput(attrs={"inputmode": "numeric"})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = plain_number(value)
            if value and not re.fullmatch(r"-?[0-9]+", value):
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


CLOCK = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?\s*(?:([ap])\.?\s*m\.?)?", re.IGNORECASE)


class ClockField(forms.Field):
    """A time of day as people write it, 9:30 am or 13:30, cleaned to a time."""

    widget = forms.TextInput
    default_error_messages = {"invalid": _("Enter a time, like 9:30 am or 13:30")}

    def to_python(self, value: Any) -> time | None:
        text = (value or "").strip()
        if not text:
            return None
        match = CLOCK.fullmatch(text)
        hour, minute, half = (int(match[1]), int(match[2] or 0), (match[3] or "").lower()) if match else (24, 0, "")
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half == "p" else 0)
        elif half or (match and match[2] is None):
            hour = 24
        if hour > 23 or minute > 59:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return time(hour, minute)


class DollarsField(forms.Field):
    """A price in dollars, cleaned to cents."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    default_error_messages = {"invalid": _("Enter a price in dollars and cents, like 42.50")}

    def to_python(self, value: Any) -> int | None:
        text = plain_number((value or "").strip().removeprefix("$"))
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{2})?", text) or Decimal(text) == 0:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return int(Decimal(text) * 100)


class GramsField(forms.Field):
    """An amount in grams with at most three decimals, cleaned to milligrams."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    default_error_messages = {"invalid": _("Enter grams with at most 3 decimals, like 3.5")}

    def to_python(self, value: Any) -> int | None:
        text = plain_number(re.sub(r"\s*(g|grams?)$", "", (value or "")[:50].strip(), flags=re.IGNORECASE))
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return int(Decimal(text) * 1000)
