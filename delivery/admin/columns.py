"""Columns that several lists show."""

from django.contrib import admin
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from ui.templatetags.portal import clock, grams, money


def amount(name, description):
    """A column of cents as $83.50."""
    return admin.display(description=description, ordering=name)(lambda _admin, row: money(getattr(row, name)))


def equivalent():
    shown = admin.display(description=_("flower equivalent"), ordering="amount_mg")
    return shown(lambda _admin, row: grams(row.amount_mg))


def when(window):
    times = {"day": date_format(window.date, "D, M j, Y"), "starts": clock(window.starts), "ends": clock(window.ends)}
    return _("%(day)s, %(starts)s to %(ends)s") % times
