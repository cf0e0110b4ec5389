"""What the mails of this app say. A mail is rendered when it is sent: each function looks whether it still holds."""

from typing import Any

from django.utils import timezone

from dispensing.models import ReportAnswer, ReportFile, ReportRecord
from notifications import kinds
from notifications.models import Notification


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
    """Tell the outbox about the messages of this app."""
    kinds.register("report_alarm", context_for=report_alarm)
