"""The entries that count of a patient's allotment beside the orders."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from certification.models import Patient


class AllotmentEntry(models.Model):
    """An amount that a Pharmacist entered. It never changes: a correction of the same day takes a mistake back.

    The portal enters what the correction of a hand-over gives back to the allotment, or takes of it (`delivery`).
    """

    class Origin(models.TextChoices):
        COUNTER = "counter", _("Sold at our counter")
        ELSEWHERE = "elsewhere", _("Another dispensary, seen in the monitoring program")
        CORRECTION = "correction", _("Correction: takes back what was entered")
        DELIVERY = "delivery", _("Correction of a delivery")

    created_at = models.DateTimeField(auto_now_add=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="allotment_entries")
    day = models.DateField()
    amount_mg = models.IntegerField(help_text=_("Flower equivalent in milligrams; negative in a correction."))
    origin = models.CharField(max_length=10, choices=Origin)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "allotment entries"
        indexes = [models.Index(fields=["patient", "day"], name="entry_of_patient")]
        constraints = [
            models.CheckConstraint(
                condition=Q(origin__in=["counter", "elsewhere"], amount_mg__gt=0)
                | Q(origin="correction", amount_mg__lt=0)
                | (Q(origin="delivery") & ~Q(amount_mg=0)),
                name="entry_sign_fits_origin",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="entry_has_reason"),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}"
