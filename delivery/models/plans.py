"""The plan of a window: which drivers were asked for, and which orders none of them can bring."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from delivery.models.windows import DeliveryWindow


class WindowPlan(models.Model):
    """The last time that somebody asked for the runs of a window to be proposed. A worker makes the plan."""

    class Outcome(models.TextChoices):
        SHORTEST = "shortest", _("the shortest routes")
        NEAREST = "nearest", _("the nearest door next, because the route planner is not installed")
        CHANGED = "changed", _("the orders changed meanwhile")

    class Why(models.TextChoices):
        NO_TIME = "no_time", _("No driver has time for it in this window.")
        TOO_FAR = "too_far", _("The drive takes longer than the window.")
        UNKNOWN_ZIP = "unknown_zip", _("Nobody knows where this ZIP code is.")

    created_at = models.DateTimeField(auto_now_add=True)
    window = models.OneToOneField(DeliveryWindow, on_delete=models.PROTECT, related_name="plan")
    crews = models.JSONField(help_text=_("Pairs of a driver’s id and a vehicle."))
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    unserved = models.JSONField(default=list, blank=True, help_text=_("Pairs of an order’s id and why no run has it."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, outcome="")
                | Q(finished_at__isnull=False, outcome__in=["shortest", "nearest", "changed"]),
                name="plan_finished_has_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"plan of {self.window.code}"
