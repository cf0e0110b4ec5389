"""The certificate that a physician signed, as a page and as a PDF."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from audit.actions import record
from certification.models import Certification
from certification.papers.certificate import Certificate, certificate_pdf
from certification.views.papers import papers_required, pdf_response

MAY_READ = "certification.view_certification"


@papers_required(MAY_READ, for_patient=True)
@require_safe
def certificate(request: SignedInRequest, certification: Certification) -> HttpResponse:
    record(action="certificate.view", by=request.user, subject=certification)
    words = {"certificate": Certificate(certification), "certification": certification}
    return render(request, "certification/certificate.html", words)


@papers_required(MAY_READ, for_patient=True)
@require_safe
def certificate_as_pdf(request: SignedInRequest, certification: Certification) -> HttpResponse:
    record(action="certificate.view", by=request.user, subject=certification)
    return pdf_response(certificate_pdf(certification), name=f"certificate-{certification.number}.pdf")
