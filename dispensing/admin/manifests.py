"""The manifest of a run as a PDF, behind a button on the page of the run."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin
from audit.actions import record, record_many
from delivery.models import Order, Run
from dispensing.presenters.manifest import manifest_of

MAY_PRINT = "delivery.view_handover"  # Pharmacist, Manager and Auditor


class ManifestPages(ActionAdmin):
    """Adds the manifest of a run to the admin of the units."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.manifest_view)
        return [path("manifest/<int:pk>/", view, name=self._url_name("manifest")), *super().get_urls()]

    def manifest_view(self, request: SignedInRequest, pk: int) -> HttpResponse:
        """Return the manifest of a run; the audit trail says whose addresses were printed."""
        from dispensing.papers.manifest import manifest_pdf  # heavy: docs/adr/0018

        if not request.user.has_perm(MAY_PRINT):
            raise PermissionDenied
        run = Run.objects.select_related("window", "driver").filter(pk=pk).first()
        if run is None:
            raise Http404
        manifest = manifest_of(run)
        record(action="manifest.print", by=request.user, subject=run)
        orders = Order.objects.filter(number__in=[row.order for row in manifest.rows])
        record_many(action="order.print", by=request.user, subjects=orders)
        return HttpResponse(
            manifest_pdf(manifest, now=timezone.now()),
            content_type="application/pdf",
            headers={
                "Content-Disposition": f'attachment; filename="manifest-{manifest.number}.pdf"',
                "X-Content-Type-Options": "nosniff",
            },
        )
