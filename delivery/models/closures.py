"""Closed days, and what became of their orders."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from delivery.models import questions
from delivery.models.orders import Order
from delivery.models.windows import DeliveryWindow


class ClosureQuerySet(models.QuerySet["Closure"]):
    def in_force(self) -> Self:
        return self.filter(questions.IS_IN_FORCE)


class Closure(models.Model):
    """A day without deliveries. When staff open it again the row stays, so that a holiday is not entered again."""

    created_at = models.DateTimeField(auto_now_add=True)
    date = models.DateField(unique=True)
    reason = models.CharField(max_length=100, help_text=_("Orderers read it."))
    reason_es = models.CharField(_("reason in Spanish"), max_length=100, blank=True, default="", db_default="")
    is_holiday = models.BooleanField(default=False, help_text=_("Entered by the portal, as Connecticut keeps it."))
    lifted_at = models.DateTimeField(null=True, blank=True, help_text=_("When the day was opened again."))

    objects = ClosureQuerySet.as_manager()

    class Meta:
        ordering = ["date"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="closure_has_reason")]

    def __str__(self) -> str:
        return f"closure of {self.date}"

    @property
    def is_in_force(self) -> bool:
        return questions.is_in_force(self)


class AffectedOrder(models.Model):
    """An order of a day that was closed: the window to which it was moved, or why it was cancelled. Never changed."""

    created_at = models.DateTimeField(auto_now_add=True)
    closure = models.ForeignKey(Closure, on_delete=models.PROTECT, related_name="affected")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    window = models.ForeignKey(
        DeliveryWindow, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("Where it went; empty when it was cancelled."),
    )  # fmt: skip
    why = models.CharField(max_length=300, blank=True, help_text=_("Why it could not be moved."))

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(window__isnull=False, why="") | Q(window__isnull=True) & ~Q(why=""),
                name="affected_order_moved_or_why_not",
            ),
        ]

    def __str__(self) -> str:
        return f"affected order {self.pk}"
