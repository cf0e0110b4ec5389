"""Cards: issued when first shown or printed, ended when they are lost."""

import secrets

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from certification import rules
from certification.actions.requests import answer_request
from certification.models import Card, Caregiver, Patient, PatientRequest
from notifications.actions import queue
from ui.text import token_digest

TOKEN_BYTES = 16  # 128 bits: nobody guesses one, and the QR code stays coarse enough for a worn card


def card_of(*, person: Patient | Caregiver, by: User | None) -> Card:
    """The person's live card, issued now when there is none yet: one that was printed before is the same again."""
    return Card.objects.live().of(person).first() or issue_card(person=person, by=by)


@audited("card.issue", subject="person")
def issue_card(*, person: Patient | Caregiver, by: User | None) -> Card:
    """A new card with a token of its own; a second call returns the same. Raises CardError."""
    type(person).objects.select_for_update(no_key=True).get(pk=person.pk)
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
    record(by=by, subject=card)
    return card


@audited("card.revoke", subject="card")
def revoke_card(*, card: Card, reason: str, by: User | None) -> Card:
    """End a card for a `Card.Reason`: its code says so from now on, and the next one shown or printed is a new one.

    The person is told, by phone where there is no e-mail. A second call returns the card as it was ended.
    """
    person = card.person
    type(person).objects.select_for_update(no_key=True).get(pk=person.pk)
    card = Card.objects.select_for_update(no_key=True).get(pk=card.pk)
    if card.revoked_at:
        return card
    card.revoked_at = timezone.now()
    card.revoked_reason = Card.Reason(reason)
    card.save(update_fields=["revoked_at", "revoked_reason"])
    record(by=by, subject=card, reason=card.revoked_reason)
    _answer_reports(person, by=by)
    queue(
        kind="card_revoked",
        recipient=person.email or str(person.phone),
        channel="email" if person.email else "phone",
        context={"card": card.pk},
        dedupe_key=f"card_revoked:{card.pk}",
        language=person.language,
        by=by,
    )
    return card


def _answer_reports(person: Patient | Caregiver, *, by: User | None) -> None:
    """What was said of a lost card is done with."""
    patients = [person] if isinstance(person, Patient) else Patient.objects.filter(assignments__caregiver=person)
    reports = PatientRequest.objects.open().filter(kind=PatientRequest.Kind.LOST_CARD, patient__in=patients)
    if by is not None:
        for report in reports:
            answer_request(request=report, by=by)
