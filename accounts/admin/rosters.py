"""The Registrar's pages of rosters: upload, progress, result, and the list of problems to download."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect

from accounts.actions import import_for_real, upload_roster
from accounts.models import RosterImport, RosterProblem
from accounts.requests import HtmxRequest, SignedInRequest
from accounts.rosters.problems import write_problems
from audit.action_admin import ActionAdmin, RowsInline
from audit.actions import record
from ui.errors import PortalError, add_to_form
from ui.forms import PortalForm

PROBLEMS_SHOWN = 50


class RosterForm(PortalForm):
    file = forms.FileField(label=_("File"), allow_empty_file=True)
    is_dry_run = forms.BooleanField(
        label=_("Dry run"),
        required=False,
        initial=True,
        help_text=_("Says what would change, and changes nothing. You can import the same file for real afterwards."),
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > settings.ROSTER_UPLOAD_BYTES:
            megabytes = settings.ROSTER_UPLOAD_BYTES // 1_000_000
            raise ValidationError(
                _("This file is larger than %(megabytes)d MB. Have it imported on the server: import_roster."),
                params={"megabytes": megabytes},
            )
        return file


class FirstProblems(forms.models.BaseInlineFormSet):
    def get_queryset(self) -> QuerySet[RosterProblem]:
        return super().get_queryset().order_by("line", "pk")[:PROBLEMS_SHOWN]


class ProblemInline(RowsInline):
    model = RosterProblem
    formset = FirstProblems
    verbose_name_plural = _("problems (the first %(count)d)") % {"count": PROBLEMS_SHOWN}
    fields = ["line", "column", "severity", "reason"]


@admin.register(RosterImport)
class RosterImportAdmin(ActionAdmin):
    list_display = [
        "created_at", "kind", "is_dry_run", "status", "new_count", "changed_count", "unchanged_count", "bad_count",
    ]  # fmt: skip
    list_filter = ["kind", "status", "is_dry_run"]
    ordering = ["-pk"]
    fields = [
        "kind", "file_name", "status", "is_dry_run", "started_at", "finished_at", "row_count", "new_count",
        "changed_count", "unchanged_count", "bad_count", "others", "problem_list",
    ]  # fmt: skip
    readonly_fields = ["others", "problem_list"]
    inlines = [ProblemInline]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("upload/", view(self.upload_view), name=self._url_name("upload")),
            path("<int:pk>/progress/", view(self.progress_view), name=self._url_name("progress")),
            path("<int:pk>/real/", view(self.real_view), name=self._url_name("real")),
            path("<int:pk>/problems.csv", view(self.problems_view), name=self._url_name("problems")),
            *super().get_urls(),
        ]

    def list_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        if not request.user.has_perm("accounts.add_rosterimport"):
            return []
        return [{"label": _("Import a roster"), "url": reverse(f"admin:{self._url_name('upload')}")}]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        if run and run.is_under_way and self.has_view_permission(request, run):
            return redirect(self._address("progress", run))
        return super().change_view(request, object_id, form_url, extra_context)

    def upload_view(self, request: SignedInRequest) -> HttpResponse:
        if not request.user.has_perm("accounts.add_rosterimport"):
            raise PermissionDenied
        form = RosterForm(request.POST, request.FILES) if request.method == "POST" else RosterForm()
        if form.is_valid() and (run := self._upload(request, form)):
            return redirect(self._address("progress", run))
        context = self._context(request, title=_("Import a roster"), form=form)
        return TemplateResponse(request, "admin/accounts/rosterimport/upload.html", context)

    def _upload(self, request: SignedInRequest, form: RosterForm) -> RosterImport | None:
        upload = form.cleaned_data["file"]
        is_dry_run = form.cleaned_data["is_dry_run"]
        try:
            return upload_roster(file=upload.file, file_name=upload.name, is_dry_run=is_dry_run, by=request.user)
        except PortalError as error:
            add_to_form(form, error)
            return None

    def progress_view(self, request: HtmxRequest, pk: int) -> HttpResponse:
        """Show how far an import is. htmx asks again each second; without JavaScript there is a link."""
        run = self._seen(request, pk)
        if not run.is_under_way:
            self._show_result(request, run)
            address = self._address("change", run)
            return HttpResponseClientRedirect(address) if request.htmx else HttpResponseRedirect(address)
        context = self._context(request, title=_("Reading %(file)s") % {"file": run.file_name}, run=run)
        page = "progress_part" if request.htmx else "progress"
        return TemplateResponse(request, f"admin/accounts/rosterimport/{page}.html", context)

    def _show_result(self, request: HttpRequest, run: RosterImport) -> None:
        if run.status == RosterImport.Status.CUT_OFF:
            messages.error(request, _("This import was cut off. Import the file again: what was written stays."))
            return
        words = {name: getattr(run, f"{name}_count") for name in ("new", "changed", "unchanged", "bad")}
        words_of_result = _("Read: %(new)d new, %(changed)d changed, %(unchanged)d unchanged, %(bad)d bad.") % words
        messages.success(request, words_of_result)
        if run.others_count:
            messages.info(request, _("%(count)d rows are about other people.") % {"count": run.others_count})
        if run.is_dry_run:
            messages.warning(request, _("This was a dry run: nothing was changed."))

    def _buttons(self, request: HttpRequest, obj: RosterImport) -> list[dict[str, Any]]:
        if not obj.waits_for_its_real_import or not request.user.has_perm("accounts.add_rosterimport"):
            return []
        return [{"label": _("Import for real"), "url": self._address("real", obj)}]

    def real_view(self, request: SignedInRequest, pk: int) -> HttpResponse:
        """Import the file of a dry run for real."""
        dry = self._seen(request, pk)
        if not request.user.has_perm("accounts.add_rosterimport"):
            raise PermissionDenied
        form = PortalForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                return redirect(self._address("progress", import_for_real(roster_import=dry, by=request.user)))
            except PortalError as error:
                add_to_form(form, error)
        counts = {"new": dry.new_count, "changed": dry.changed_count, "bad": dry.bad_count}
        explanation = _(
            "The same file is read again, and written. By the dry run: %(new)d new, %(changed)d changed, %(bad)d bad."
        )
        context: dict[str, Any] = {"original": dry, "title": _("Import for real"), "explanation": explanation % counts}
        return self.action_page_response(request, form, change_url=self._address("change", dry), **context)

    def problems_view(self, request: SignedInRequest, pk: int) -> HttpResponse:
        run = self._seen(request, pk)
        record(action="rosterimport.download", by=request.user, subject=run)
        response = HttpResponse(
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="roster-import-{run.pk}-problems.csv"'},
        )
        write_problems(run, response)
        return response

    def _seen(self, request: HttpRequest, pk: int) -> RosterImport:
        if not request.user.has_perm("accounts.view_rosterimport"):
            raise PermissionDenied
        run = RosterImport.objects.filter(pk=pk).first()
        if run is None:
            raise Http404
        return run

    def _address(self, what: str, run: RosterImport) -> str:
        return reverse(f"admin:{self._url_name(what)}", args=[run.pk])

    def _context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, **more}

    @admin.display(description=_("about other people"))
    def others(self, run: RosterImport) -> int:
        return run.others_count

    @admin.display(description=_("problems"))
    def problem_list(self, run: RosterImport) -> SafeString | str:
        count = run.problems.count()
        if not count:
            return gettext("None")
        address = self._address("problems", run)
        return format_html('<a href="{}">{}</a>', address, _("Download %(count)d as CSV") % {"count": count})
