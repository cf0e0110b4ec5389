"""What the address of an admin list may ask for: its own filters, its columns to sort by, and a page.

Django's lists accept a lookup on any column of their table. A row that appears only when a guess is right reveals the
column letter by letter. So every list and every export of the portal is checked here.
"""

import re
from collections.abc import Callable, Collection, Iterable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.filters import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR, ChangeList
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext_lazy as _

from audit.actions import record
from audit.models import Event
from audit.requests import account_of

# What a filter of a column adds to the name of the column, in the filter classes of django.contrib.admin.
SUFFIXES = {"", "__exact", "__isnull", "__isempty", "__gte", "__lt", "__id__exact"}
SEARCHED_VAR = "search"  # names a search that the session stores: audit/changelists.py
# The parameters that Django reads by itself, and what each may look like.
OWN_PARAMETERS = {
    PAGE_VAR: re.compile(r"[0-9]{1,6}"),
    ORDER_VAR: re.compile(r"-?[0-9]{1,2}(\.-?[0-9]{1,2}){0,9}|"),
    ALL_VAR: re.compile(r"|1"),
    ERROR_FLAG: re.compile(r"1"),
    SEARCHED_VAR: re.compile(r"[A-Za-z0-9_-]{1,16}"),
}
MOST_CHARACTERS = 200


class UnknownQuery(Exception):
    """The address of a list asks for something that the list does not offer."""


def refuses_unknown_query(view: Callable[..., HttpResponseBase]) -> Callable[..., Any]:
    """Wrap a view of an admin list: an address that asks for more is recorded, and leads to the whole list."""

    @wraps(view)
    def guarded(model_admin: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(model_admin, request, *args, **kwargs)
        except UnknownQuery:
            record(
                action=f"{model_admin.opts.model_name}.list",
                by=account_of(request),
                outcome=Event.Outcome.REFUSED,
                reason=UnknownQuery.__name__,
            )
        messages.warning(request, _("This list has no such filter. It shows everything: choose a filter on the page."))
        return HttpResponseRedirect(model_admin.list_address())

    return guarded


def is_declared(lookup: str, list_filter: Iterable[Any], list_lookups: Collection[str]) -> bool:
    """Return whether `lookup`, a name from the address, belongs to a filter of the list or a link of the portal."""
    if lookup in list_lookups:
        return True
    for declared in list_filter:
        if isinstance(declared, type) and issubclass(declared, SimpleListFilter):
            if lookup == declared.parameter_name:
                return True
        else:
            path = declared if isinstance(declared, str) else declared[0]
            if lookup.startswith(path) and lookup.removeprefix(path) in SUFFIXES:
                return True
    return False


def check_query(query: QueryDict, model_admin: ModelAdmin, request: HttpRequest) -> None:
    """Raise UnknownQuery unless each parameter of the QueryDict is one that the list offers, once, and readable."""
    for name, values in query.lists():
        shape = OWN_PARAMETERS.get(name)
        is_known = shape is not None or model_admin.lookup_allowed(name, values[-1], request)
        if not is_known or len(values) != 1 or len(values[0]) > MOST_CHARACTERS or not values[0].isprintable():
            raise UnknownQuery
        if shape is not None and not shape.fullmatch(values[0]):
            raise UnknownQuery


def check_filters(filters: Iterable[Any], left_over: Iterable[str], list_lookups: Iterable[str]) -> None:
    """Raise UnknownQuery where a filter has a value that it does not offer, or where no filter took a parameter."""
    for filter_shown in filters:
        if (
            isinstance(filter_shown, SimpleListFilter)
            and filter_shown.value() is not None
            and filter_shown.value() not in _offered(filter_shown)
        ):
            raise UnknownQuery
    if set(left_over) - set(list_lookups):
        raise UnknownQuery


def _offered(filter_shown: Any) -> set[str]:
    return {str(value) for value, _label in filter_shown.lookup_choices} | set(getattr(filter_shown, "more_values", ()))


def built(make: Callable[[HttpRequest], ChangeList], request: HttpRequest) -> ChangeList:
    """Return the changelist that `make(request)` builds; raise UnknownQuery whenever Django refuses the address."""
    try:
        return make(request)
    except (IncorrectLookupParameters, SuspiciousOperation) as error:
        raise UnknownQuery from error
