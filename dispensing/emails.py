"""What the messages of this app say. A message is rendered when it is sent: each function looks whether it holds."""

from typing import Any

from django.utils import timezone

from certification.writes.messages import addressee_for
from delivery.emails import Words, order_words
from dispensing.models import RecalledPerson, ReportAnswer, ReportFile, ReportRecord, SelfAssessment
from notifications import addressees, kinds
from notifications.addressees import Addressee
from notifications.models import Notification

RECALLS = ("lot_recalled", "recall_reminder")


def assessment_due(notification: Notification) -> Words:
    """Return the words while the patient of the order has a question that nobody answered or skipped."""
    words = order_words("delivered")(notification)
    if words is None:
        return None
    asked = SelfAssessment.objects.open().filter(patient=words["order"].patient_id).only("uuid").first()
    return {**words, "uuid": asked.uuid} if asked else None


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


def report_alarm(notification: Notification) -> dict[str, Any] | None:
    """Return how much is not reported in time, or that a void was not found; None when nobody has to act any more."""
    why = notification.context["why"]
    if why == "delete_not_found":
        waits = ReportAnswer.objects.to_read().filter(pk=notification.context["answer"]).exists()
        return {"why": why, "answer": notification.context["answer"]} if waits else None
    late = ReportRecord.objects.late(timezone.now()).count()
    zero = ReportFile.objects.unsent().filter(kind=ReportFile.Kind.ZERO, alarmed_at__isnull=False).count()
    return {"why": why, "late": late, "zero": zero} if late or zero else None


def register_kinds() -> None:
    """Tell the outbox about the messages of this app, and whom they are for."""
    addressees.register(addressee)
    kinds.register("assessment_due", context_for=assessment_due)
    for kind in RECALLS:
        kinds.register(kind, context_for=recall_words)
    kinds.register("report_alarm", context_for=report_alarm)
