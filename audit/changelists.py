"""The lists of our admin: their search is no part of the address, and they count no further than they show."""

from secrets import token_urlsafe
from typing import Any, cast

from django import forms
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import capfirst

from audit.list_queries import SEARCHED_VAR, check_filters, check_query
from ui.tidy import tidy

MOST_SEARCHES = 10  # of one list that a session keeps: as many tabs have one each


class Keys(list[Any]):
    """The keys that a search found, in the order of the list; Django's list takes them for a QuerySet."""

    def _clone(self) -> "Keys":
        return self


class ShortPaginator(Paginator):
    """Counts at most MOST_COUNTED rows: counting a million takes longer than showing fifty."""

    MOST_COUNTED = 1_000

    @cached_property
    def count(self) -> int:
        return min(self._counted, self.MOST_COUNTED)

    @property
    def is_cut(self) -> bool:
        """Return whether there are more rows than the pages show."""
        return self._counted > self.MOST_COUNTED

    @property
    def most_in_words(self) -> str:
        return f"{self.MOST_COUNTED:,}"

    @cached_property
    def _counted(self) -> int:
        if isinstance(self.object_list, Keys):
            return len(self.object_list)
        return len(cast(QuerySet[Any], self.object_list).order_by().values_list("pk")[: self.MOST_COUNTED + 1])


class SearchForm(ChangeListSearchForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR] = forms.CharField(required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if SEARCH_VAR in cleaned:
            cleaned[SEARCH_VAR] = tidy(cleaned[SEARCH_VAR])
        return cleaned


class SessionChangeList(ChangeList):
    """A list whose search term, a name or a birth date, is stored in the session and is not part of the address.

    The address names the search by a token that says nothing. A list that is opened without one, from the menu or
    the start page, shows what needs the reader; who comes back from a row still has the token, and so the search.
    """

    def __init__(self, request: HttpRequest, model: type[Model], *args: Any, **kwargs: Any) -> None:
        term = search_term(request, model)
        self.search_form_class = cast(Any, lambda _query_string: SearchForm({SEARCH_VAR: term}))
        super().__init__(request, model, *args, **kwargs)
        self.title = str(capfirst(self.opts.verbose_name_plural))  # "Select … to view" is longer, and says less

    def get_results(self, request: HttpRequest) -> None:
        """Read of what a search finds the keys first, and then the rows of the page alone.

        PostgreSQL would join all that is found with other tables before it sorts it and cuts a page out. The keys are
        found unsorted: to find some rows in the order of a long table it reads the table.
        """
        if not self.query:
            super().get_results(request)
            return
        found = self.queryset
        if self.model_admin.paginator is ShortPaginator:
            keys = Keys(found.order_by().values_list("pk", flat=True)[: ShortPaginator.MOST_COUNTED + 1])
            if len(keys) <= ShortPaginator.MOST_COUNTED:
                self.queryset = cast(Any, self._sorted(request, keys))
        try:
            super().get_results(request)
        finally:
            self.queryset = found
        shown: Any = self.result_list
        self.result_list = self.rows(
            request, list(shown if isinstance(shown, list) else shown.values_list("pk", flat=True))
        )

    def _sorted(self, request: HttpRequest, keys: Keys) -> Keys:
        """Return the keys in the order of the list; those of a single page are sorted with their rows."""
        if len(keys) <= self.list_per_page:
            return keys
        rows = self.root_queryset.filter(pk__in=keys)
        return Keys(rows.order_by(*self.get_ordering(request, rows)).values_list("pk", flat=True))

    def rows(self, request: HttpRequest, keys: list[Any]) -> QuerySet[Any]:
        """Return the rows with these keys, as the list sorts and shows them."""
        rows: QuerySet[Any] = self.apply_select_related(self.root_queryset.filter(pk__in=keys))
        return rows.order_by(*self.get_ordering(request, rows))

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        filters: dict[str, Any] = super().get_filters_params(params)
        filters.pop(SEARCHED_VAR, None)
        return filters

    def get_filters(self, request: HttpRequest) -> Any:
        check_query(request.GET, self.model_admin, request)
        found = super().get_filters(request)
        check_filters(found[0], found[2], cast(Any, self.model_admin).list_lookups)
        return found


def search_term(request: HttpRequest, model: type[Model]) -> str:
    """Return what the list of a model searches at this address, or ""."""
    terms: dict[str, str] = request.session.get(search_key(model), {})
    return terms.get(request.GET.get(SEARCHED_VAR, ""), "")


def store_search(request: HttpRequest, model: type[Model], term: str) -> str:
    """Store a search term in the session; return its token for the address. The oldest of many is forgotten."""
    terms: dict[str, str] = request.session.get(search_key(model), {})
    token = token_urlsafe(6)
    kept = list(terms.items())[-MOST_SEARCHES + 1 :]
    request.session[search_key(model)] = {**dict(kept), token: term}
    return token


def search_key(model: type[Model]) -> str:
    return f"admin searches {model._meta.label_lower}"
