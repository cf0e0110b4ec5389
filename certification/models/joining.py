"""How a patient or caregiver joins."""

from django.db import models
from django.db.models import F, Q

from certification.models.people import Caregiver, Patient


class Invitation(models.Model):
    """A link by mail with which a patient or caregiver joins; used once, and ended by the next one."""

    created_at = models.DateTimeField(auto_now_add=True)
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations")
    caregiver = models.ForeignKey(
        Caregiver, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations"
    )
    token_digest = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    failed_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(patient__isnull=False, caregiver__isnull=True)
                | Q(patient__isnull=True, caregiver__isnull=False),
                name="invitation_for_one_person",
            ),
            models.CheckConstraint(condition=Q(sent_at__lt=F("valid_until")), name="invitation_dates"),
            models.CheckConstraint(condition=Q(failed_tries__lte=5), name="invitation_tries"),
        ]

    def __str__(self):
        return f"invitation {self.pk}"

    @property
    def person(self):
        return self.patient or self.caregiver
