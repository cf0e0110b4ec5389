"""What the messages of this app say. A message is rendered when it is sent: each function looks whether it holds."""

from typing import Any

from certification.writes.messages import addressee_for
from dispensing.models import RecalledPerson
from notifications import addressees, kinds
from notifications.addressees import Addressee
from notifications.models import Notification

Words = dict[str, Any] | None  # for the templates, or None when the message no longer holds
RECALLS = ("lot_recalled", "recall_reminder")


def recall_words(notification: Notification) -> Words:
    """Return the recall, and who is told, while the recall is open and nobody has answered or been reached."""
    waiting = RecalledPerson.objects.waiting().of_open_recalls()
    people = waiting.select_related("recall", "patient__user", "caregiver__user")
    row = people.filter(pk=notification.context["person"]).first()
    return None if row is None else words_of(row)


def words_of(row: RecalledPerson) -> dict[str, Any]:
    """Return the words of a message about a recall: no product is named."""
    return {"row": row, "recall": row.recall, "person": row.told, "patient": row.patient}


def addressee(notification: Notification, words: dict[str, Any]) -> Addressee | None:
    """Return whom a message about a recall is for."""
    return addressee_for(words["person"]) if notification.kind in RECALLS else None


def register_kinds() -> None:
    """Tell the outbox about the messages of this app, and whom they are for."""
    addressees.register(addressee)
    for kind in RECALLS:
        kinds.register(kind, context_for=recall_words)
