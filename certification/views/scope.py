"""The drafts and certifications that a person may look at, and the guard of the pages of a certification."""

from functools import wraps
from uuid import UUID

from django.db.models import QuerySet, prefetch_related_objects
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.decorators import View, office_required
from accounts.models import User
from accounts.requests import SignedInRequest
from audit.actions import record
from certification.models import Caregiver, Certification, Draft, Patient
from certification.presenters.addresses import Row, step_url
from certification.presenters.people import people_of
from certification.presenters.whose import Whose, whose


class OfficeRequest(SignedInRequest):
    """A request for a page of a draft or certification. The page shows whose it is."""

    whose: Whose


def say_whose(request: OfficeRequest, row: Row) -> None:
    """Let base.html show the patient's name, birth date and age above the page."""
    request.whose = whose(row, today=timezone.localdate())


def certification_page(view: View) -> View:
    """Give the view the signed certification of this office. The address of a draft leads to the page that signs it."""

    @office_required
    @wraps(view)
    def page(request: OfficeRequest, uuid: UUID) -> HttpResponseBase:
        certification = certifications_of(request.user).filter(uuid=uuid).first()
        if certification is not None:
            say_whose(request, certification)
            return view(request, certification)
        draft = find_draft(request.user, uuid)
        if draft is None:
            raise Http404
        return redirect(step_url(draft, "sign"))

    return page


def own_certification(request: SignedInRequest, uuid: UUID) -> Certification:
    """Return a signed certification of this office, or answer 404."""
    certification = certifications_of(request.user).filter(uuid=uuid).first()
    if certification is None:
        raise Http404
    return certification


def certifications_of(user: User) -> QuerySet[Certification]:
    """The signed certifications in the hands of this office."""
    scoped = Certification.objects.in_hands_of(user, timezone.localdate())
    return scoped.select_related("physician__user", "patient", "renewal")


def find_draft(user: User, uuid: UUID) -> Draft | None:
    """Return a draft of this office, or None."""
    scoped = Draft.objects.in_hands_of(user, timezone.localdate()).filter(uuid=uuid)
    return scoped.select_related("physician__user", "applicant", "renews__patient").first()


def runs_today(certification: Certification) -> bool:
    """Return whether the certification runs today: it is active, or withdrawn with deliveries going on."""
    return certification.runs_on(timezone.localdate())


def prepared_for(user: User) -> QuerySet[Draft]:
    """Return the drafts that wait for this physician's signature, the longest wait first."""
    return Draft.objects.prepared().filter(physician__user=user).select_related("renews")


def to_sign(user: User) -> QuerySet[Draft]:
    """Return the drafts that wait for this physician's signature and are not reviewed yet."""
    return Draft.objects.waiting_for(user).select_related("renews")


def tell_who_signs(request: SignedInRequest, row: Row) -> HttpResponse:
    """Answer that only the physician can do this. A delegate prepares everything else."""
    draft = row if isinstance(row, Draft) else None
    return render(request, "certification/signer_only.html", {"draft": draft, "physician": row.physician}, status=403)


def record_view(request: SignedInRequest, row: Row) -> None:
    """Record in the audit trail that the person looked at the draft or certification."""
    record(action="certification.view", by=request.user, subject=row)


def own_people(user: User) -> list[Patient | Caregiver]:
    """Return the patient and the caregiver that this account has joined, or answer 404."""
    people = people_of(user)
    prefetch_related_objects([each for each in people if isinstance(each, Caregiver)], "assignments__patient")
    if not people:
        raise Http404
    return people
