"""Calls whose answers did not fit a card."""

from django.conf import settings
from django.db import models


class FailedCall(models.Model):
    """A call whose three answers fitted no card. It counts for the number that was named, even if no card has it."""

    created_at = models.DateTimeField(auto_now_add=True)
    number = models.CharField(max_length=11)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["number", "at"], name="failed_call_of_number")]

    def __str__(self) -> str:
        return f"failed call {self.pk}"
