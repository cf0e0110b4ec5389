"""What somebody refused at the door of an order that was handed over otherwise."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from delivery.models.hand_overs import HandOver
from delivery.models.orders import OrderLine


class RefusedLineQuerySet(models.QuerySet["RefusedLine"]):
    def out(self) -> Self:
        """Return what is with a driver and not taken in yet."""
        return self.filter(taken_in_at__isnull=True)


class RefusedLine(models.Model):
    """Items of one line that came back with the driver. They were not paid, and keep their hold until taken in."""

    created_at = models.DateTimeField(auto_now_add=True)
    hand_over = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="refused_lines")
    line = models.OneToOneField(OrderLine, on_delete=models.PROTECT, related_name="refused")
    quantity = models.PositiveSmallIntegerField()
    taken_in_at = models.DateTimeField(null=True, blank=True)
    taken_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = RefusedLineQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="refused_line_has_items"),
            models.CheckConstraint(
                condition=Q(taken_in_at__isnull=True, taken_in_by__isnull=True)
                | Q(taken_in_at__isnull=False, taken_in_by__isnull=False),
                name="refused_line_taken_in_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(taken_in_at__isnull=True) | Q(taken_in_at__gte=F("created_at")), name="refused_line_dates"
            ),
        ]

    def __str__(self) -> str:
        return f"refused line {self.pk}"

    @property
    def total_cents(self) -> int:
        return self.quantity * self.line.unit_price_cents

    @property
    def total_mg(self) -> int:
        return self.quantity * self.line.amount_mg
