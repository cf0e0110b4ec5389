"""What an action page of the admin says of itself: its button, its question, and the action that it calls."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Model
from django.forms import Form
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ui.errors import PortalError
from ui.forms import PortalForm, SpanishField


class ReasonForm(PortalForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("Kept in the audit trail, which Auditors read. Name no illness."),
        error_messages={"required": _("Enter a reason.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ToldReasonForm(PortalForm):
    """A reason that a patient or caregiver reads, in English and, where somebody writes it, in Spanish."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("The person concerned reads it, and it is kept in the audit trail. Name no illness."),
        error_messages={"required": _("Enter a reason.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reason_es = SpanishField(label=_("Reason in Spanish"), max_length=500)


@dataclass(frozen=True)
class ForMany:
    """How an action page is performed for many rows that are chosen in the list.

    `explain` says what will change. `why_not(row)` returns why a row cannot take part, where the page is not offered.
    `form_class` is the form of the page for many, where it differs. `details(rows)` returns what the page says of each
    row, by primary key, where it is not what the list's admin says. `perform(rows, request, **answers)` calls one
    action, and returns the refusal of each row that it left out, by primary key; without it, the action of the single
    page is called row by row, each in its own transaction.
    """

    explain: str | Promise
    why_not: Callable[[Any], str | Promise] | None = None
    form_class: type[Form] | None = None
    details: Callable[[list[Any]], Mapping[Any, str]] | None = None
    perform: Callable[..., Mapping[Any, PortalError]] | None = None


@dataclass(frozen=True)
class ActionPage:
    """A button of a change page, and the page on which it is confirmed.

    `perform(obj, request, **answers)` calls one action; `offered(obj)` returns whether the button is shown.
    `explain(obj)` returns what will change. `form_class` asks for what the action needs; `initial(obj)` returns the
    answers with which it begins, besides those in the address. `more(obj)` returns what a `template` of its own shows
    besides. When it is done, the action page named `next_page` follows where it is offered, or else the change page.

    `is_main` makes it the filled button of a page that has one. With `for_many` it is in the menu of the list as well:
    see ForMany.
    """

    name: str
    label: str | Promise
    permission: str
    perform: Callable[..., object]
    offered: Callable[[Any], bool]
    explain: Callable[[Any], str | Promise]
    form_class: type[Form] = PortalForm
    initial: Callable[[Any], dict[str, Any]] | None = None
    template: str = "admin/action_page.html"
    more: Callable[[Any], dict[str, Any]] | None = None
    next_page: str = ""
    is_main: bool = False
    for_many: ForMany | None = None


@dataclass(frozen=True)
class PageLink:
    """A button of a change page that leads to a page of an app above, which the app of the row does not know.

    `address(keys)` returns where it leads for the rows with these keys. With `for_many` it is in the menu of the list.
    `is_main(obj)` returns whether it is the filled button of the page now.
    """

    name: str
    label: str | Promise
    permission: str
    offered: Callable[[Any], bool]
    address: Callable[[Collection[int]], str]
    for_many: bool = False
    is_main: Callable[[Any], bool] = lambda _obj: False


_LINKS: dict[type[Model], list[PageLink]] = {}


def add_link(model: type[Model], link: PageLink) -> None:
    """Offer the link on the pages of the model's admin; the same name twice is one link."""
    _LINKS[model] = [each for each in links_of(model) if each.name != link.name] + [link]


def links_of(model: type[Model]) -> list[PageLink]:
    """Return the links that the pages of the model's admin offer."""
    return _LINKS.get(model, [])


@dataclass(frozen=True)
class Preview:
    """The preview of a list's action: a table, sentences under it, and the keys of the effects that it shows."""

    headers: tuple[Any, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ListActionPage:
    """A button of a list, and the page on which it is confirmed.

    `perform(request, **answers)` calls one action and returns the row that it made or changed. `preview(**answers)`, if
    there is one, is shown first; the same page then asks to go on.
    """

    name: str
    label: str | Promise
    permission: str
    explain: str | Promise
    form_class: type[Form]
    perform: Callable[..., Model | None]
    preview: Callable[..., Preview] | None = None

    @property
    def is_previewed(self) -> bool:
        return self.preview is not None
