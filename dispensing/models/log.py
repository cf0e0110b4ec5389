"""The dispensing log: one row for each unit that was handed over."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from delivery.models import HandOverCorrection
from dispensing.models.units import DispensedUnit


class LogEntry(models.Model):
    """A unit in the words that the law has the log use, as they were when it was handed over.

    Product, lot, producer, quantity, days and pharmacist stand in the unit, which remembers them. The row changes once:
    when a correction takes the unit back, or when a scan shows that the patient got another one. No index holds the
    day: the log is read in the order of serials, and a database that begins with the days would sort a whole year for
    each part of it.
    """

    class Month(models.TextChoices):
        FULL = "full", _("full month")
        PARTIAL = "partial", _("partial month")

    unit = models.OneToOneField(DispensedUnit, primary_key=True, on_delete=models.PROTECT, related_name="log_entry")
    dispensed_at = models.DateTimeField()
    certifier_name = models.CharField(max_length=210)
    certifier_address = models.CharField(max_length=500)
    patient_name = models.CharField(max_length=330)
    patient_address = models.CharField(max_length=500)
    caregiver_name = models.CharField(max_length=330, blank=True, help_text=_("Where the caregiver took it."))
    caregiver_address = models.CharField(max_length=500, blank=True)
    product_name = models.CharField(max_length=120)
    month = models.CharField(max_length=7, choices=Month)
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back = models.ForeignKey(
        HandOverCorrection, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("The correction after which it is no longer dispensed."),
    )  # fmt: skip
    given_instead = models.OneToOneField(
        DispensedUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("The unit that the patient got in truth, as the serials showed that were scanned at take-in."),
    )  # fmt: skip

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(month__in=["full", "partial"]), name="log_month"),
            models.CheckConstraint(
                condition=~Q(certifier_name="")
                & ~Q(certifier_address="")
                & ~Q(patient_name="")
                & ~Q(patient_address="")
                & ~Q(product_name=""),
                name="log_names_everybody",
            ),
            models.CheckConstraint(
                condition=Q(caregiver_name="", caregiver_address="")
                | (~Q(caregiver_name="") & ~Q(caregiver_address="")),
                name="log_caregiver_has_address",
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True, taken_back__isnull=True, given_instead__isnull=True)
                | (
                    Q(taken_back_at__isnull=False, taken_back_at__gte=F("dispensed_at"))
                    & (
                        Q(taken_back__isnull=False, given_instead__isnull=True)
                        | Q(taken_back__isnull=True, given_instead__isnull=False)
                    )
                ),
                name="log_taken_back_has_a_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"log entry {self.pk}"
