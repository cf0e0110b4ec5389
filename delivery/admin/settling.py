"""The settling sheet of a run in the admin, as a PDF to count on and to keep."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin
from audit.actions import record
from delivery import rules
from delivery.models import Run
from delivery.presenters.settling import settling_of

MAY_SETTLE = "delivery.change_run"


def settling_words(run: Run) -> dict[str, Any]:
    """Return what the page that settles a run shows besides its form: the money, and what has to happen before."""
    return {
        "settling": settling_of(run),
        "not_yet": rules.refusal_of(rules.check_nothing_is_out, run),
    }


class SettlingPages(ActionAdmin):
    """Adds the settling sheet to the admin of the runs."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.settling_view)
        return [path("<int:pk>/settling/", view, name=self._url_name("settling")), *super().get_urls()]

    def settling_view(self, request: SignedInRequest, pk: int) -> HttpResponse:
        """Return the sheet of a run as a PDF."""
        from delivery.papers.settling_sheet import settling_sheet_pdf  # heavy: docs/adr/0018

        if not request.user.has_perm(MAY_SETTLE):
            raise PermissionDenied
        run = Run.objects.select_related("window", "driver", "closed_by").filter(pk=pk).first()
        if run is None:
            raise Http404
        record(action="run.view", by=request.user, subject=run)
        return HttpResponse(
            settling_sheet_pdf(settling_of(run), now=timezone.now()),
            content_type="application/pdf",
            headers={
                "Content-Disposition": f'attachment; filename="settling-{run}.pdf"',
                "X-Content-Type-Options": "nosniff",
            },
        )
