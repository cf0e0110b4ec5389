from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ui.prepared_rows import PreparedRow


class Event(PreparedRow):
    """An act that somebody did, or was refused; reading is one too. Append-only: triggers refuse UPDATE and DELETE.

    There are no foreign keys, so that a user can be deleted, and no personal text.
    """

    class Outcome(models.TextChoices):
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    # The database's own clock. A trigger refuses any other time, so that nobody writes an event into the past.
    created_at = models.DateTimeField(db_default=Now(), editable=False, db_index=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    role = models.CharField(max_length=30, blank=True)
    action = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.DONE)
    reason = models.CharField(max_length=500, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    session = models.CharField(max_length=32, blank=True)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="event_subject"),
            models.Index(fields=["actor_id", "id"], name="event_actor"),
            models.Index(fields=["action", "id"], name="event_action"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(outcome__in=["done", "refused"]), name="event_outcome")
        ]

    def __str__(self) -> str:
        return f"event {self.pk}"


class Seal(models.Model):
    """A digest over the events of about one minute and over the seal before. Append-only, as events are.

    A seal covers the events with the ids `first_id` to `last_id` that were committed when it was made, and the events
    with lower ids that were committed after an earlier seal ("late" events). An empty range has `last_id` one below
    `first_id`. Ids that were given and not committed are in `awaited` as long as their transaction runs.
    """

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    rows_digest = models.CharField(max_length=64)
    previous_digest = models.CharField(max_length=64, blank=True, unique=True)  # two seals never follow the same one
    fingerprints = models.BinaryField()  # id and eight bytes of a digest for each event: names the event that differs
    awaited = models.JSONField(default=list)  # [{"ids": [[first, last], …], "writers": [transaction, …]}, …]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_id__gte=models.F("first_id") - 1), name="seal_range_is_in_order"
            )
        ]

    def __str__(self) -> str:
        return f"seal {self.pk}"
