"""How far the daily run of renewal reminders has come."""

from typing import Self

from django.db import models


class ReminderRunQuerySet(models.QuerySet["ReminderRun"]):
    def unfinished(self) -> Self:
        """Return the runs that a time limit or an error stopped, the oldest first."""
        return self.filter(finished_at__isnull=True).order_by("day")


class ReminderRun(models.Model):
    """The run of one day. It goes through the certifications by date of the end and id, and notes the last one told.

    What stops it loses nothing: the next run goes on after that certification.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    day = models.DateField(unique=True)
    after_date = models.DateField()  # with after_id, the place of the last certification that has its reminders
    after_id = models.BigIntegerField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ReminderRunQuerySet.as_manager()

    def __str__(self) -> str:
        return f"reminders of {self.day}"

    def left(self) -> models.Q:
        """Return a filter of the certifications behind the place of this run."""
        behind = models.Q(expires_date__gt=self.after_date) | models.Q(
            expires_date=self.after_date, pk__gt=self.after_id
        )
        return models.Q(expires_date__gte=self.after_date) & behind  # the first condition is a range of the index
