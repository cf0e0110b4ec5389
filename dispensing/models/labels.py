"""The directions that a pharmacist writes for a line, and the labels that were printed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from delivery.models import OrderLine
from dispensing.models.units import DispensedUnit
from ui.fields import EncryptedTextField


class LineDirections(models.Model):
    """How the patient uses the product of an order line, as the pharmacist says: every label of the line prints it."""

    line = models.OneToOneField(OrderLine, on_delete=models.CASCADE, related_name="directions")
    text = EncryptedTextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = _("line directions")

    def __str__(self) -> str:
        return f"directions of line {self.line_id}"


class LabelPrint(models.Model):
    """A label that was printed, one row each time. The row never changes; labels printed together have one `batch`.

    `copy` counts the prints of the unit from 1: each after the first has a reason.
    """

    class Kind(models.TextChoices):
        SHEET = "sheet", _("Sheet: ten labels on letter paper (PDF)")
        ROLL = "roll", _("Roll: 4 × 2 inches, a page each (PDF)")
        ZPL = "zpl", _("Label printer: 4 × 2 inches (ZPL)")

    unit = models.ForeignKey(DispensedUnit, on_delete=models.PROTECT, related_name="prints")
    batch = models.UUIDField(db_index=True, editable=False)
    copy = models.PositiveSmallIntegerField(help_text=_("Which print of the unit it is, counted from 1."))
    kind = models.CharField(max_length=5, choices=Kind)
    reason = models.CharField(max_length=200, blank=True, help_text=_("Why it was printed again."))
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("printed label")
        verbose_name_plural = _("printed labels")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "copy"], name="label_print_counted_once"),
            models.CheckConstraint(
                condition=Q(copy=1) | Q(copy__gt=1) & ~Q(reason=""), name="label_print_again_has_reason"
            ),
            models.CheckConstraint(condition=Q(kind__in=["sheet", "roll", "zpl"]), name="label_print_kind"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
