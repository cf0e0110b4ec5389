"""Cards: issued when first shown or printed, and revoked. Each write runs inside the caller's transaction."""

import secrets

from django.utils import timezone

from accounts.models import User
from audit.actions import record
from certification import rules
from certification.models import Card, Caregiver, Patient, PatientRequest
from certification.writes.locks import lock_person
from certification.writes.messages import message_to
from certification.writes.requests import answer
from notifications.actions import queue_many
from ui.text import token_digest

TOKEN_BYTES = 16  # 128 bits: nobody guesses one, and the QR code stays coarse enough for a worn card


def issue(person: Patient | Caregiver, *, by: User | None) -> Card:
    """Issue a card with a token of its own; a person with a live card keeps that card. Raises CardError."""
    lock_person(person)
    if card := Card.objects.live().of(person).first():
        return card
    rules.check_may_have_card(person, today=timezone.localdate())
    token = secrets.token_urlsafe(TOKEN_BYTES)
    card = Card.objects.create(
        **{"patient" if isinstance(person, Patient) else "caregiver": person},
        token=token,
        token_digest=token_digest(token),
        issued_at=timezone.now(),
    )
    record(action="card.issue", by=by, subject=card)
    return card


def revoke(card: Card, *, reason: str, by: User | None) -> Card:
    """Revoke a card for a `Card.Reason`, notify the person, and answer the reports of a lost card.

    A card that is revoked already is returned as it is.
    """
    person = card.person
    lock_person(person)
    card = Card.objects.select_for_update(no_key=True).get(pk=card.pk)
    if card.revoked_at:
        return card
    card.revoked_at = timezone.now()
    card.revoked_reason = Card.Reason(reason)
    card.save(update_fields=["revoked_at", "revoked_reason"])
    record(action="card.revoke", by=by, subject=card, reason=card.revoked_reason)
    if by is not None:
        _answer_reports(person, by=by)
    queue_many(messages=[message_to(person, "card_revoked", context={"card": card.pk}, key=str(card.pk))], by=by)
    return card


def _answer_reports(person: Patient | Caregiver, *, by: User) -> None:
    patients = [person] if isinstance(person, Patient) else Patient.objects.filter(assignments__caregiver=person)
    reports = PatientRequest.objects.open().filter(kind=PatientRequest.Kind.LOST_CARD, patient__in=patients)
    for report in reports:
        answer(report, by=by)
