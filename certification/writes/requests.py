"""The answers to what patients ask of an office. Each write runs inside the caller's transaction."""

from django.utils import timezone

from accounts.models import User
from audit.actions import record
from certification.models import PatientRequest
from certification.writes.locks import lock_request


def answer(request: PatientRequest, *, by: User) -> PatientRequest:
    """Write that the request is answered, and return it; a second call changes nothing."""
    request = lock_request(request)
    if request.answered_at is None:
        write_answer(request, by=by)
        record(action="request.answer", by=by, subject=request)
    return request


def write_answer(request: PatientRequest, *, by: User) -> None:
    """Write who has answered the locked request, now, with its reason where it was refused."""
    request.answered_at, request.answered_by = timezone.now(), by
    request.save(update_fields=["answered_at", "answered_by", "refused_reason", "refused_reason_es"])
