"""What patients ask of an office, and the answers."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts.actions import notify_registrars
from accounts.models import User
from audit.actions import audited, record
from certification import rules
from certification.models import Certification, PatientRequest
from certification.writes.locks import lock_certification, lock_patient_of, lock_request
from certification.writes.requests import answer, write_answer
from notifications.actions import queue_many


@audited("request.ask", subject="certification")
def ask_office(
    *, certification: Certification, kind: str, words: str = "", address: Mapping[str, str] | None = None, by: User
) -> PatientRequest:
    """Write what the patient, or the caregiver, asks of the office of the physician who certified; return the request.

    `kind` is a `PatientRequest.Kind`. `address` is the new home where that is reported: street, unit, city, zip_code.
    The physician and the delegates get a mail, or the Registrars once the physician has left practice; no mail repeats
    `words` (at most 500 characters). A request of the same kind that waits already is returned; another address
    replaces its address. Raises RenewalNotOpen, RequestError, AddressError.
    """
    patient = lock_patient_of(certification)
    certification = lock_certification(certification)
    today = timezone.localdate()
    rules.check_may_ask(kind, certification, today=today)
    if address is not None:
        rules.check_may_move(certification, address, today=today)
    if waiting := patient.requests.open().filter(kind=kind).first():
        return _with_address(waiting, address)
    physician = certification.physician
    request = PatientRequest.objects.create(
        patient=patient, physician=physician, kind=kind, words=words.strip(), address=address, asked_by=by
    )
    record(by=by, subject=request)
    if physician.has_left_on(today):
        notify_registrars(kind="office_asked", about={"request": request.pk}, key=str(request.pk), by=by)
    else:
        delegates = physician.delegates.current(today).filter(user__isnull=False)
        addresses = {physician.email, *delegates.values_list("user__email", flat=True)}
        queue_many(messages=[_message(request, address) for address in sorted(addresses)], by=by)
    return request


def _with_address(request: PatientRequest, address: Mapping[str, str] | None) -> PatientRequest:
    if request.address != address:
        request.address = address
        request.save(update_fields=["address"])
    return request


def _message(request: PatientRequest, address: str) -> dict[str, Any]:
    return {
        "kind": "office_asked",
        "recipient": address,
        "context": {"request": request.pk},
        "dedupe_key": f"office_asked:{request.pk}:{address}",
    }


@audited("request.answer", subject="request")
def answer_request(*, request: PatientRequest, by: User) -> PatientRequest:
    """Write that the office or the Registrar has answered the request, or done what was asked; return the request.

    A second call changes nothing.
    """
    return answer(request, by=by)


@audited("request.refuse", subject="request")
def refuse_request(*, request: PatientRequest, reason: str, reason_es: str = "", by: User) -> PatientRequest:
    """Refuse a report for a reason that the patient reads, and return it. Raises RequestError."""
    request = lock_request(request)
    rules.check_is_a_report(request)
    rules.check_refusal_has_reason(reason)
    request.refused_reason, request.refused_reason_es = reason.strip(), reason_es.strip() or None
    write_answer(request, by=by)
    record(by=by, subject=request)
    return request
