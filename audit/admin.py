"""The audit trail for people who may read it: its questions, its filters, one event, and all of it as CSV."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from audit import names, trail, words
from audit.action_admin import ActionAdmin
from audit.actions import record
from audit.changelists import SearchForm, search_term, store_search
from audit.list_queries import SEARCHED_VAR
from audit.models import Event
from audit.requests import account_of
from ui.forms import PortalForm
from ui.keyset import page_of
from ui.spreadsheets import csv_parts

A_PAGE = 50
AT_ONCE = 1_000
MOST_EXPORTED = 50_000
EARLIEST = date(2020, 1, 1)  # older than the portal
CURSOR = "page"
QUESTIONS = [
    ("", _("Everything about them and by them")),
    (trail.LOOKED, _("Who looked at them")),
    (trail.CONCERNS, _("What was done about them")),
    (trail.DID, _("What they did")),
]
EXPORTED = (
    "id", "when (New York)", "who", "role", "what", "event", "concerns", "outcome", "reason", "address", "session",
    "request",
)  # fmt: skip


class TrailForm(PortalForm):
    """The filters of the list. They are part of the page's address, so none of them is a name."""

    staff = forms.TypedChoiceField(label=_("Staff member"), required=False, coerce=int, empty_value=None)
    action = forms.ChoiceField(label=_("What was done"), required=False)
    day = forms.DateField(label=_("Day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    outcome = forms.ChoiceField(label=_("Outcome"), required=False, choices=[("", _("Any")), *Event.Outcome.choices])
    asked = forms.ChoiceField(required=False, choices=QUESTIONS, widget=forms.HiddenInput)
    subject_type = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    subject_id = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)
    needed = {"staff", "action", "day", "outcome"}  # none of them is marked as optional

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="trail-%s")
        staff = get_user_model().objects.filter(is_staff=True).order_by("email").values_list("pk", "email")
        cast(forms.ChoiceField, self.fields["staff"]).choices = [("", _("Anybody")), *staff]
        cast(forms.ChoiceField, self.fields["action"]).choices = [("", _("Anything")), *_grouped_actions()]

    def clean_day(self) -> date | None:
        day = self.cleaned_data["day"]
        if day and not EARLIEST <= day <= timezone.localdate():
            raise forms.ValidationError(_("Enter a day from 2020 until today."))
        return day


def _grouped_actions() -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for action, sentence in words.SENTENCES.items():
        groups.setdefault(action.partition(".")[0], []).append((action, sentence))
    for model in admin.site._registry:
        name = str(model._meta.model_name)
        for action in (f"{name}.list", f"{name}.view"):
            if action not in words.SENTENCES:
                groups.setdefault(name, []).append((action, words.sentence(action)))
    return sorted(
        (name.capitalize(), sorted(actions, key=lambda action: action[1])) for name, actions in groups.items()
    )


@admin.register(Event)
class EventAdmin(ActionAdmin):
    """The audit trail. The group Auditor reads it, and nobody changes anything."""

    change_form_template = "admin/audit/event/change_form.html"
    fields = [
        "created_at", "who", "what", "concerns", "outcome", "reason", "address", "session", "request_id", "action",
    ]  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export.csv", view, name=self._url_name("export")), *super().get_urls()]

    # --- The list ---

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        record(action="event.list", by=account_of(request))
        if request.method == "POST":
            return self._save_term(request)
        if self._has_strange_parameter(request):
            return HttpResponseRedirect(self._address(request))
        form = TrailForm(request.GET)
        term, found = self._looked_for(request, form)
        has_more, found = _cut(found)
        page = page_of(
            self._events(form, found), keys=("-pk",), cursor=request.GET.get(CURSOR), size=A_PAGE, name="audit trail"
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Audit trail"),
            "form": form,
            "term": term,
            "search_token": request.GET.get(SEARCHED_VAR) if term else "",
            "found": found,
            "most_found": names.MOST_FOUND if has_more else None,
            "questions": self._questions(request, form) if found else [],
            "rows": trail.in_words(page.rows, reader=request.user),
            "newer": page.previous and self._address(request, **{CURSOR: page.previous}),
            "older": page.next and self._address(request, **{CURSOR: page.next}),
            "export_url": self._address(request, at="export"),
            "most_exported": MOST_EXPORTED,
        }
        return TemplateResponse(request, "admin/audit/event/change_list.html", context)

    def _has_strange_parameter(self, request: HttpRequest) -> bool:
        return bool(set(request.GET) - set(TrailForm.base_fields) - {CURSOR, SEARCHED_VAR})

    def _address(self, request: HttpRequest, at: str = "changelist", **more: Any) -> str:
        """Return the address of the list with its present filters and search, without its page."""
        kept = {*TrailForm.base_fields, SEARCHED_VAR}
        filters = {name: value for name, value in request.GET.items() if name in kept and value}
        return reverse(f"admin:{self._url_name(at)}", query={**filters, **more} or None)

    def _save_term(self, request: HttpRequest) -> HttpResponse:
        """Store the posted search in the session, and go to the list with its token; the pages begin anew."""
        form = SearchForm(request.POST)
        names_kept = ["staff", "action", "day", "outcome", "asked"]
        if not form.is_valid():
            names_kept.append(SEARCHED_VAR)
        filters = {name: request.GET[name] for name in names_kept if request.GET.get(name)}
        if form.is_valid() and (term := form.cleaned_data[SEARCH_VAR]):
            filters[SEARCHED_VAR] = store_search(request, Event, term)
        for error in form.errors.get(SEARCH_VAR, []):
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse(f"admin:{self._url_name('changelist')}", query=filters or None))

    def _looked_for(self, request: HttpRequest, form: TrailForm) -> tuple[str, list[names.Found] | None]:
        """Return the search as typed and what it found; None when nothing is searched."""
        if form.is_valid() and form.cleaned_data["subject_type"]:
            label, pk = form.cleaned_data["subject_type"], form.cleaned_data["subject_id"] or 0
            name = names.names_of({label: {pk}}).get((label, pk))
            found = ", ".join(part for part in ((name.words, name.person) if name else (f"no. {pk}",)) if part)
            return "", [names.Found(label, pk, found)]
        term = search_term(request, Event)
        return term, names.search(term) if term else None

    @staticmethod
    def _events(form: TrailForm, found: list[names.Found] | None) -> QuerySet[Event]:
        if not form.is_valid():
            return Event.objects.none()
        asked = {name: form.cleaned_data[name] for name in ("asked", "staff", "action", "outcome", "day")}
        return trail.events_of(trail.Question(about=found, **asked))

    def _questions(self, request: HttpRequest, form: TrailForm) -> list[dict[str, Any]]:
        asked = form.cleaned_data.get("asked", "")
        return [
            {"label": label, "url": self._address(request, asked=value), "is_asked": value == asked}
            for value, label in QUESTIONS
        ]

    # --- CSV ---

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the list as CSV, newest first, with its filters and its search."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = TrailForm(request.GET)
        if not form.is_valid():
            return HttpResponseRedirect(self._address(request))
        _has_more, found = _cut(self._looked_for(request, form)[1])
        record(action="event.export", by=account_of(request))
        return StreamingHttpResponse(
            csv_parts(EXPORTED, self._exported(self._events(form, found), request.user)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="audit-trail.csv"'},
        )

    @staticmethod
    def _exported(events: QuerySet[Event], reader: Any) -> Iterator[list[Any]]:
        """Yield the cells of at most MOST_EXPORTED events; a last line says when there are more."""
        before, left = None, MOST_EXPORTED
        while left:
            older = events if before is None else events.filter(pk__lt=before)
            size = min(AT_ONCE, left)
            chunk = list(older.order_by("-pk")[:size])
            for row in trail.in_words(chunk, reader=reader, has_links=False):
                yield _cells(row)
            if len(chunk) < size:
                return
            before, left = chunk[-1].pk, left - len(chunk)
        if events.filter(pk__lt=before).exists():
            yield [_("There are more than %(most)d events. Choose a day or a person.") % {"most": MOST_EXPORTED}]

    # --- One event ---

    def get_fields(self, request: HttpRequest, obj: Event | None = None) -> list[Any]:
        """Return the fields of a page; who, what and concerns are read once, when the page is drawn."""
        shown = _fields_in_words(obj, request.user) if obj else {}
        return [shown.get(name, name) for name in super().get_fields(request, obj)]


def _cut(found: list[names.Found] | None) -> tuple[bool, list[names.Found] | None]:
    """Return whether a search found more than is shown, and what is shown."""
    return (len(found) > names.MOST_FOUND, found[: names.MOST_FOUND]) if found else (False, found)


def _fields_in_words(event: Event, reader: Any) -> dict[str, Callable[[Event], str]]:
    """Return the fields who, what and concerns of an event, as the admin calls them."""
    row = cast(trail.Row, SimpleLazyObject(lambda: trail.in_words([event], reader=reader)[0]))

    @admin.display(description=_("who"))
    def who(_event: Event) -> str:
        return _linked(row.who_url, ", ".join(part for part in (row.who, row.role) if part))

    @admin.display(description=_("what"))
    def what(_event: Event) -> str:
        return row.what

    @admin.display(description=_("concerns"))
    def concerns(_event: Event) -> str:
        return _linked(row.url, row.concerns)

    return {"who": who, "what": what, "concerns": concerns}


def _cells(row: trail.Row) -> list[Any]:
    return [
        row.pk, timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M:%S"), row.who, row.role, row.what, row.action,
        row.concerns, row.outcome, row.reason, row.address, row.session, row.request_id,
    ]  # fmt: skip


def _linked(url: str, text: str) -> str:
    return format_html('<a href="{}">{}</a>', url, text) if url else text
