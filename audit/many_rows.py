"""Action pages for many rows: chosen in the list, shown on one page, performed with one answer for all."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.action_pages import ActionPage, PageLink, links_of
from ui.agreement import AgreementNeeded
from ui.errors import PortalError, add_to_form

MOST_AT_ONCE = 200
MOST_NAMED = 30  # rows that the message after the action names
LEFT_OUT = "left_out"  # posted: the chosen rows that could not take part when the page was shown
PERFORM = "perform"  # posted by the button of the page
NOT_OFFERED = gettext_lazy("It has changed, and this is not possible any more.")
ASKS = gettext_lazy("This one asks a question of its own: do it on its own page.")

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin as Base
else:
    Base = object


@dataclass(frozen=True)
class RowInWords:
    """A chosen row: its name for staff, what tells it from others, and why it cannot take part, or ""."""

    pk: Any
    name: str
    details: str = ""
    why_not: str | Promise = ""


class ManyRows(Base):
    """The part of our admin that performs an action page for the rows that are chosen in the list."""

    action_pages: tuple[ActionPage, ...] = ()

    def rows_in_words(self, rows: list[Any], request: HttpRequest) -> list[RowInWords]:
        """Return the rows as the page names them; an admin with more to say than the number overrides it."""
        return [RowInWords(row.pk, str(row)) for row in rows]

    def rows_by_key(self, request: HttpRequest, keys: set[int]) -> QuerySet[Any]:
        """Return those of the rows that the account may see, whatever the list shows now."""
        return self.get_queryset(request).filter(pk__in=keys).order_by(*self.get_ordering(request))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the menu of the list: the action pages for many that the account may perform."""
        offered: list[ActionPage | PageLink] = [*self._pages_for_many(request), *self._links_for_many(request)]
        return {page.name: (None, page.name, page.label) for page in offered}

    def _pages_for_many(self, request: HttpRequest) -> list[ActionPage]:
        return [page for page in self.action_pages if page.for_many and request.user.has_perm(page.permission)]

    def _links_for_many(self, request: HttpRequest) -> list[PageLink]:
        return [link for link in links_of(self.model) if link.for_many and request.user.has_perm(link.permission)]

    def many_rows_view(self, request: HttpRequest) -> HttpResponse:
        """Show what the chosen action will change, and which rows it cannot change; perform it when asked to."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        pages: list[ActionPage | PageLink] = [*self.action_pages, *links_of(self.model)]
        named = [page for page in pages if page.name == request.POST["action"] and page.for_many]
        if not named:
            return self._back(request, _("Choose what to do with the selected rows with its button."))
        page, keys = named[0], self._chosen(request)
        if not request.user.has_perm(page.permission):
            raise PermissionDenied
        if not keys:
            return self._back(request, _("Select at least one row first. Nothing was changed."))
        if len(keys) > MOST_AT_ONCE:
            words = _("Select at most %(most)d rows at a time. Nothing was changed.") % {"most": MOST_AT_ONCE}
            return self._back(request, words)
        if isinstance(page, PageLink):
            return HttpResponseRedirect(page.address(keys))
        return self._page_for_many(request, page, keys)

    def _back(self, request: HttpRequest, sentence: str) -> HttpResponse:
        messages.warning(request, sentence)
        return HttpResponseRedirect(request.get_full_path())

    def _chosen(self, request: HttpRequest) -> set[int]:
        """Return the keys of the chosen rows, at most one more than may be chosen; what is no key is left out."""
        if request.POST.get("select_across") == "1":
            whole_list = self.get_changelist_instance(request).get_queryset(request)
            return set(whole_list.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        return _keys(request, ACTION_CHECKBOX_NAME)

    def _page_for_many(self, request: HttpRequest, page: ActionPage, keys: set[int]) -> HttpResponse:
        assert page.for_many is not None
        left_out = _keys(request, LEFT_OUT) - keys if PERFORM in request.POST else set()
        rows = list(self.rows_by_key(request, keys | left_out))
        refusals: dict[Any, Any] = {row.pk: _why_not(page, row) for row in rows if row.pk in left_out}
        if PERFORM not in request.POST:
            refusals = {row.pk: _why_not(page, row) for row in rows if not page.offered(row)}
        will = [row for row in rows if row.pk not in refusals]
        form_class = page.for_many.form_class or page.form_class
        form = form_class(request.POST, request.FILES) if PERFORM in request.POST else form_class()
        if will and form.is_valid() and (refused := _performed(page, will, request, form)) is not None:
            named = self.rows_in_words([row for row in rows if row.pk in {**refusals, **refused}], request)
            _tell(request, page, len(will) - len(refused), named, {**refusals, **refused})
            return HttpResponseRedirect(request.get_full_path())
        return self._shown(request, page, form, rows, refusals, missing=len(keys | left_out) - len(rows))

    def _shown(
        self,
        request: HttpRequest,
        page: ActionPage,
        form: Form,
        rows: list[Any],
        refusals: Mapping[Any, Any],
        *,
        missing: int,
    ) -> HttpResponse:
        assert page.for_many is not None
        in_words = self.rows_in_words(rows, request)
        if say := page.for_many.details:
            said = say(rows)
            in_words = [replace(row, details=said[row.pk]) for row in in_words]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": page.label,
            "action_page": page,
            "form": form,
            "explanation": page.for_many.explain,
            "will": [row for row in in_words if row.pk not in refusals],
            "cannot": [(row, refusals[row.pk]) for row in in_words if row.pk in refusals],
            "missing": missing,
            "list_url": request.get_full_path(),
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/many_rows.html", context)


def _keys(request: HttpRequest, name: str) -> set[int]:
    posted = request.POST.getlist(name)[: 2 * MOST_AT_ONCE]
    return {int(key) for key in posted if key.isascii() and key.isdigit() and len(key) < 19}


def _why_not(page: ActionPage, row: Any) -> str | Promise:
    assert page.for_many is not None
    return page.for_many.why_not(row) if page.for_many.why_not else NOT_OFFERED


def _performed(
    page: ActionPage, rows: list[Any], request: HttpRequest, form: Form
) -> Mapping[Any, str | Promise | PortalError] | None:
    """Perform the action; return the refusals by primary key, or None when the answers themselves were refused."""
    assert page.for_many is not None
    if page.for_many.perform is None:
        return _one_by_one(page, rows, request, form.cleaned_data)
    try:
        return page.for_many.perform(rows, request, **form.cleaned_data)
    except PortalError as error:
        add_to_form(form, error)
        return None


def _one_by_one(
    page: ActionPage, rows: list[Any], request: HttpRequest, answers: Mapping[str, Any]
) -> Mapping[Any, str | Promise | PortalError]:
    refused: dict[Any, str | Promise | PortalError] = {}
    for row in rows:
        try:
            page.perform(row, request, **answers)
        except PortalError as error:
            refused[row.pk] = error
        except AgreementNeeded:
            refused[row.pk] = ASKS
    return refused


def _tell(
    request: HttpRequest, page: ActionPage, done: int, named: list[RowInWords], refusals: Mapping[Any, Any]
) -> None:
    """Leave messages for the list: how many are done, and the name and reason of each that is not."""
    words = {"label": page.label, "count": done}
    if done:
        sentence = ngettext("%(label)s: %(count)d done.", "%(label)s: %(count)d done.", done)
        messages.success(request, sentence % words)
    for row in named[:MOST_NAMED]:
        why = {"label": page.label, "name": row.name, "why": refusals[row.pk]}
        messages.warning(request, _("%(label)s: not done for %(name)s. %(why)s") % why)
    if len(named) > MOST_NAMED:
        messages.warning(request, _("And %(count)d more.") % {"count": len(named) - MOST_NAMED})
