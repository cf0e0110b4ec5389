"""The monitoring report: each day, each file as it was sent, what waits for a pharmacist, and the answers."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin, ActionPage, ListActionPage, RowsInline
from audit.actions import record
from dispensing import actions
from dispensing.admin.report_forms import AnswerForm, FactsForm, SettleForm, changed_facts, initial_of
from dispensing.models import ReportAnswer, ReportAttempt, ReportFile, ReportRecord
from dispensing.presenters.reports import report_days, standing_of_reporting
from ui.errors import PortalError
from ui.forms import PortalForm
from ui.templatetags.portal import moment

CHANGE_FILE, CHANGE_RECORD = "dispensing.change_reportfile", "dispensing.change_reportrecord"
R, F = ReportRecord.Status, ReportFile.Status


class AttemptInline(RowsInline):
    model = ReportAttempt
    verbose_name_plural = _("tries")
    fields = readonly_fields = ("started_at", "ended_at", "outcome", "words")


class AnswerInline(RowsInline):
    model = ReportAnswer
    fk_name = "file"
    verbose_name_plural = _("answers")
    fields = readonly_fields = ("received_at", "kind", "errors")


class ReportTodoFilter(admin.SimpleListFilter):
    """Filter of the units on which a pharmacist has to act."""

    title = _("to do")
    parameter_name = "todo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("late", _("Not reported in time")), ("correct", _("In error"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "late":
            return queryset.late(timezone.now())  # type: ignore[attr-defined]
        return queryset.to_correct() if self.value() == "correct" else queryset  # type: ignore[attr-defined]


class AnswerTodoFilter(admin.SimpleListFilter):
    """Filter of the answers at which a pharmacist has to look."""

    title = _("to do")
    parameter_name = "todo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("read", _("To look at"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.to_read() if self.value() == "read" else queryset  # type: ignore[attr-defined]


def _make_now(request: SignedInRequest) -> Model | None:
    made = actions.make_files(now=timezone.now(), at_once=True, by=request.user)
    if not made:
        raise PortalError(_("Nothing waits to be reported."))
    return made[0]


@admin.register(ReportFile)
class ReportFileAdmin(ActionAdmin):
    """Each file of the monitoring report. Its page shows what was sent, and looking at it is recorded."""

    list_display = ["name", "kind", "count", "status", "made_at", "sent_at", "answered_at", "tries"]
    list_filter = ["status", "kind"]
    list_lookups = ("entries__record__filled_date", "day")
    search_fields = ["control_number"]
    search_help_text = _("Control number")
    ordering = ["-pk"]
    fields = readonly_fields = (
        "name", "control_number", "kind", "day", "count", "status", "made_at", "sent_at", "downloaded_by",
        "answered_at", "next_try", "digest", "text", "of_file",
    )  # fmt: skip
    inlines = [AttemptInline, AnswerInline]
    action_pages = (
        ActionPage(
            name="download",
            label=_("Hand it in yourself"),
            permission=CHANGE_FILE,
            offered=lambda file: file.status in (F.MADE, F.SENDING),
            explain=lambda _file: gettext(
                "The file counts as sent from now on. Then download it on its page, and upload it to the monitoring "
                "program at once, without another name."
            ),
            perform=lambda file, request: actions.hand_over_download(file=file, by=request.user),
            is_main=True,
        ),
        ActionPage(
            name="again",
            label=_("Send all of it again"),
            permission=CHANGE_FILE,
            offered=lambda file: file.status == F.ERROR,
            explain=lambda _file: gettext(
                "What is in error goes into a new file as it is, under a new control number. To correct a value first, "
                "open the report of the unit."
            ),
            perform=lambda file, request: actions.send_file_again(file=file, by=request.user),
        ),
    )
    list_action_pages = (
        ListActionPage(
            name="make",
            label=_("Make the file now"),
            permission=CHANGE_FILE,
            explain=_("All that waits to be reported goes into one file."),
            form_class=PortalForm,
            perform=_make_now,
        ),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the text out for whoever may not read the birth dates of patients: it holds them."""
        sees_patients = request.user.has_perm("certification.view_patient")
        return [name for name in self.fields if name != "text" or sees_patients]

    def get_urls(self) -> list[URLPattern]:
        days = self.admin_site.admin_view(self.days_view)
        text = self.admin_site.admin_view(self.text_view)
        return [
            path("days/", days, name=self._url_name("days")),
            path("<int:pk>/text/", text, name=self._url_name("text")),
            *super().get_urls(),
        ]

    def list_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        return [{"label": _("Day by day"), "url": reverse("admin:dispensing_reportfile_days")}]

    def days_view(self, request: SignedInRequest) -> HttpResponse:
        """Show how many units of each day were dispensed, reported, accepted and are in error."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        record(action="reportfile.list", by=request.user)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("The monitoring report, day by day"),
            "days": report_days(timezone.localdate()),
            "standing": standing_of_reporting(timezone.now()),
        }
        return TemplateResponse(request, "admin/dispensing/reportfile/days.html", context)

    def text_view(self, request: SignedInRequest, pk: int) -> HttpResponse:
        """Return a file under its name, to be handed in or kept; a file that waits has to be handed in first."""
        if not request.user.has_perm(CHANGE_FILE):
            raise PermissionDenied
        file = ReportFile.objects.filter(pk=pk).first()
        if file is None:
            raise Http404
        record(action="reportfile.view", by=request.user, subject=file)
        headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "X-Content-Type-Options": "nosniff"}
        return HttpResponse(file.text, content_type="text/plain; charset=us-ascii", headers=headers)

    @admin.display(description=_("next try"))
    def next_try(self, file: ReportFile) -> str:
        return moment(file.next_try_at) if file.status in (F.MADE, F.SENDING) else ""

    @admin.display(description=_("text of the file"))
    def text(self, file: ReportFile) -> str:
        address = reverse("admin:dispensing_reportfile_text", args=[file.pk])
        return format_html('<pre>{}</pre><a href="{}">{}</a>', file.text, address, gettext("Download"))

    @admin.display(description=_("reports"))
    def of_file(self, file: ReportFile) -> str:
        address = f"{reverse('admin:dispensing_reportrecord_changelist')}?entries__file={file.pk}"
        return format_html('<a href="{}">{}</a>', address, file.count)


@admin.register(ReportRecord)
class ReportRecordAdmin(ActionAdmin):
    """Each unit that is reported; the ones in error begin with why."""

    list_display = ["number", "kind", "status", "filled_date", "due_at", "sent_at"]
    list_display_links = ["number"]
    list_filter = [ReportTodoFilter, "status", "kind"]
    list_lookups = ("filled_date", "entries__file")
    search_fields = ["unit__lot_number"]
    search_help_text = _("Lot")
    ordering = ["-pk"]
    fields = readonly_fields = (
        "number", "kind", "status", "problem", "filled_date", "happened_at", "due_at", "file", "sent_at", "accepted_at",
        "replaces", "pharmacy_number",
    )  # fmt: skip
    action_pages = (
        ActionPage(
            name="correct",
            label=_("Correct and send again"),
            permission=CHANGE_RECORD,
            offered=lambda row: row.status in (R.HELD, R.ERROR),
            explain=lambda row: row.problem or "",
            form_class=FactsForm,
            initial=lambda row: initial_of(row.facts),
            perform=lambda row, request, **said: actions.correct_report(
                report=row, facts=changed_facts(row.facts, said), by=request.user
            ),
            is_main=True,
        ),
        ActionPage(
            name="settle",
            label=_("The program has it"),
            permission=CHANGE_RECORD,
            offered=lambda row: row.status == R.ERROR and row.sent_at is not None,
            explain=lambda _row: gettext(
                "Use this where the status mail of the program says that it has this report, such as a duplicate. It "
                "counts as accepted."
            ),
            form_class=SettleForm,
            perform=lambda row, request, reason: actions.settle_report(report=row, reason=reason, by=request.user),
        ),
        ActionPage(
            name="revise",
            label=_("Revise"),
            permission=CHANGE_RECORD,
            offered=lambda row: row.status in (R.FILED, R.ACCEPTED) and row.sent_at is not None and row.kind != "void",
            explain=lambda _row: gettext(
                "The fields hold what our records say today. What you enter replaces what was reported of this unit."
            ),
            form_class=FactsForm,
            initial=lambda row: initial_of(actions.facts_today(row)),
            perform=lambda row, request, **said: actions.revise_report(
                report=row, facts=changed_facts(actions.facts_today(row), said), by=request.user
            ),
        ),
    )

    @admin.display(description=_("serial"), ordering="unit")
    def number(self, row: ReportRecord) -> str:
        return f"{row.unit_id:06d}"


def _enter(request: SignedInRequest, *, file: Any, text: str) -> ReportAnswer:
    name, given = (file.name, file.read().decode(errors="replace")) if file else ("", text)
    return actions.record_answer(text=given, name=name, by=request.user)


@admin.register(ReportAnswer)
class ReportAnswerAdmin(ActionAdmin):
    """Each answer of the monitoring program, and why one could not be used."""

    list_display = ["received_at", "kind", "file", "is_alarm", "read_at"]
    list_filter = [AnswerTodoFilter, "kind", "is_alarm"]
    list_select_related = ["file"]
    ordering = ["-pk"]
    fields = readonly_fields = (
        "received_at", "name", "kind", "file", "errors", "trouble", "alarm", "entered_by", "read_at", "read_by",
        "whole",
    )  # fmt: skip
    action_pages = (
        ActionPage(
            name="read",
            label=_("I have dealt with it"),
            permission="dispensing.change_reportanswer",
            offered=lambda row: row.read_at is None and (row.trouble is not None or row.is_alarm),
            explain=lambda row: row.trouble or row.errors or "",
            perform=lambda row, request: actions.tick_off_answer(answer=row, by=request.user),
        ),
    )
    list_action_pages = (
        ListActionPage(
            name="enter",
            label=_("Enter an answer"),
            permission="dispensing.add_reportanswer",
            explain=_("For answers that the portal does not fetch itself. One that it cannot use is kept, with why."),
            form_class=AnswerForm,
            perform=_enter,
        ),
    )

    @admin.display(description=_("alarm"))
    def alarm(self, row: ReportAnswer) -> str:
        return gettext("A void did not find the report that it takes back.") if row.is_alarm else ""

    @admin.display(description=_("as received"))
    def whole(self, row: ReportAnswer) -> str:
        return format_html("<pre>{}</pre>", row.text)
