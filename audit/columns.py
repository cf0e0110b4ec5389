"""How our admin shows a column: its heading in words, a status as a chip, yes and no, a day and a time."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import display_for_field
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit.headings import HEADINGS
from ui.templatetags.portal import clock

KNOWN_BY = {"user": "email", "physician": "name"}  # by model: what staff read in the place of its number
LOOK, KNOW, READY, STOP, PLAIN = "look", "know", "ready", "stop", "plain"
# The colour of a status by its value, the same on each list. What is not named here is over, and plain.
TONES = {
    **dict.fromkeys(("pending", "waiting", "placed", "held", "returned", "missing", "cut_off"), LOOK),
    **dict.fromkeys(("queued", "sending", "running", "making", "made", "filed", "confirmed", "packed"), KNOW),
    **dict.fromkeys(("out_for_delivery", "bag", "road"), KNOW),
    **dict.fromkeys(("active", "verified", "done", "finished", "ready", "sent", "accepted", "delivered"), READY),
    **dict.fromkeys(("failed", "error", "suspended", "revoked", "withdrawn", "doomed"), STOP),
}
STATUSES = {"status", "place"}  # the columns whose values are shown as chips


def chip(words: Any, tone: str = PLAIN) -> SafeString:
    """Return words as a chip: gold to look at, blue to know, mint for what is ready, red for what stopped."""
    return format_html('<span class="chip chip--{}">{}</span>', tone, words)


def status_chip(value: Any, words: Any) -> SafeString:
    """Return the chip of a status, in the colour that its value has everywhere."""
    return chip(words, TONES.get(str(value), PLAIN))


def yes_or_no(value: bool | None) -> str:
    """Return whether something is so in a word; what is not known shows as nothing."""
    if value is None:
        return ""
    return _("Yes") if value else _("No")


def day_and_time(at: Any) -> str | SafeString:
    """Return a moment that breaks into two lines only between its day and its time."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    words = '<span class="one-line">{},</span> <span class="one-line">{}</span>'
    return format_html(words, date_format(local, "DATE_FORMAT"), clock(local))


def heading_of(owner: Any, model: type[Model], name: str) -> Any:
    """Return the heading of a column of the model in words; `owner` is the class of the admin that shows it."""
    own: dict[str, Any] = getattr(owner, "headings", {})
    field = field_of(model, name)
    return own.get(name) or HEADINGS.get(name) or (capfirst(field.verbose_name) if field else None)


def field_of(model: type[Model], name: str) -> Any:
    """Return the field of the model, or None."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if getattr(field, "concrete", False) and not field.many_to_many else None


@cache
def column_of(owner: Any, model: type[Model], name: str, *, in_list: bool) -> Any:
    """Return the column of a field in words, or its name where the admin or the model shows it by itself.

    One function for each column: Django finds out by it which columns a list may be sorted by.
    """
    field = field_of(model, name)
    if field is None or hasattr(owner, name):
        return name
    column = _link(field) if is_known(field) else _shown(field, name, in_list=in_list)

    @admin.display(description=heading_of(owner, model, name), ordering=name)
    def shown(row: Any) -> Any:
        return column(row)

    shown.__name__ = name  # Django names the class of a cell by it
    shown.is_figure = is_figure(field)  # type: ignore[attr-defined]
    return shown


def is_figure(field: Any) -> bool:
    """Return whether the values of a field are numbers to compare, which stand at the right."""
    is_number = isinstance(field, models.IntegerField | models.DecimalField | models.FloatField)
    return is_number and not field.choices and not field.primary_key


def figure(column: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a column of an admin as one of numbers to compare, which stand at the right."""
    column.is_figure = True  # type: ignore[attr-defined]
    return column


def is_known(field: Any) -> bool:
    """Return whether a foreign key leads to a row that staff know by a name or an address."""
    return field.is_relation and field.related_model._meta.model_name in KNOWN_BY


def _link(field: Any) -> Callable[[Any], str | Promise]:
    def link(row: Any) -> str | Promise:
        person = getattr(row, field.name)
        if person is None:
            return ""
        return format_html('<a href="{}">{}</a>', page_of(person), getattr(person, KNOWN_BY[person._meta.model_name]))

    return link


def page_of(row: Model) -> str:
    """Return the address of the row's page in the admin."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _choice(row: Any, name: str) -> str | SafeString:
    words = capfirst(getattr(row, f"get_{name}_display")())
    return status_chip(getattr(row, name), words) if name in STATUSES and words else words


def _shown(field: Any, name: str, *, in_list: bool) -> Callable[[Any], Any]:
    if field.is_relation:
        return lambda row: getattr(row, name) or ""
    if isinstance(field, models.BooleanField):
        return lambda row: yes_or_no(getattr(row, name))
    if field.choices:
        return lambda row: _choice(row, name)
    if name == "kind":  # named by the code, such as order_placed
        return lambda row: capfirst(getattr(row, name).replace("_", " "))
    if isinstance(field, models.DateTimeField) and in_list:
        return lambda row: day_and_time(getattr(row, name))
    return lambda row: display_for_field(getattr(row, name), field, "")
