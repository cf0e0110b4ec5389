"""What the mails of this app say. A mail is rendered when it is sent: each function looks whether it still holds."""

from delivery.emails import Words, order_words
from dispensing.models import SelfAssessment
from notifications import kinds
from notifications.models import Notification


def assessment_due(notification: Notification) -> Words:
    """Return the words while the patient of the order has a question that nobody answered or skipped."""
    words = order_words("delivered")(notification)
    if words is None:
        return None
    asked = SelfAssessment.objects.open().filter(patient=words["order"].patient_id).only("uuid").first()
    return {**words, "uuid": asked.uuid} if asked else None


def register_kinds() -> None:
    """Tell the outbox about the messages of this app."""
    kinds.register("assessment_due", context_for=assessment_due)
