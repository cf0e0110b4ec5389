"""The runs: who drives the orders of a window, with which vehicle."""

from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from delivery.models.windows import DeliveryWindow

NOON = 12


class RunQuerySet(models.QuerySet["Run"]):
    def open(self) -> Self:
        """Return the runs whose money has not been counted yet."""
        return self.filter(closed_at__isnull=True)

    def driven_by(self, user: User) -> Self:
        return self.filter(driver=user)


class Run(models.Model):
    """The orders of a window that one driver delivers one after the other, until the money is counted at night."""

    created_at = models.DateTimeField(auto_now_add=True)
    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    window = models.ForeignKey(DeliveryWindow, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveSmallIntegerField(help_text=_("Counted in its window, from 1."))
    driver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    vehicle = models.CharField(max_length=40, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True, help_text=_("When its first order left with the driver."))
    closed_at = models.DateTimeField(null=True, blank=True, help_text=_("When its money was counted."))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cash_counted_cents = models.PositiveIntegerField(null=True, blank=True, help_text=_("Without the tips."))
    difference_reason = models.CharField(max_length=500, blank=True)
    late_told_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the remaining stops were last told that the driver is late.")
    )
    late_told_count = models.PositiveSmallIntegerField(default=0, help_text=_("How often they were told."))
    late_minutes = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("How late, as they were told."))

    objects = RunQuerySet.as_manager()

    class Meta:
        permissions = [("drive_run", "Can drive runs and hand orders over at the door")]
        ordering = ["window__date", "window__starts", "number"]
        constraints = [
            models.UniqueConstraint(fields=["window", "number"], name="run_number_once_a_window"),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True) | Q(driver__isnull=False), name="run_on_its_way_has_driver"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True, cash_counted_cents__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False, cash_counted_cents__isnull=False),
                name="run_closed_is_counted",
            ),
            models.CheckConstraint(
                condition=Q(late_told_at__isnull=True, late_minutes__isnull=True, late_told_count=0)
                | Q(late_told_at__isnull=False, late_minutes__isnull=False, late_told_count__gt=0),
                name="run_late_is_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.window.code}-{self.number}"

    @property
    def name(self) -> str:
        """How people call the run on its day, for example Afternoon 1."""
        half = _("Morning") if self.window.starts.hour < NOON else _("Afternoon")
        return f"{half} {self.number}"

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None
