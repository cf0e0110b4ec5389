"""What somebody refused at the door of an order that was handed over otherwise."""

from django.db import models
from django.db.models import Q

from delivery.models.hand_overs import HandOver
from delivery.models.orders import OrderLine


class RefusedLine(models.Model):
    """Items of one line that were not taken and not paid. The driver brings them back as `ReturnedItem`s, by lot."""

    created_at = models.DateTimeField(auto_now_add=True)
    hand_over = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="refused_lines")
    line = models.OneToOneField(OrderLine, on_delete=models.PROTECT, related_name="refused")
    quantity = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="refused_line_has_items")]

    def __str__(self) -> str:
        return f"refused line {self.pk}"

    @property
    def total_cents(self) -> int:
        return self.quantity * self.line.unit_price_cents

    @property
    def total_mg(self) -> int:
        return self.quantity * self.line.amount_mg
