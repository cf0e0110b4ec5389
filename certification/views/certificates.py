"""The certificate that a physician signed, as a page and as a PDF."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.permissions import may_as_staff
from accounts.requests import SignedInRequest
from audit.actions import record
from certification.models import Certification
from certification.presenters.changes import conditions_of
from certification.views.papers import papers_required, pdf_response

MAY_READ = "certification.view_certification"


@papers_required(MAY_READ, for_patient=True)
@require_safe
def certificate(request: SignedInRequest, certification: Certification) -> HttpResponse:
    from certification.papers.certificate import Certificate  # heavy: docs/adr/0018

    record(action="certificate.view", by=request.user, subject=certification)
    conditions = _conditions_for(request.user, certification)
    words = {"certificate": Certificate(certification, conditions), "certification": certification}
    return render(request, "certification/certificate.html", words)


@papers_required(MAY_READ, for_patient=True)
@require_safe
def certificate_as_pdf(request: SignedInRequest, certification: Certification) -> HttpResponse:
    from certification.papers.certificate import certificate_pdf  # heavy: docs/adr/0018

    record(action="certificate.view", by=request.user, subject=certification)
    paper = certificate_pdf(certification, _conditions_for(request.user, certification))
    return pdf_response(paper, name=f"certificate-{certification.number}.pdf")


def _conditions_for(user: User, certification: Certification) -> list[str]:
    """Return the conditions that the certificate names to the office, the patient and the guardian; none to staff."""
    return [] if may_as_staff(user, MAY_READ) else conditions_of(certification)
