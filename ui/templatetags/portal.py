"""Filters for money, amounts, phones and times. An empty value shows as nothing."""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache, wraps
from typing import Any

import phonenumbers
from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ui.counting import MOST_COUNTED
from ui.languages import in_readers_language
from ui.parts import mark

register = template.Library()

# 1 oz = 28.349523125 g exactly (NIST Handbook 44, appendix C), so a hundredth of an ounce = 283.49523125 mg.
SCALE = 100_000_000
HUNDREDTH_OZ = 283_49523125  # in mg / SCALE


def _shown(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Register a function as a filter that shows nothing for an empty value."""

    @register.filter(name=function.__name__)
    @wraps(function)
    def show(value: Any) -> Any:
        return "" if value in (None, "") else function(value)

    return show


@_shown
def money(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    dollars, rest = divmod(abs(cents), 100)
    return f"{sign}${dollars:,}.{rest:02d}"


@_shown
def counted(count: int) -> str:
    """Show the number of rows of a list that is counted up to MOST_COUNTED (ui/counting.py)."""
    return _("{most}+").format(most=f"{MOST_COUNTED:,}") if count > MOST_COUNTED else f"{count:,}"


@_shown
def ounces_left(mg: int) -> str:
    """Show the most hundredths of an ounce that fit in `mg`: ounces become milligrams by rounding down."""
    return _ounces(max(((mg + 1) * SCALE - 1) // HUNDREDTH_OZ, 0))


@_shown
def ounces_used(mg: int) -> str:
    """Show ounces rounded up to hundredths: what is used never looks like less."""
    return _ounces(-(-mg * SCALE // HUNDREDTH_OZ))


def _ounces(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}"


@_shown
def grams(mg: int) -> str:
    """Show milligrams as grams with no more decimals than needed: 3500 is "3.5 g"."""
    whole, rest = divmod(mg, 1000)
    decimals = f".{rest:03d}".rstrip("0").rstrip(".")
    return f"{whole:,}{decimals} g"


@_shown
def milligrams(mg: int) -> str:
    return f"{mg:,} mg"


@_shown
def amount_left(mg: int) -> str:
    """Show exact grams, which add up, and then the ounces that fit in them: "98.9 g (3.48 oz)"."""
    return _("%(grams)s (%(ounces)s oz)") % {"grams": grams(mg), "ounces": ounces_left(mg)}


@_shown
def amount_used(mg: int) -> str:
    """Show exact grams, which add up, and then ounces rounded up: "7 g (0.25 oz)"."""
    return _("%(grams)s (%(ounces)s oz)") % {"grams": grams(mg), "ounces": ounces_used(mg)}


@_shown
def phone(number: Any) -> str:
    """Show an American number as (203) 555-0142; other text stays as it is."""
    return _formatted(str(getattr(number, "raw_input", None) or number))


@lru_cache(maxsize=1_000)  # a thousand mails name the same few offices
def _formatted(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number, "US")
    except phonenumbers.NumberParseException:
        return number
    shape = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, shape.NATIONAL if parsed.country_code == 1 else shape.INTERNATIONAL)


@_shown
def long_date(day: date) -> str:
    return _long(_local(day), get_language())


@lru_cache(maxsize=1_000)
def _long(day: date, _language: str | None) -> str:
    return date_format(day, "LONG_DAY_FORMAT")


@_shown
def clock(time: Any) -> str:
    return _clock(_local(time), get_language())


@lru_cache(maxsize=1_000)
def _clock(time: Any, _language: str | None) -> str:
    return date_format(time, "P")


@_shown
def short_date(day: date) -> str:
    """Show the day as `date:"DAY_FORMAT"` does, sooner: a list has a hundred of them."""
    return _short(_local(day), get_language())


@lru_cache(maxsize=5_000)
def _short(day: date, _language: str | None) -> str:
    return date_format(day, "DAY_FORMAT")


@_shown
def moment(at: datetime) -> str:
    at = _local(at)
    return _("%(day)s, %(time)s Eastern") % {"day": long_date(at), "time": clock(at)}


@_shown
def near_moment(at: datetime) -> str:
    """Show a time within six days as "Friday, 4:12 p.m.", and another as its day."""
    at = _local(at)
    is_near = abs((at.date() - timezone.localdate()).days) <= 6
    return date_format(at, "l, P") if is_near else date_format(at, "MONTH_DAY_FORMAT")


def _local(value: Any) -> Any:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


@_shown
def in_groups(text: str) -> str:
    """Return a long key in groups of four, as people read it from one screen and type it into another."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


@register.filter
def or_spanish(text: str | None, text_es: str | None) -> str:
    """Show what staff wrote in the language of the reader: `{{ closure.reason|or_spanish:closure.reason_es }}`."""
    return in_readers_language(text or "", text_es)


@register.simple_block_tag
def filled(content: SafeString, **values: Any) -> SafeString:
    """Put values in the places of the marks of ui/parts.py: `{% filled line_url=line_url %}…{% endfilled %}`."""
    for name, value in values.items():
        content = content.replace(mark(name), conditional_escape(value))  # type: ignore[assignment]
    return SafeString(content)  # nosec B703 - rendered by a template, and escaped values
