"""The delivery windows that an orderer chooses from: a field, its radios by day, and their words."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from delivery.models import DeliveryWindow
from delivery.presenters.terms import Terms
from delivery.rules import closes_at
from ui.forms import Choice, RowRadioSelect
from ui.parts import cached_part
from ui.prepared import Prepared
from ui.templatetags.portal import clock, long_date

CODE = re.compile(r"(\d{4}-\d{2}-\d{2})-(\d{2})(\d{2})", re.ASCII)
SOON = timedelta(days=7)
NEAREST_DAYS = 2  # of the delivery days; those after them are folded
Row = tuple[str, Choice]  # the code of a window, and its words


@dataclass(frozen=True)
class WindowDay:
    """The heading of the windows of one delivery day: the day, and how far away it is."""

    day: date
    away: str

    def __str__(self) -> str:
        return long_date(self.day)


class WindowRadioSelect(RowRadioSelect):
    """Windows by day. The nearest days stand open, later ones are folded while one can choose among the nearest."""

    template_name = "delivery/_windows.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = forms.Widget.get_context(self, name, value, attrs)  # without the options, which each day renders
        choices: Any = self.choices  # rows by day
        widget, days = context["widget"], [(day, tuple(rows)) for day, rows in choices]
        looks, parts, chosen_on = tuple(widget["attrs"].items()), [], -1
        for index, (day, rows) in enumerate(days):
            chosen = next((code for code, _row in rows if code in widget["value"]), "")
            chosen_on = index if chosen else chosen_on
            parts.append(_day_of_windows(index, name, looks, day, rows, chosen))
        can_choose = any(not row.disabled for _day, rows in days[:NEAREST_DAYS] for _code, row in rows)
        widget |= {"near": parts[:NEAREST_DAYS], "later": parts[NEAREST_DAYS:]}
        widget["later_is_open"] = chosen_on >= NEAREST_DAYS or not can_choose
        return context


@cached_part(most=500)
def _day_of_windows(
    index: int, name: str, looks: tuple[tuple[str, Any], ...], day: WindowDay, rows: tuple[Row, ...], chosen: str
) -> SafeString:
    """Return a day with its windows as HTML; `looks` are the attributes of the radios."""
    radios, attrs = RowRadioSelect(), dict(looks)
    options = [
        radios.create_option(name, code, row, code == chosen, index, subindex=place, attrs=attrs)
        for place, (code, row) in enumerate(rows)
    ]
    context = {"id": attrs["id"], "index": index, "day": day, "options": options}
    return render_to_string("delivery/_window_day.html", context)


class WindowField(forms.ChoiceField):
    """Any delivery window. The rules give a window that filled or closed while the page was open its own sentence."""

    widget = WindowRadioSelect
    default_error_messages = {
        "required": _("Choose a delivery window."),
        "invalid_choice": _("Choose one of the delivery windows in the list."),
    }

    def clean(self, value: Any) -> DeliveryWindow:
        code = self.to_python(value)
        if not code:
            raise ValidationError(self.error_messages["required"], code="required")
        window = _window_of(code)
        if window is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return window


def _window_of(code: str) -> DeliveryWindow | None:
    match = CODE.fullmatch(code)
    if match is None:
        return None
    try:
        day, starts = date.fromisoformat(match[1]), time(int(match[2]), int(match[3]))
    except ValueError:
        return None
    window: DeliveryWindow | None = _windows.first(day=day, starts=starts)
    return window


_windows = Prepared(lambda *, day, starts: DeliveryWindow.objects.filter(date=day, starts=starts))


def window_choices(terms: Terms, *, without: DeliveryWindow | None = None) -> list[tuple[WindowDay, list[Row]]]:
    """Return radio rows by date: until when a free window can be chosen, and why another window cannot."""
    by_day: dict[date, list[Row]] = {}
    for window in terms.windows:
        if window != without:
            by_day.setdefault(window.date, []).append((window.code, _row(window, terms)))
    language = get_language()
    return [(WindowDay(day, _away((day - terms.today).days, language)), rows) for day, rows in by_day.items()]


@lru_cache(maxsize=500)
def _away(days: int, _language: str | None) -> str:
    return ngettext("in %(count)d day", "in %(count)d days", days) % {"count": days}


def _row(window: DeliveryWindow, terms: Terms) -> Choice:
    refusal = terms.refusal(window)
    if not refusal:
        return _free(window.starts, window.ends, window.places_left, _order_by(window, terms), get_language())
    title = span(window)
    if window.is_full:
        return Choice(title, aside=gettext("Full"), hint=_next_free(window, terms), disabled=True)
    return Choice(title, hint=refusal, disabled=True)


@lru_cache(maxsize=1_000)
def _free(starts: time, ends: time, places: int, order_by: str, language: str | None) -> Choice:
    return Choice(_span(starts, ends, language), aside=_places(places), hint=order_by)


def _places(count: int) -> str:
    return ngettext("%(count)d place left", "%(count)d places left", count) % {"count": count}


def span(window: DeliveryWindow) -> str:
    return _span(window.starts, window.ends, get_language())


@lru_cache(maxsize=500)
def _span(starts: time, ends: time, _language: str | None) -> str:
    return gettext("%(starts)s to %(ends)s") % {"starts": clock(starts), "ends": clock(ends)}


def _next_free(window: DeliveryWindow, terms: Terms) -> str:
    free = terms.next_free
    if free is None:
        return ""
    if free.date == window.date:
        return gettext("Next free: %(span)s") % {"span": span(free)}
    words = {"day": date_format(free.date, "LONG_MONTH_DAY_FORMAT"), "span": span(free)}
    return gettext("Next free: %(day)s, %(span)s") % words


def _order_by(window: DeliveryWindow, terms: Terms) -> str:
    """Return until when to order, where that is soon."""
    if window.date - terms.today > SOON + timedelta(days=2, hours=terms.policy.lead_hours):
        return ""  # surely, and to ask the clock costs more
    closes = timezone.localtime(closes_at(window, terms.policy))
    if closes - terms.now > SOON:
        return ""
    words = {"day": _weekday(closes), "time": clock(closes), "left": _time_left(closes - terms.now)}
    return gettext("Order by %(day)s %(time)s Eastern (%(left)s).") % words


def _weekday(moment: datetime) -> str:
    return date_format(moment, "l")


def _time_left(delta: timedelta) -> str:
    minutes = int(delta.total_seconds()) // 60
    hours, days = minutes // 60, minutes // (24 * 60)
    if days >= 2:
        return _away(days, get_language())
    if hours:
        return ngettext("in %(count)d hour", "in %(count)d hours", hours) % {"count": hours}
    return ngettext("in %(count)d minute", "in %(count)d minutes", minutes) % {"count": minutes}
