from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from ui.fields import EncryptedTextField


class NotificationQuerySet(models.QuerySet):
    def waiting_mails(self) -> "NotificationQuerySet":
        """Return the e-mails that are not sent yet: new ones, those of another try, and those being sent."""
        waits = [Notification.Status.QUEUED, Notification.Status.SENDING]
        return self.filter(status__in=waits, channel=Notification.Channel.EMAIL)

    def failed_since(self, moment: datetime) -> "NotificationQuerySet":
        """Return the messages written since `moment` that have failed. (No message is tried for two days.)"""
        return self.filter(status=Notification.Status.FAILED, created_at__gte=moment)


class Notification(models.Model):
    """A message to one recipient.

    It is written in the transaction of what it is about, and rendered when it is sent.
    """

    URGENT, BULK = 5, 9  # priorities: somebody waits for the first kind, nobody for an hour for the second

    class Channel(models.TextChoices):
        EMAIL = "email", _("e-mail")
        PHONE = "phone", _("phone call by staff")

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("no longer true")

    created_at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=60)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    recipient = models.CharField(max_length=254)
    language = models.CharField(max_length=10, default="en")
    context = models.JSONField(default=dict, help_text=_("Ids, dates and figures; never names."))
    secret = EncryptedTextField(
        null=True, blank=True, editable=False, help_text=_("A one-time link, erased when sent.")
    )
    dedupe_key = models.CharField(max_length=200, unique=True)
    due_at = models.DateTimeField()
    priority = models.PositiveSmallIntegerField(default=URGENT, help_text=_("1 goes first."))
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    # A message may kill each worker that sends it. The try gets no answer, so `attempts` cannot tell.
    lost_workers = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text=_("How many workers died, or ran out of time, with the message in hand.")
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=120, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        # The last four hold only what their figure counts, so a million sent messages cost the figures nothing.
        indexes = [
            models.Index(fields=["status", "priority", "due_at", "id"], name="notification_to_send"),
            models.Index(
                fields=["created_at"],
                condition=models.Q(channel="email", priority__lt=9, status__in=["queued", "sending"]),
                name="notification_urgent_waits",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(channel="email", priority__gte=9, status__in=["queued", "sending"]),
                name="notification_bulk_waits",
            ),
            models.Index(
                fields=["status", "channel", "priority", "due_at"],  # SQLite prefers it for the first two
                condition=models.Q(channel="phone", status="queued"),
                name="notification_calls",
            ),
            models.Index(
                fields=["created_at", "last_error"],
                condition=models.Q(status="failed"),
                name="notification_failed",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["queued", "sending", "sent", "failed", "cancelled"]),
                name="notification_status",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="sending") | models.Q(lease_until__isnull=False),
                name="notification_sending_has_lease",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="sent") | models.Q(sent_at__isnull=False, secret__isnull=True),
                name="notification_sent_has_time_and_no_secret",
            ),
        ]

    def __str__(self) -> str:
        return f"notification {self.pk}"
