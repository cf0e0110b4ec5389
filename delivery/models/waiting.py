"""The waiting list: who gets a mail when a full window has room again."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from certification.models import Patient
from delivery.models.orders import Order
from delivery.models.windows import DeliveryWindow


class WaitingEntryQuerySet(models.QuerySet["WaitingEntry"]):
    def live(self) -> Self:
        """Return the entries that have not ended."""
        return self.filter(ended_at__isnull=True)

    def shown(self) -> Self:
        """Return the live entries whose patient has no order in the window yet."""
        ordered = Order.objects.with_hold().filter(window=OuterRef("window"), patient=OuterRef("patient"))
        return self.live().exclude(Exists(ordered))


class WaitingEntry(models.Model):
    """One account waits for a place in one window, for one patient. It gets a mail each time that there is room."""

    created_at = models.DateTimeField(auto_now_add=True)
    window = models.ForeignKey(DeliveryWindow, on_delete=models.CASCADE, related_name="waiting")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    orderer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="waiting_entries")
    told_at = models.DateTimeField(null=True, blank=True)
    times_told = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = WaitingEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "waiting entries"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["window", "patient", "orderer"], condition=Q(ended_at__isnull=True), name="waiting_once"
            ),
            models.CheckConstraint(condition=Q(told_at__isnull=True) | Q(times_told__gt=0), name="waiting_told_counts"),
        ]

    def __str__(self) -> str:
        return f"waiting entry {self.pk}"
