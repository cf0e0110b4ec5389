"""The dispensing log and the inspector's pack: asked for here, made by a worker, and downloaded when ready."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect

from accounts.requests import HtmxRequest, SignedInRequest
from audit.action_admin import ActionAdmin, ListActionPage
from audit.actions import record
from delivery.presenters.runs import staff_name
from dispensing import actions
from dispensing.models import Paper
from ui.forms import DateBoxesField, PortalForm
from ui.heartbeat import beating

Kind, Status = Paper.Kind, Paper.Status


class DaysForm(PortalForm):
    first = DateBoxesField(label=_("First day"), not_future=True)
    last = DateBoxesField(label=_("Last day"), not_future=True)


class LogForm(DaysForm):
    kind = forms.ChoiceField(
        label=_("As"),
        choices=[(kind.value, kind.label) for kind in (Kind.LOG_PDF, Kind.LOG_CSV)],
        initial=Kind.LOG_PDF,
        widget=forms.RadioSelect,
    )


def _ask(request: SignedInRequest, first: date, last: date, kind: str = Kind.INSPECTION) -> Paper:
    return actions.ask_paper(kind=kind, first=first, last=last, by=request.user)


@admin.register(Paper)
class PaperAdmin(ActionAdmin):
    list_display = ["kind", "days", "status", "download", "asked_at", "by"]
    list_display_links = ["kind"]
    list_filter = ["kind", "status"]
    list_select_related = ["asked_by"]
    ordering = ["-pk"]
    fields = readonly_fields = (
        "kind", "first_date", "last_date", "status", "by", "asked_at", "made_at", "bytes", "digest", "download",
    )  # fmt: skip
    list_action_pages = (
        ListActionPage(
            name="log",
            label=_("Ask for a dispensing log"),
            permission="dispensing.view_paper",
            explain=_("Every unit that was handed over on these days, both included, in the order of serials."),
            form_class=LogForm,
            perform=_ask,
        ),
        ListActionPage(
            name="inspection",
            label=_("Ask for an inspector’s pack"),
            permission="dispensing.view_paper",
            explain=_(
                "One archive of these days, both included: the dispensing log, the units and where each was, the "
                "manifests, the reports with their answers, recalls, destructions and the audit trail, with the digest "
                "of each file."
            ),
            form_class=DaysForm,
            perform=_ask,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/progress/", view(self.progress_view), name=self._url_name("progress")),
            path("<int:pk>/download/", view(self.download_view), name=self._url_name("download")),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        paper = self.get_object(request, object_id)
        if paper and paper.is_under_way and self.has_view_permission(request, paper):
            return redirect(self._address("progress", paper))
        return super().change_view(request, object_id, form_url, extra_context)

    def progress_view(self, request: HtmxRequest, pk: int) -> HttpResponse:
        """Show that a paper waits or is being made. htmx asks again; without JavaScript there is a link."""
        paper = self._seen(request, pk)
        if not paper.is_under_way:
            address = self._address("change", paper)
            return HttpResponseClientRedirect(address) if request.htmx else HttpResponseRedirect(address)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "paper": paper}
        page = "progress_part" if request.htmx else "progress"
        context["title"] = paper.get_kind_display()
        return TemplateResponse(request, f"admin/dispensing/paper/{page}.html", context)

    def download_view(self, request: SignedInRequest, pk: int) -> HttpResponseBase:
        """Send a paper that is ready; the audit trail says who has it."""
        from dispensing.papers.stored import CONTENT_TYPES, parts_of  # heavy: docs/adr/0018

        paper = self._seen(request, pk)
        if paper.status != Status.READY:
            messages.warning(request, _("There is nothing to download: make it again."))
            return HttpResponseRedirect(self._address("change", paper))
        record(action="paper.download", by=request.user, subject=paper)
        return StreamingHttpResponse(
            beating(parts_of(paper)),
            content_type=CONTENT_TYPES[paper.kind],
            headers={
                "Content-Disposition": f'attachment; filename="{paper.file_name}"',
                "Content-Length": str(paper.size),
                "X-Content-Type-Options": "nosniff",
            },
        )

    def _seen(self, request: HttpRequest, pk: int) -> Paper:
        if not request.user.has_perm("dispensing.view_paper"):
            raise PermissionDenied
        paper = Paper.objects.filter(pk=pk).first()
        if paper is None:
            raise Http404
        return paper

    def _address(self, what: str, paper: Paper) -> str:
        return reverse(f"admin:{self._url_name(what)}", args=[paper.pk])

    @admin.display(description=_("asked for by"))
    def by(self, paper: Paper) -> str:
        return staff_name(paper.asked_by)

    @admin.display(description=_("days"), ordering="first_date")
    def days(self, paper: Paper) -> str:
        days = dict.fromkeys((paper.first_date, paper.last_date))
        return " – ".join(date_format(day, "N j, Y") for day in days)

    @admin.display(description=_("size"))
    def bytes(self, paper: Paper) -> str:
        return filesizeformat(paper.size) if paper.size else ""

    @admin.display(description=_("file"))
    def download(self, paper: Paper) -> SafeString | str:
        if paper.status == Status.READY:
            return format_html('<a href="{}">{}</a>', self._address("download", paper), gettext("Download"))
        return gettext("Make it again: the list has the buttons.") if paper.status == Status.FAILED else ""
