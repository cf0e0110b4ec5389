"""The one base of our admin: each look is recorded; rows change only through actions, with a page of their own."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, Prefetch, QuerySet, prefetch_related_objects
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from audit.actions import record
from audit.list_queries import built, check_filters, check_query, is_declared, tells_unknown_query
from audit.requests import account_of
from audit.secret_columns import without_secrets
from ui.errors import PortalError, add_to_form
from ui.forms import PortalForm


class ShortPaginator(Paginator):
    """Counts no further than MOST_COUNTED rows: counting a million takes longer than showing fifty of them."""

    MOST_COUNTED = 1_000

    @cached_property
    def count(self) -> int:
        return len(cast(QuerySet[Any], self.object_list).order_by().values_list("pk")[: self.MOST_COUNTED])


class ReasonForm(PortalForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("Kept in the audit trail."),
        error_messages={"required": _("Enter a reason.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@dataclass(frozen=True)
class Step:
    """One button of a change page: `perform(obj, request, **answers)` calls one action; `offered(obj)` shows it.

    `explain(obj)` says on the preview page what will change; `form_class` asks for what the action needs, and begins
    with what `initial(obj)` gives.
    """

    name: str
    label: Any
    permission: str
    perform: Any
    offered: Any
    explain: Any
    form_class: type = PortalForm
    initial: Any = None


@dataclass(frozen=True)
class Preview:
    """What a step of a list would do: a table, and sentences under it."""

    headers: tuple[Any, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ListStep:
    """One button of a list: `perform(request, **answers)` calls one action and gives the row that it made or changed.

    `preview(**answers)`, where there is one, is shown first; the same page then asks to go on.
    """

    name: str
    label: Any
    permission: str
    explain: Any
    form_class: type
    perform: Any
    preview: Any = None

    @property
    def is_previewed(self) -> bool:
        return self.preview is not None


AGREED = "agreed"  # posted with the answers by who has seen the preview
KNOWN_BY = {"user": "email", "physician": "name"}  # by model: what staff read in the place of its number


def related(name: str, model: type[Model]) -> Callable[[Any], str | Promise]:
    """A column that says whom a foreign key means, and leads there."""

    @admin.display(description=capfirst(_column(model, name).verbose_name), ordering=name)
    def column(row: Any) -> str:
        person = getattr(row, name)
        if person is None:
            return "-"
        return format_html('<a href="{}">{}</a>', _page_of(person), getattr(person, _known_by(person) or "pk"))

    return column


def _column(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def _known_by(model: Model | type[Model]) -> str | None:
    return KNOWN_BY.get(model._meta.model_name or "")


def _page_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


class SearchForm(ChangeListSearchForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR] = forms.CharField(required=False, max_length=200)


class SessionChangeList(ChangeList):
    """What is searched is a name or a birth date, and stands in the session instead of the address."""

    def __init__(self, request: HttpRequest, model: type[Model], *args: Any, **kwargs: Any) -> None:
        term = search_term(request, model)
        self.search_form_class = cast(Any, lambda _query_string: SearchForm({SEARCH_VAR: term}))
        super().__init__(request, model, *args, **kwargs)
        self.title = str(capfirst(self.opts.verbose_name_plural))  # "Select … to view" is longer, and says less

    def get_filters(self, request: HttpRequest) -> Any:
        check_query(request.GET, self.model_admin, request)
        found = super().get_filters(request)
        check_filters(found[0], found[2], cast(ActionAdmin, self.model_admin).list_lookups)
        return found


def search_term(request: HttpRequest, model: type[Model]) -> str:
    """What this session looks for in the list of a model; empty when nothing."""
    return request.session.get(_search_key(model), "")


def _search_key(model: type[Model]) -> str:
    return f"admin search {model._meta.label_lower}"


class RowsInline(admin.TabularInline):
    """Rows under what they belong to: whoever may see that sees them, and nobody changes them here.

    `joined` names the foreign keys that are read along. No secret column is read but those that `fields` shows.
    """

    template = "admin/rows_inline.html"
    extra = 0
    can_delete = False
    joined: tuple[str, ...] = ()

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


class ActionAdmin(admin.ModelAdmin):
    """Read-only fields, no delete, no bulk actions. `steps` are the changes, each with a preview page and a POST.

    The address of a list takes the parameters of its `list_filter`, and the `list_lookups` that links of the portal
    use; no secret column is read in a list.
    """

    steps: tuple[Step, ...] = ()
    list_steps: tuple[ListStep, ...] = ()
    list_lookups: tuple[str, ...] = ()
    list_select_related: ClassVar[list[str]] = []
    show_facets = ShowFacets.NEVER
    change_form_template = "admin/action_change_form.html"
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
        step = path(
            "<path:object_id>/step/<slug:name>/",
            self.admin_site.admin_view(self.step_view),
            name=self._url_name("step"),
        )
        return [step, *(self._url_of(one) for one in self.list_steps), *super().get_urls()]

    def _url_of(self, step: ListStep) -> URLPattern:
        view = partial(self.list_step_view, step=step)
        return path(f"{step.name}/", self.admin_site.admin_view(view), name=self._url_name(step.name))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return without_secrets(super().get_queryset(request), joined=self.list_select_related)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, with those that its page names: they too are read without their secret columns."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            prefetch_related_objects([found], *self._named_by_its_page())
        return found

    def _named_by_its_page(self) -> Iterator[Prefetch]:
        shown = set(self.fields or ())
        for key in self.opts.fields:
            if key.many_to_one and key.name in shown and key.name not in self.list_select_related:
                yield Prefetch(key.name, without_secrets(cast(type[Model], key.related_model)._base_manager.all()))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return is_declared(lookup, self.get_list_filter(cast(HttpRequest, request)), self.list_lookups)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        return to_field == self.opts.pk.name

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [self._in_words(name) for name in super().get_fields(request, obj)]

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._in_words(name) for name in super().get_list_display(request)]

    def _in_words(self, name: Any) -> Any:
        fields = {field.name: field for field in self.opts.fields}
        is_known = (
            name in fields and fields[name].is_relation and _known_by(cast(type[Model], fields[name].related_model))
        )
        return related(name, self.model) if is_known else name

    @tells_unknown_query
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        record(action=f"{self.opts.model_name}.list", by=account_of(request))
        if request.method == "POST":
            return self._keep_search(request)
        if SEARCH_VAR in request.GET:
            return HttpResponseRedirect(_address_without(request, SEARCH_VAR))
        offered = [step for step in self.list_steps if request.user.has_perm(step.permission)]
        buttons = [{"label": one.label, "url": reverse(f"admin:{self._url_name(one.name)}")} for one in offered]
        return super().changelist_view(request, {**(extra_context or {}), "list_steps": buttons})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SessionChangeList

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        return built(super().get_changelist_instance, request)

    def list_address(self) -> str:
        return reverse(f"admin:{self._url_name('changelist')}")

    def _keep_search(self, request: HttpRequest) -> HttpResponse:
        """A search is posted; an empty one shows all again. Filters stay, and paging begins anew."""
        form = SearchForm(request.POST)
        if form.is_valid():
            request.session[_search_key(self.model)] = form.cleaned_data[SEARCH_VAR]
        for error in form.errors.get(SEARCH_VAR, []):
            messages.error(request, str(error))
        return HttpResponseRedirect(_address_without(request, SEARCH_VAR, PAGE_VAR))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        record(action=f"{self.opts.model_name}.view", by=account_of(request), subject=obj)
        return super().render_change_form(
            request, {**context, "steps": self._buttons(request, obj)}, *args, **{**kwargs, "obj": obj}
        )

    def _buttons(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        offered = [step for step in self.steps if request.user.has_perm(step.permission) and step.offered(obj)]
        url = f"admin:{self._url_name('step')}"
        return [{"label": step.label, "url": reverse(url, args=[obj.pk, step.name])} for step in offered]

    def step_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """GET shows what will change, POST does it; a refusal is told on the same page."""
        obj = self.get_object(request, object_id)
        step = next((step for step in self.steps if step.name == name), None)
        if obj is None or step is None:
            raise Http404
        if not request.user.has_perm(step.permission):
            raise PermissionDenied
        change_url = reverse(f"admin:{self._url_name('change')}", args=[obj.pk])
        if request.method != "POST" and not step.offered(obj):
            messages.warning(request, _("%(label)s: not possible any more.") % {"label": step.label})
            return HttpResponseRedirect(change_url)
        record(action=f"{self.opts.model_name}.view", by=account_of(request), subject=obj)
        form = _form(request, step.form_class, initial=step.initial and step.initial(obj))
        if form.is_valid() and self._perform(request, step, obj, form):
            return HttpResponseRedirect(change_url)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": obj,
            "title": step.label,
            "explanation": step.explain(obj),
            "form": form,
            "change_url": change_url,
        }
        return TemplateResponse(request, "admin/action_step.html", context)

    def _perform(self, request: HttpRequest, step: Step, obj: Any, form: Form) -> bool:
        try:
            step.perform(obj, request, **form.cleaned_data)
        except PortalError as error:
            add_to_form(form, error)
            return False
        messages.success(request, _("%(label)s: done.") % {"label": step.label})
        return True

    def list_step_view(self, request: HttpRequest, step: ListStep) -> HttpResponse:
        """POST shows what would change, if there is a preview, and then does it; a refusal is told on the same page."""
        if not request.user.has_perm(step.permission):
            raise PermissionDenied
        form = _form(request, step.form_class)
        preview = made = None
        if form.is_valid():
            try:
                if step.preview and AGREED not in request.POST:
                    preview = step.preview(**form.cleaned_data)
                else:
                    made = step.perform(request, **form.cleaned_data)
            except PortalError as error:
                add_to_form(form, error)
        if made is not None:
            messages.success(request, _("%(label)s: done.") % {"label": step.label})
            return HttpResponseRedirect(_page_of(made))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": step.label,
            "explanation": step.explain,
            "form": form,
            "step": step,
            "preview": preview,
            "change_url": reverse(f"admin:{self._url_name('changelist')}"),
        }
        return TemplateResponse(request, "admin/list_step.html", context)

    def _url_name(self, what: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{what}"


def _form(request: HttpRequest, form_class: type[Form], **options: Any) -> Form:
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    return form_class(*sent, **{name: value for name, value in options.items() if value})


def _address_without(request: HttpRequest, *names: str) -> str:
    kept = request.GET.copy()
    for name in names:
        kept.pop(name, None)
    return f"{request.path}?{kept.urlencode()}" if kept else request.path
