"""What patients ask of the office, and that it was answered."""

from django.utils import timezone

from accounts.actions import tell_registrars
from accounts.models import User
from audit.actions import audited, record
from certification import rules
from certification.actions.drafts import locked
from certification.models import Certification, Patient, PatientRequest
from notifications.actions import queue_many


@audited("request.ask")
def ask_office(*, certification: Certification, kind: str, words: str, by: User) -> PatientRequest:
    """`by` (the patient, or who acts for her) asks the office of the physician who certified; `kind` as in the model.

    Physician and delegates are told by mail, or the Registrars once she has left practice; no mail repeats `words` (at
    most 500 characters). What was asked already and waits is returned as it stands. Raises RenewalNotOpen.
    """
    patient = Patient.objects.select_for_update(no_key=True, of=("self",)).get(certifications=certification)
    certification = locked(certification)
    today = timezone.localdate()
    if waits := patient.requests.open().filter(kind=kind).first():
        return waits
    rules.check_may_ask(kind, certification, today=today)
    physician = rules.signer_of(certification)
    request = PatientRequest.objects.create(
        patient=patient, physician=physician, kind=kind, words=words.strip(), asked_by=by
    )
    record(action="request.ask", by=by, subject=request)
    if physician.has_left_on(today):
        tell_registrars(kind="office_asked", about={"request": request.pk}, key=str(request.pk), by=by)
    else:
        delegates = physician.delegates.current(today).filter(user__isnull=False)
        addresses = {physician.email, *delegates.values_list("user__email", flat=True)}
        queue_many(messages=[_told(request, address) for address in sorted(addresses)], by=by)
    return request


def _told(request: PatientRequest, address: str) -> dict[str, object]:
    return {
        "kind": "office_asked",
        "recipient": address,
        "context": {"request": request.pk},
        "dedupe_key": f"office_asked:{request.pk}:{address}",
    }


@audited("request.answer")
def answer_request(*, request: PatientRequest, by: User) -> PatientRequest:
    """The office, or the Registrar, has answered: it stands open no more. A second call changes nothing."""
    request = PatientRequest.objects.select_for_update(no_key=True, of=("self",)).get(pk=request.pk)
    if request.answered_at is None:
        request.answered_at, request.answered_by = timezone.now(), by
        request.save(update_fields=["answered_at", "answered_by"])
        record(action="request.answer", by=by, subject=request)
    return request
