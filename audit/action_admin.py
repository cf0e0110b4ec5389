"""The base of our admin: each look is recorded, and rows change only through actions, each on a page of its own."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Prefetch, QuerySet, prefetch_related_objects
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from audit.action_pages import ActionPage, ForMany, ListActionPage, Preview, ReasonForm, ToldReasonForm, links_of
from audit.actions import record
from audit.changelists import SearchForm, SessionChangeList, store_search
from audit.columns import column_of, page_of
from audit.exports import CSV, XLSX, Export, filters_of, sent
from audit.list_queries import SEARCHED_VAR, built, is_declared, refuses_unknown_query
from audit.many_rows import ManyRows
from audit.requests import account_of
from audit.secret_columns import without_secrets
from ui.agreement import AgreementNeeded, agreement_to
from ui.errors import PortalError, add_to_form
from ui.search_terms import ANY_KIND, SearchTerm
from ui.workbooks import MOST_ROWS

__all__ = [
    "ActionAdmin",
    "ActionPage",
    "ForMany",
    "ListActionPage",
    "Preview",
    "ReasonForm",
    "RowsInline",
    "ToldReasonForm",
]


AGREED = "agreed"  # posted with the answers by who has seen the preview


class RowsInline(admin.TabularInline):
    """Rows below the row that they belong to, for everybody who may see it. Nobody changes them here.

    `joined` names the foreign keys that are read together. The only secret columns that are read are those in `fields`.
    """

    template = "admin/rows_inline.html"
    empty_value_display = ""
    extra = 0
    can_delete = False
    joined: tuple[str, ...] = ()
    headings: ClassVar[dict[str, Any]] = {}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        names, model = cast(Iterable[str], self.get_fields(request, obj)), cast(Any, self.model)
        return [(None, {"fields": [column_of(type(self), model, name, in_list=True) for name in names]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return without_secrets(
            super().get_queryset(request), joined=self.joined, shown=cast(Iterable[str], self.fields)
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        owner = self.parent_model._meta
        return request.user.has_perm(f"{owner.app_label}.{get_permission_codename('view', owner)}")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ActionAdmin(ManyRows, admin.ModelAdmin):
    """Read-only fields, no delete. Rows change by `action_pages` and `list_action_pages` alone, one or many at a time.

    The address of a list takes the parameters of its `list_filter`, and the `list_lookups` that links of the portal
    use; no secret column is read in a list. A list with an `export` can be downloaded as CSV and XLSX.
    """

    action_pages: tuple[ActionPage, ...] = ()
    list_action_pages: tuple[ListActionPage, ...] = ()
    list_lookups: tuple[str, ...] = ()
    export: Export | None = None
    list_select_related: ClassVar[list[str]] = []
    headings: ClassVar[dict[str, Any]] = {}  # of columns, where the word of audit/headings.py does not fit
    show_facets = ShowFacets.NEVER
    change_form_template = "admin/action_change_form.html"
    empty_value_display = ""  # and admin.css leaves the row of an empty field out
    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.action_page_view)
        action_page = path("<path:object_id>/step/<slug:name>/", view, name=self._url_name("step"))
        pages = (self._url_of(page) for page in self.list_action_pages)
        return [action_page, *pages, *self._export_urls(), *super().get_urls()]

    def _url_of(self, page: ListActionPage) -> URLPattern:
        view = partial(self.list_action_page_view, page=page)
        return path(f"{page.name}/", self.admin_site.admin_view(view), name=self._url_name(page.name))

    def _export_urls(self) -> Iterator[URLPattern]:
        for kind in (CSV, XLSX) if self.export else ():
            view = self.admin_site.admin_view(partial(self.export_view, kind=kind))
            yield path(f"export.{kind}", view, name=self._url_name(f"export_{kind}"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return without_secrets(super().get_queryset(request), joined=self.list_select_related)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row and the rows that its page names, without their secret columns."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            prefetch_related_objects([found], *self._named_by_its_page())
        return found

    def _named_by_its_page(self) -> Iterator[Prefetch]:
        """Yield a prefetch for each foreign key that the page shows."""
        shown = set(self.fields or ())
        for key in self.opts.fields:
            if key.many_to_one and key.name in shown and key.name not in self.list_select_related:
                yield Prefetch(key.name, without_secrets(cast(type[Model], key.related_model)._base_manager.all()))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find text as Django does, and one of our numbers in any spelling in the columns of numbers."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        columns = [name for name in self.get_search_fields(request) if name.split("__")[-1] == "number"]
        numbers = SearchTerm(search_term).numbers(ANY_KIND)
        for name in columns if numbers else ():
            found = found | queryset.filter(**{f"{name}__in": numbers})
        return found, may_repeat

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return is_declared(lookup, self.get_list_filter(cast(HttpRequest, request)), self.list_lookups)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        return to_field == self.opts.pk.name

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the names of the fields of a page; an admin that leaves some out overrides it."""
        return super().get_fields(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": [self._in_words(name) for name in self.get_fields(request, obj)]})]

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._in_words(name, in_list=True) for name in super().get_list_display(request)]

    def _in_words(self, name: Any, *, in_list: bool = False) -> Any:
        return column_of(type(self), cast(Any, self.model), name, in_list=in_list) if isinstance(name, str) else name

    @refuses_unknown_query
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        record(action=f"{self.opts.model_name}.list", by=account_of(request))
        if request.method == "POST":
            return self.many_rows_view(request) if "action" in request.POST else self._save_search(request)
        if SEARCH_VAR in request.GET:
            return HttpResponseRedirect(_address_without(request, SEARCH_VAR))
        pages = [page for page in self.list_action_pages if request.user.has_perm(page.permission)]
        buttons = [{"label": page.label, "url": reverse(f"admin:{self._url_name(page.name)}")} for page in pages]
        buttons += self.list_links(request)
        more = {"action_pages": buttons, "exports": self._export_links(request)}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def may_export(self, request: HttpRequest) -> bool:
        """Return whether the account may open the list and download it."""
        if self.export is None or not self.has_view_permission(request):
            return False
        return not self.export.permission or request.user.has_perm(self.export.permission)

    def _export_links(self, request: HttpRequest) -> list[dict[str, str]]:
        kinds = (CSV, XLSX) if self.may_export(request) else ()
        return [{"kind": kind.upper(), "url": reverse(f"admin:{self._url_name(f'export_{kind}')}")} for kind in kinds]

    @refuses_unknown_query
    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Send what the list shows, with its filters and its search, as a file; say so in the audit trail first."""
        if not self.may_export(request):
            raise PermissionDenied
        changelist = cast(SessionChangeList, self.get_changelist_instance(request))
        rows, filters = changelist.get_queryset(request), filters_of(changelist, request)
        count = rows.order_by().count()
        if kind == XLSX and count > MOST_ROWS:
            words = {"count": f"{count:,}", "most": f"{MOST_ROWS:,}"}
            messages.warning(
                request,
                _("An XLSX sheet holds %(most)s rows, and this list has %(count)s. Choose CSV, or filter the list.")
                % words,
            )
            return HttpResponseRedirect(self.list_address())
        record(
            action=f"{self.opts.model_name}.export",
            by=account_of(request),
            reason=f"{kind}, {count} rows, {'; '.join(filters) or 'no filter'}",
        )
        return sent(cast(Export, self.export), rows, kind=kind, filters=filters)

    def list_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the links above the list to other pages, each with `label` and `url`."""
        return []

    def row_links(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        """Return the links above a row to other pages, each with `label` and `url`."""
        return []

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SessionChangeList

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        return built(super().get_changelist_instance, request)

    def list_address(self) -> str:
        return reverse(f"admin:{self._url_name('changelist')}")

    def _save_search(self, request: HttpRequest) -> HttpResponse:
        """Store a posted search in the session, and go to the list with its token; an empty one shows all rows again.

        Filters stay, and paging begins anew.
        """
        form = SearchForm(request.POST)
        for error in form.errors.get(SEARCH_VAR, []):
            messages.error(request, str(error))
        if form.errors:
            return HttpResponseRedirect(_address_without(request, SEARCH_VAR, PAGE_VAR))
        address = _address_without(request, SEARCH_VAR, PAGE_VAR, SEARCHED_VAR)
        if term := form.cleaned_data[SEARCH_VAR]:
            token = urlencode({SEARCHED_VAR: store_search(request, self.model, term)})
            address = f"{address}{'&' if '?' in address else '?'}{token}"
        return HttpResponseRedirect(address)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        record(action=f"{self.opts.model_name}.view", by=account_of(request), subject=obj)
        context["adminform"].form.label_suffix = ""
        buttons = self._buttons(request, obj)
        more = {
            "action_pages": buttons,
            "has_main_page": any(button.get("is_main") for button in buttons),
            "list_url": self.with_filters(request, self.list_address()),
        }
        return super().render_change_form(request, {**context, **more}, *args, **{**kwargs, "obj": obj})

    def _buttons(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        pages = [page for page in self.action_pages if request.user.has_perm(page.permission)]
        links = [link for link in links_of(self.model) if request.user.has_perm(link.permission) and link.offered(obj)]
        return (
            [
                {
                    "name": page.name,
                    "label": page.label,
                    "is_main": page.is_main,
                    "url": self.with_filters(
                        request, reverse(f"admin:{self._url_name('step')}", args=[obj.pk, page.name])
                    ),
                }
                for page in pages
                if page.offered(obj)
            ]
            + [
                {"name": link.name, "label": link.label, "is_main": link.is_main(obj), "url": link.address([obj.pk])}
                for link in links
            ]
            + self.row_links(request, obj)
        )

    def with_filters(self, request: HttpRequest, address: str) -> str:
        """Return an address of a row or of the list, so that the way back leads to the list as it was left."""
        kept: Any = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return add_preserved_filters(kept, address)

    def action_page_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Show what will change, and do it on POST; show a refusal on the same page."""
        obj = self.get_object(request, object_id)
        page = next((page for page in self.action_pages if page.name == name), None)
        if obj is None or page is None:
            raise Http404
        if not request.user.has_perm(page.permission):
            raise PermissionDenied
        change_url = self.with_filters(request, reverse(f"admin:{self._url_name('change')}", args=[obj.pk]))
        if request.method != "POST" and not page.offered(obj):
            messages.warning(request, _("%(label)s: not possible any more.") % {"label": page.label})
            return HttpResponseRedirect(change_url)
        record(action=f"{self.opts.model_name}.view", by=account_of(request), subject=obj)
        form = _form(request, page.form_class, initial=request.GET.dict() | (page.initial(obj) if page.initial else {}))
        context: dict[str, Any] = {"original": obj, "title": page.label, "change_url": change_url}
        try:
            if form.is_valid() and self._perform(request, page, obj, form):
                return HttpResponseRedirect(self._address_after(page, obj) or change_url)
        except AgreementNeeded as question:  # asked on the same page, where a mistake can be corrected
            context |= {"question": question, "agreed": agreement_to(question, request)}
        # What would change is not true of a row that somebody has changed meanwhile, and `explain` may not know it.
        explanation = page.explain(obj) if page.offered(obj) else ""
        context |= {"explanation": explanation, **(page.more(obj) if page.more else {})}
        return self.action_page_response(request, form, template=page.template, **context)

    def _address_after(self, page: ActionPage, obj: Any) -> str:
        """Return the address of the page that follows this action, or an empty text where none is offered now."""
        if not page.next_page:
            return ""
        obj.refresh_from_db()
        following = [each for each in self.action_pages if each.name == page.next_page and each.offered(obj)]
        return reverse(f"admin:{self._url_name('step')}", args=[obj.pk, following[0].name]) if following else ""

    def action_page_response(
        self, request: HttpRequest, form: Form, *, template: str = "admin/action_page.html", **context: Any
    ) -> HttpResponse:
        """Return the page of an action: `context` has title, explanation, change_url and, for a row, original."""
        page = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, **context}
        return TemplateResponse(request, template, page)

    def _perform(self, request: HttpRequest, page: ActionPage, obj: Any, form: Form) -> bool:
        try:
            page.perform(obj, request, **form.cleaned_data)
        except PortalError as error:
            add_to_form(form, error)
            return False
        messages.success(request, _("%(label)s: done.") % {"label": page.label})
        return True

    def list_action_page_view(self, request: HttpRequest, page: ListActionPage) -> HttpResponse:
        """Show what a POST would change, if there is a preview, and then do it; show a refusal on the same page."""
        if not request.user.has_perm(page.permission):
            raise PermissionDenied
        form = _form(request, page.form_class, initial=request.GET.dict())
        preview = made = None
        if form.is_valid():
            try:
                if page.preview and AGREED not in request.POST:
                    preview = page.preview(**form.cleaned_data)
                else:
                    made = page.perform(request, **form.cleaned_data)
            except PortalError as error:
                add_to_form(form, error)
        if made is not None:
            messages.success(request, _("%(label)s: done.") % {"label": page.label})
            return HttpResponseRedirect(page_of(made))
        context: dict[str, Any] = {"title": page.label, "explanation": page.explain, "change_url": self.list_address()}
        context |= {"action_page": page, "preview": preview}
        return self.action_page_response(request, form, template="admin/list_action_page.html", **context)

    def _url_name(self, what: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{what}"


def _form(request: HttpRequest, form_class: type[Form], **options: Any) -> Form:
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = form_class(*sent, **{name: value for name, value in options.items() if value})
    form.label_suffix = ""
    return form


def _address_without(request: HttpRequest, *names: str) -> str:
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path
