"""A photo ID whose name or birth date is not what our record says, and what a pharmacist decided about it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from delivery.models.orders import Order
from ui.fields import EncryptedTextField


class IdDifferenceQuerySet(models.QuerySet["IdDifference"]):
    def undecided(self) -> Self:
        """Return those that wait for a pharmacist."""
        return self.filter(decided_at__isnull=True, withdrawn_at__isnull=True)

    def standing(self) -> Self:
        """Return those that count: no matching ID was scanned afterwards."""
        return self.filter(withdrawn_at__isnull=True)


class IdDifference(models.Model):
    """The difference at one door: a scan or the driver found it, or a pharmacist entered it during the driver's call.

    The order is handed over only after a pharmacist allowed it.
    """

    class Found(models.TextChoices):
        SCAN = "scan", _("A scan")
        CALL = "call", _("The driver’s call")

    created_at = models.DateTimeField(auto_now_add=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="id_differences")
    received_by = models.CharField(
        max_length=10, choices=[("patient", _("The patient")), ("caregiver", _("The caregiver"))]
    )
    found = models.CharField(max_length=4, choices=Found)
    words = EncryptedTextField(help_text=_("What the photo ID says, and what our record says."))
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text=_("When an ID was scanned that fits."))
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_allowed = models.BooleanField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = IdDifferenceQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(received_by__in=["patient", "caregiver"], found__in=["scan", "call"]),
                name="id_difference_choices",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True, is_allowed__isnull=True, reason="")
                | (Q(decided_at__isnull=False, decided_by__isnull=False, is_allowed__isnull=False) & ~Q(reason="")),
                name="id_difference_decided_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | Q(decided_at__gte=F("raised_at")), name="id_difference_dates"
            ),
            models.CheckConstraint(
                condition=Q(found="call") | Q(decided_by__isnull=True) | ~Q(decided_by=F("raised_by")),
                name="id_difference_not_decided_by_finder",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="id_difference_decided_or_withdrawn",
            ),
            models.UniqueConstraint(
                fields=["order", "received_by"], condition=Q(decided_at__isnull=True, withdrawn_at__isnull=True),
                name="id_difference_one_undecided",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"difference {self.pk}"
