"""The Registrar's page of rosters: upload, what came of it, and the list of problems to download."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.actions import import_roster
from accounts.models import RosterImport, RosterProblem
from accounts.roster_problems import write_problems
from audit.action_admin import ActionAdmin
from audit.actions import record
from ui.errors import PortalError, add_to_form
from ui.forms import PortalForm

PROBLEMS_SHOWN = 50


class RosterForm(PortalForm):
    file = forms.FileField(label=_("File"), allow_empty_file=True)
    is_dry_run = forms.BooleanField(
        label=_("Dry run"), required=False, initial=True, help_text=_("Says what would change, and changes nothing.")
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.ROSTER_UPLOAD_BYTES:
            megabytes = settings.ROSTER_UPLOAD_BYTES // 1_000_000
            raise ValidationError(
                _("This file is larger than %(megabytes)d MB. Have it imported on the server: import_roster."),
                params={"megabytes": megabytes},
            )
        return file


class FirstProblems(forms.models.BaseInlineFormSet):
    def get_queryset(self):
        return super().get_queryset().order_by("line", "pk")[:PROBLEMS_SHOWN]


class ProblemInline(admin.TabularInline):
    model = RosterProblem
    formset = FirstProblems
    verbose_name_plural = _("problems (the first %(count)d)") % {"count": PROBLEMS_SHOWN}
    fields = ["line", "column", "severity", "reason"]
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("accounts.view_rosterimport")


@admin.register(RosterImport)
class RosterImportAdmin(ActionAdmin):
    list_display = [
        "started_at", "kind", "is_dry_run", "finished_at", "new_count", "changed_count", "unchanged_count", "bad_count",
    ]  # fmt: skip
    list_filter = ["kind", "is_dry_run"]
    ordering = ["-pk"]
    fields = [
        "kind", "file_name", "is_dry_run", "started_at", "finished_at", "row_count", "new_count", "changed_count",
        "unchanged_count", "bad_count", "problem_list",
    ]  # fmt: skip
    readonly_fields = ["problem_list"]
    inlines = [ProblemInline]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("upload/", view(self.upload_view), name=self._url_name("upload")),
            path("<int:pk>/problems.csv", view(self.problems_view), name=self._url_name("problems")),
            *super().get_urls(),
        ]

    def upload_view(self, request):
        if not request.user.has_perm("accounts.add_rosterimport"):
            raise PermissionDenied
        form = RosterForm(request.POST, request.FILES) if request.method == "POST" else RosterForm()
        if form.is_valid() and (run := self._import(request, form)):
            return HttpResponseRedirect(reverse(f"admin:{self._url_name('change')}", args=[run.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Import a roster"),
            "form": form,
        }
        return TemplateResponse(request, "admin/accounts/rosterimport/upload.html", context)

    def _import(self, request, form):
        upload = form.cleaned_data["file"]
        try:
            run = import_roster(
                file=upload.file, file_name=upload.name, is_dry_run=form.cleaned_data["is_dry_run"], by=request.user
            )
        except PortalError as error:
            add_to_form(form, error)
            return None
        words = {"new": run.new_count, "changed": run.changed_count, "bad": run.bad_count}
        messages.success(request, _("Read: %(new)d new, %(changed)d changed, %(bad)d bad.") % words)
        if run.is_dry_run:
            messages.warning(request, _("This was a dry run: nothing was changed."))
        return run

    def problems_view(self, request, pk):
        if not request.user.has_perm("accounts.view_rosterimport"):
            raise PermissionDenied
        run = RosterImport.objects.filter(pk=pk).first()
        if run is None:
            raise Http404
        record(action="rosterimport.download", by=request.user, subject=run)
        response = HttpResponse(
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="roster-import-{run.pk}-problems.csv"'},
        )
        write_problems(run, response)
        return response

    @admin.display(description=_("problems"))
    def problem_list(self, run):
        count = run.problems.count()
        if not count:
            return _("None")
        address = reverse(f"admin:{self._url_name('problems')}", args=[run.pk])
        return format_html('<a href="{}">{}</a>', address, _("Download %(count)d as CSV") % {"count": count})
