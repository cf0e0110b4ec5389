"""What patients ask of the office, and that it was answered."""

from collections.abc import Mapping

from django.utils import timezone

from accounts.actions import notify_registrars
from accounts.models import User
from audit.actions import audited, record
from certification import rules
from certification.actions.locks import locked, locked_patient
from certification.models import Certification, PatientRequest
from notifications.actions import queue_many


@audited("request.ask", subject="certification")
def ask_office(
    *, certification: Certification, kind: str, words: str = "", address: Mapping[str, str] | None = None, by: User
) -> PatientRequest:
    """`by` (the patient, or who acts for her) asks the office of the physician who certified; `kind` as in the model.

    `address` is the new home of a report of that kind: street, unit, city, zip_code.
    Physician and delegates are told by mail, or the Registrars once she has left practice; no mail repeats `words` (at
    most 500 characters). What was asked already and waits is returned as it stands; another address takes the place of
    the one before. Raises RenewalNotOpen, RequestError, AddressError.
    """
    patient = locked_patient(certification)
    certification = locked(certification)
    today = timezone.localdate()
    rules.check_may_ask(kind, certification, today=today)
    if address is not None:
        rules.check_may_move(certification, address, today=today)
    if waits := patient.requests.open().filter(kind=kind).first():
        return _say_again(waits, address)
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
        queue_many(messages=[_told(request, address) for address in sorted(addresses)], by=by)
    return request


def _say_again(request: PatientRequest, address: Mapping[str, str] | None) -> PatientRequest:
    if request.address != address:
        request.address = address
        request.save(update_fields=["address"])
    return request


def _told(request: PatientRequest, address: str) -> dict[str, object]:
    return {
        "kind": "office_asked",
        "recipient": address,
        "context": {"request": request.pk},
        "dedupe_key": f"office_asked:{request.pk}:{address}",
    }


@audited("request.answer", subject="request")
def answer_request(*, request: PatientRequest, by: User) -> PatientRequest:
    """The office, or the Registrar, has answered, or done what was asked: it stands open no more.

    A second call changes nothing.
    """
    request = _locked(request)
    if request.answered_at is None:
        _close(request, by=by)
        record(by=by, subject=request)
    return request


@audited("request.refuse", subject="request")
def refuse_request(*, request: PatientRequest, reason: str, by: User) -> PatientRequest:
    """A report is not confirmed, for a reason that the patient reads. Raises RequestError."""
    request = _locked(request)
    rules.check_is_a_report(request)
    rules.check_refusal_has_reason(reason)
    request.refused_reason = reason.strip()
    _close(request, by=by)
    record(by=by, subject=request)
    return request


def _locked(request: PatientRequest) -> PatientRequest:
    return PatientRequest.objects.select_for_update(no_key=True, of=("self",)).get(pk=request.pk)


def _close(request: PatientRequest, *, by: User) -> None:
    request.answered_at, request.answered_by = timezone.now(), by
    request.save(update_fields=["answered_at", "answered_by", "refused_reason"])
