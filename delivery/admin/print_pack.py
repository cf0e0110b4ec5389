"""The link to the print pack of a window in the admin, and the PDF behind it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin
from audit.actions import record, record_many
from delivery.admin import columns
from delivery.models import DeliveryWindow
from delivery.presenters.print_pack import print_pack

MAY_PRINT = "delivery.print_pack"
WINDOWS_OFFERED = 6  # on the list of runs


class PrintPackPages(ActionAdmin):
    """Adds the print pack to the admin of the runs."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.pack_view)
        return [path("pack/<int:window_id>/", view, name=self._url_name("pack")), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        packs = _packs() if request.user.has_perm(MAY_PRINT) else []
        return super().changelist_view(request, {**(extra_context or {}), "packs": packs})

    def pack_view(self, request: SignedInRequest, window_id: int) -> HttpResponse:
        """Return the pack of a window as a PDF; the audit trail says whose addresses and birth dates were printed."""
        from delivery.papers.print_pack import print_pack_pdf  # heavy: docs/adr/0018

        if not request.user.has_perm(MAY_PRINT):
            raise PermissionDenied
        window = DeliveryWindow.objects.filter(pk=window_id).first()
        if window is None:
            raise Http404
        pack = print_pack(window)
        if not pack.stops:
            words = _("%(window)s has no open order, so there is nothing to print.")
            messages.warning(request, words % {"window": columns.when(window)})
            return HttpResponseRedirect(self.list_address())
        record(action="pack.print", by=request.user, subject=window)
        record_many(action="order.print", by=request.user, subjects=[stop.order for stop in pack.stops])
        return HttpResponse(
            print_pack_pdf(pack, now=timezone.now()),
            content_type="application/pdf",
            headers={
                "Content-Disposition": f'attachment; filename="print-pack-{window.code}.pdf"',
                "X-Content-Type-Options": "nosniff",
            },
        )


def _packs() -> list[tuple[str, str]]:
    """Return the coming windows that have orders, each with the address of its pack."""
    coming = DeliveryWindow.objects.filter(date__gte=timezone.localdate(), booked__gt=0)[:WINDOWS_OFFERED]
    return [(columns.when(window), reverse("admin:delivery_run_pack", args=[window.pk])) for window in coming]
