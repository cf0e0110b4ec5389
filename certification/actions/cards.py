"""Cards: issued when first shown or printed, revoked when they are lost."""

from accounts.models import User
from audit.actions import audited
from certification.models import Card, Caregiver, Patient
from certification.writes import cards
from ui.prepared import Prepared


def card_of(*, person: Patient | Caregiver, by: User | None) -> Card:
    """Return the person's live card; it is issued now when there is none yet, so a second print is the same card."""
    return _live.first(**{_KINDS[type(person)]: person.pk}) or issue_card(person=person, by=by)


_KINDS: dict[type, str] = {Patient: "patient", Caregiver: "caregiver"}
_live = Prepared(lambda **person: Card.objects.live().filter(**person)[:1])


@audited("card.issue", subject="person")
def issue_card(*, person: Patient | Caregiver, by: User | None) -> Card:
    """Issue a card with a token of its own and return it; a second call returns the same card. Raises CardError."""
    return cards.issue(person, by=by)


@audited("card.revoke", subject="card")
def revoke_card(*, card: Card, reason: str, by: User | None) -> Card:
    """Revoke a card for a `Card.Reason` and return it: its code says so, and the next card shown or printed is new.

    The person is notified, by phone where there is no e-mail address. A second call returns the card as it is.
    """
    return cards.revoke(card, reason=reason, by=by)
