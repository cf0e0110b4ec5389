"""The admin of the letters that staff print and post."""

from typing import cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.action_admin import ActionAdmin, ActionPage, ListActionPage
from audit.actions import record
from notifications.actions import letters
from notifications.models import LetterBatch, Notification
from notifications.reading import record_reading
from ui.forms import PortalForm

MAY_POST = "notifications.change_letterbatch"


@admin.register(LetterBatch)
class LetterBatchAdmin(ActionAdmin):
    """The batches of letters: one is made, printed as often as the printer needs, and then marked as posted."""

    list_display = ["batch", "created_at", "count", "posted_at", "posted_by"]
    list_filter = [("posted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["made_by", "posted_by"]
    ordering = ["-pk"]
    fields = ["created_at", "made_by", "count", "pdf", "posted_at", "posted_by"]
    list_action_pages = (
        ListActionPage(
            name="make",
            label=_("Take the waiting letters"),
            permission=MAY_POST,
            explain=_(
                "At most 200 letters that wait, the most urgent first, become a batch with one PDF. Print it, put the "
                "letters into window envelopes (#10), and mark the batch as posted."
            ),
            form_class=PortalForm,
            perform=lambda request: letters.make_batch(by=request.user),
        ),
    )
    action_pages = (
        ActionPage(
            name="posted",
            label=_("Mark as posted"),
            permission=MAY_POST,
            offered=lambda batch: batch.posted_at is None,
            explain=lambda _batch: _("Every letter of this batch is in the mail. It then counts as sent."),
            perform=lambda batch, request: letters.post_batch(batch=batch, by=request.user),
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.pdf_view)
        return [path("<int:pk>/pdf/", view, name=self._url_name("pdf")), *super().get_urls()]

    def pdf_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the letters to print, until they were posted. Printing twice gives the same letters."""
        from certification.papers.mailing import letters_pdf  # heavy: docs/adr/0018

        if not request.user.has_perm(MAY_POST):
            raise PermissionDenied
        batch = LetterBatch.objects.filter(pk=pk, posted_at=None).first()
        if batch is None:
            raise Http404
        record(action="letters.print", by=cast(User, request.user), subject=batch)
        record_reading(Notification.objects.to_print(batch), by=cast(User, request.user))
        name = f"letters-{batch.pk}.pdf"
        return HttpResponse(
            letters_pdf(batch),
            content_type="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
        )

    @admin.display(description=_("batch"), ordering="pk")
    def batch(self, batch: LetterBatch) -> str:
        return str(batch.pk)

    @admin.display(description=_("letters"))
    def pdf(self, batch: LetterBatch) -> str:
        if batch.posted_at:
            return ""
        return format_html(
            '<a href="{}">{}</a>', reverse(f"admin:{self._url_name('pdf')}", args=[batch.pk]), _("Print (PDF)")
        )
