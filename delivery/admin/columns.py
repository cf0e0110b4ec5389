"""Columns that more than one list shows."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.columns import figure
from delivery.models import DeliveryWindow
from ui.templatetags.portal import clock, grams, money


def amount(name: str, description: Any) -> Callable[[Any, Any], str]:
    """Return a column that shows cents as $83.50."""
    return figure(admin.display(description=description, ordering=name)(lambda _admin, row: money(getattr(row, name))))


def equivalent() -> Callable[[Any, Any], str]:
    """Return a column that shows the flower equivalent in grams."""
    shown = admin.display(description=_("flower equivalent"), ordering="amount_mg")
    return figure(shown(lambda _admin, row: grams(row.amount_mg)))


def when(window: DeliveryWindow) -> str:
    """Return the day and the hours of a window."""
    times = {"day": date_format(window.date, "D, M j, Y"), "starts": clock(window.starts), "ends": clock(window.ends)}
    return gettext("%(day)s, %(starts)s to %(ends)s") % times
