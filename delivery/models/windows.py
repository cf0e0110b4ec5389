"""The terms of delivery, and the delivery windows."""

from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from delivery.models import questions


def days_in(weekdays: int) -> list[int]:
    """Return the weekdays whose bits are set, in order; Monday is 0."""
    return [day for day in range(7) if weekdays >> day & 1]


class DeliveryPolicy(models.Model):
    """The terms of delivery from a day on. New terms never change orders that were placed."""

    created_at = models.DateTimeField(auto_now_add=True)
    effective_date = models.DateField(unique=True)
    weekdays = models.PositiveSmallIntegerField(help_text=_("A bit for each day of delivery: Monday 1, Wednesday 4."))
    windows = models.JSONField(help_text=_("Pairs of local times, for example [[“09:30”, “13:30”]]."))
    minimum_cents = models.PositiveIntegerField()
    lead_hours = models.PositiveSmallIntegerField()
    capacity = models.PositiveSmallIntegerField(help_text=_("Orders a window."))
    radius_miles = models.PositiveSmallIntegerField(null=True, blank=True)
    origin_zip = models.CharField(max_length=5, blank=True)
    allotment_days = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name_plural = "delivery policies"
        ordering = ["-effective_date"]
        constraints = [
            models.CheckConstraint(condition=Q(weekdays__range=(1, 127)), name="policy_weekdays"),
            models.CheckConstraint(condition=Q(allotment_days__gte=1), name="policy_allotment_days"),
            models.CheckConstraint(
                condition=Q(radius_miles__isnull=True) | ~Q(origin_zip=""), name="policy_radius_has_origin"
            ),
        ]

    def __str__(self) -> str:
        return f"policy from {self.effective_date}"

    @property
    def days_of_week(self) -> list[int]:
        return days_in(self.weekdays)

    def delivers_on(self, day: date) -> bool:
        return day.weekday() in self.days_of_week


class DeliveryWindowQuerySet(models.QuerySet["DeliveryWindow"]):
    def with_room(self) -> Self:
        return self.filter(questions.HAS_ROOM)


class DeliveryWindow(models.Model):
    """A span of hours on one delivery day, in local time, with a number of places."""

    created_at = models.DateTimeField(auto_now_add=True)
    date = models.DateField()
    starts = models.TimeField()
    ends = models.TimeField()
    capacity = models.PositiveSmallIntegerField()
    booked = models.PositiveSmallIntegerField(default=0)
    is_open = models.BooleanField(default=True)
    closed_reason = models.CharField(max_length=100, blank=True, help_text=_("Orderers read it."))
    closed_reason_es = models.CharField(_("reason in Spanish"), max_length=100, blank=True, default="", db_default="")
    is_extra = models.BooleanField(default=False, help_text=_("Added by hand, beside those that the policy makes."))

    objects = DeliveryWindowQuerySet.as_manager()

    class Meta:
        permissions = [("print_pack", "Can print the pack of a window: who gets what, where, and with which card")]
        ordering = ["date", "starts"]
        constraints = [
            models.UniqueConstraint(fields=["date", "starts"], name="window_once"),
            models.CheckConstraint(condition=Q(starts__lt=F("ends")), name="window_times"),
            models.CheckConstraint(condition=Q(booked__gte=0, booked__lte=F("capacity")), name="window_not_overbooked"),
            models.CheckConstraint(
                condition=Q(is_open=True, closed_reason="") | Q(is_open=False) & ~Q(closed_reason=""),
                name="window_closed_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(closed_reason_es="") | ~Q(closed_reason=""), name="window_spanish_beside_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The name of the window in forms and addresses: `2026-11-25-0930`."""
        return f"{self.date}-{self.starts.hour:02}{self.starts.minute:02}"

    @property
    def starts_at(self) -> datetime:
        """The instant at which the window starts, made from local time: in UTC it moves when the clocks change."""
        return datetime.combine(self.date, self.starts, tzinfo=ZoneInfo(settings.TIME_ZONE))

    @property
    def ends_at(self) -> datetime:
        return datetime.combine(self.date, self.ends, tzinfo=ZoneInfo(settings.TIME_ZONE))

    @property
    def has_room(self) -> bool:
        return questions.has_room(self)

    @property
    def is_full(self) -> bool:
        """Whether the window is open and lacks nothing but a place."""
        return self.is_open and not self.has_room

    @property
    def places_left(self) -> int:
        return self.capacity - self.booked
