"""That a patient goes from one physician to another."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Physician
from certification.models.certifications import Certification
from certification.models.people import Patient
from ui.fields import EncryptedTextField


class TakeOver(models.Model):
    """An agreement that `physician` certifies another physician's patient; open until `physician` has signed."""

    class AgreedWith(models.TextChoices):
        PATIENT = "patient", _("The patient")
        REGISTRAR = "registrar", _("The Registrar")

    created_at = models.DateTimeField(auto_now_add=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="take_overs")
    physician = models.ForeignKey(Physician, on_delete=models.PROTECT, related_name="take_overs")
    agreed_with = models.CharField(max_length=10, choices=AgreedWith)
    how = EncryptedTextField(help_text=_("For example: by phone, or in the visit."))
    agreed_date = models.DateField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    certification = models.OneToOneField(
        Certification, null=True, blank=True, on_delete=models.PROTECT, related_name="take_over"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(agreed_with__in=["patient", "registrar"]), name="take_over_agreed_with"),
            models.UniqueConstraint(
                fields=["patient", "physician"],
                condition=Q(certification__isnull=True),
                name="take_over_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"take-over {self.pk}"
