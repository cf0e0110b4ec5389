"""What the templates of our admin need beyond Django's own tags: cells with labels, filters that are on, two menus."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import template
from django.contrib.admin.filters import EmptyFieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.db.models.constants import LOOKUP_SEP
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit.columns import field_of, heading_of, is_figure

register = template.Library()

MOST_APART = 3  # buttons beside each other; of more, the first stands apart and the others are in a menu
NAME = re.compile("[a-z]+(_[a-z]+)+")
CELL = re.compile(r'<(t[dh])(?: class="([^"]*)")?>')


@dataclass(frozen=True)
class Filter:
    """A filter of a list: what it shows now, its other choices, and the address without it where it is on."""

    title: str
    shown: str
    choices: list[Any]
    clear_url: str = ""


@dataclass(frozen=True)
class Tools:
    """The buttons of a page: those that stand apart, and those in its menu."""

    apart: list[Any]
    menu: list[Any]


@register.simple_tag
def headers_of(cl: Any, headers: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the headers of a list, each with whether its column holds figures."""
    named = zip(headers, cl.list_display, strict=True)
    return [{**header, "is_figure": _is_figure(cl, name)} for header, name in named]


@register.filter
def cells_of(row: Iterable[str], headers: list[dict[str, Any]]) -> Iterator[SafeString]:
    """Yield the cells of a row as Django made them, with the heading of the column for narrow screens."""
    for cell, header in zip(row, headers, strict=False):
        yield _cell(cell, header)


def _cell(cell: str, header: dict[str, Any]) -> SafeString:
    is_box = "action-checkbox" in header.get("class_attrib", "")
    label = "" if is_box else format_html(' data-label="{}"', capfirst(header["text"]))
    more = " figure" if header["is_figure"] else ""
    # The cell is Django's and the label is escaped.
    marked = CELL.sub(lambda tag: f'<{tag[1]} class="{tag[2] or ""}{more}"{label}>', cell, count=1)
    return mark_safe(marked)  # noqa: S308 # nosec B308 B703


def _is_figure(cl: Any, name: Any) -> bool:
    column = name if callable(name) else getattr(cl.model_admin, name, None)
    if column is not None:
        return getattr(column, "is_figure", False)
    field = field_of(cl.model, name)
    return field is not None and is_figure(field)


@register.simple_tag
def filters_of(cl: Any) -> list[Filter]:
    """Return the filters of a list, and what a link to it asked for besides."""
    asked = cl.get_filters_params()
    shown = [_filter(cl, spec, asked) for spec in cl.filter_specs]
    taken = {name for spec in cl.filter_specs for name in spec.expected_parameters()}
    return shown + [_asked_for(cl, name, values) for name, values in asked.items() if name not in taken]


def _filter(cl: Any, spec: Any, asked: dict[str, Any]) -> Filter:
    title = spec.title
    if path := getattr(spec, "field_path", None):
        title = heading_of(type(cl.model_admin), cl.model, path) or title
    choices = list(spec.choices(cl))
    if isinstance(spec, EmptyFieldListFilter):
        choices = [{**choice, "display": words} for choice, words in zip(choices, _done_words(), strict=True)]
    choices = [{**choice, "display": _in_words(choice["display"])} for choice in choices]
    is_on = any(name in asked for name in spec.expected_parameters())
    clear_url = cl.get_query_string(remove=spec.expected_parameters()) if is_on else ""
    shown = next((choice["display"] for choice in choices if choice["selected"]), _("All"))
    return Filter(capfirst(title), shown, choices, clear_url)


def _in_words(display: Any) -> Any:
    """Return a name from the code, such as order_placed, as words, and None for no value; other words stay."""
    words = str(display)
    if not words:
        return _("None")
    return capfirst(words.replace("_", " ")) if NAME.fullmatch(words) else display


def _done_words() -> tuple[str, str, str]:
    return _("All"), _("Not yet"), _("Yes")


def _asked_for(cl: Any, name: str, values: list[str]) -> Filter:
    """Return what a link asked for, where the list has no filter for it: its window, its day, its run."""
    field: Any = get_fields_from_path(cl.model, name)[-1]
    owner = type(cl.model_admin)
    title = heading_of(owner, cl.model, name.split(LOOKUP_SEP)[-1]) or field.verbose_name
    value: Any = field.to_python(values[-1])
    if field.is_relation:
        value = field.related_model._base_manager.filter(pk=value).first() or value
    shown = date_format(value, "DATE_FORMAT") if hasattr(value, "isoformat") else str(value)
    return Filter(str(capfirst(title)), shown, [], cl.get_query_string(remove=[name]))


@register.filter
def title_of(row: Any) -> str:
    """Return the heading of a row's page: what it is, and then its name, with no word twice."""
    kind, name = str(row._meta.verbose_name), str(row)
    begins = name.lower().replace("-", " ").split(" ")[0]
    return capfirst(name if begins in kind.lower().split(" ") else f"{kind} {name}")


@register.simple_tag
def tools_of(buttons: Iterable[dict[str, Any]]) -> Tools:
    """Return the buttons of a page: at most three stand apart; of more, the main one, and a menu holds the others."""
    in_order = sorted(buttons or (), key=lambda button: not button.get("is_main"))
    if len(in_order) <= MOST_APART:
        return Tools(in_order, [])
    return Tools(in_order[:1], in_order[1:])


@register.simple_tag
def bulk_tools(cl: Any, action_form: Any) -> Tools:
    """Return what can be done with chosen rows: the main action apart as a button, the others in a menu."""
    main = {page.name for page in getattr(cl.model_admin, "action_pages", ()) if page.is_main}
    choices = action_form.fields["action"].choices
    buttons = [{"name": name, "label": label, "is_main": name in main} for name, label in choices if name]
    in_order = sorted(buttons, key=lambda button: not button["is_main"])
    return Tools(in_order[:1], in_order[1:])
