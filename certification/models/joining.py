"""How a patient or caregiver joins."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from certification.models.people import Caregiver, Patient


class Invitation(models.Model):
    """A link by mail, a code on paper, or both, by which a patient or caregiver joins once.

    A new link ends the invitation before it; a new code only the code.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations")
    caregiver = models.ForeignKey(
        Caregiver, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations"
    )
    token_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)
    code_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)
    mailed_to = models.EmailField(blank=True)  # in lower case: whoever opens the link has read mail to this address
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
            models.CheckConstraint(
                condition=Q(token_digest__isnull=False) | Q(code_digest__isnull=False), name="invitation_can_be_used"
            ),
            models.CheckConstraint(
                condition=Q(mailed_to="") | Q(token_digest__isnull=False, mailed_to=Lower("mailed_to")),
                name="invitation_mailed_with_a_link",
            ),
            models.CheckConstraint(condition=Q(sent_at__lt=F("valid_until")), name="invitation_dates"),
            models.CheckConstraint(condition=Q(failed_tries__lte=5), name="invitation_tries"),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    @property
    def person(self) -> Patient | Caregiver:
        """Return the patient or caregiver who is invited."""
        person = self.patient or self.caregiver
        assert person is not None
        return person
