"""Whether the card at the door is the card of the person who takes the order. `check_card` raises HandOverError."""

import re
from urllib.parse import unquote

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from certification.models import Card, Caregiver, Patient
from delivery.rules.errors import HandOverError
from ui.search_terms import SearchTerm
from ui.text import token_digest

MOST_TYPED = 300
CODE = re.compile(r"/verify/([^/?#\s]+)/?$")  # what the code on a card says: the address of its page


def check_card(typed: str, person: Patient | Caregiver) -> None:
    """The number that was typed, or the code that was scanned, is of a card of this person; raises HandOverError."""
    text = typed.strip()[:MOST_TYPED]
    if not text:
        words = _("Scan the card, or enter its number. Without a card, choose “No medical marijuana card”.")
        raise HandOverError(words, field="card")
    if code := CODE.search(text):
        check_code(unquote(code[1]), person)
    elif SearchTerm(text).number(person.number[0], needs_letter=False) != person.number:
        words = _("This is not the number of the card of %(name)s. Read it again from the card.")
        raise HandOverError(words % {"name": person.name}, field="card")


def check_code(token: str, person: Patient | Caregiver) -> None:
    """The token of a scanned code is of a card of this person that was not replaced; raises HandOverError."""
    card = Card.objects.select_related("patient", "caregiver").filter(token_digest=token_digest(token)).first()
    if card is None:
        words = _("This code is of no card of ours. A certificate does not count: scan the card, or enter its number.")
        raise HandOverError(words, field="card")
    if card.person != person:
        words = _("This card is not of %(name)s, who takes the order.")
        raise HandOverError(words % {"name": person.name}, field="card")
    if card.revoked_at is not None:
        words = _("This card was replaced on %(day)s. Ask for the new card.")
        raise HandOverError(words % {"day": date_format(localtime(card.revoked_at), "DAY_FORMAT")}, field="card")
