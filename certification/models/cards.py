"""The card that a patient or caregiver shows at the door."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from certification.models.people import Caregiver, Patient
from ui.fields import EncryptedTextField


class CardQuerySet(models.QuerySet["Card"]):
    def live(self) -> Self:
        """Return the cards that are not revoked."""
        return self.filter(revoked_at__isnull=True)

    def of(self, person: Patient | Caregiver) -> Self:
        """Return the cards of a patient or caregiver."""
        return self.filter(patient=person) if isinstance(person, Patient) else self.filter(caregiver=person)


class Card(models.Model):
    """One printed token, good until it is revoked. Its name, days and allotment are read anew each time it is shown."""

    class Reason(models.TextChoices):
        LOST = "lost", _("Lost or stolen")
        DAMAGED = "damaged", _("Damaged, or the code cannot be read")
        CHANGED = "changed", _("The data of the person changed")
        CLOSED = "closed", _("The person has left the program")

    created_at = models.DateTimeField(auto_now_add=True)
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="cards")
    caregiver = models.ForeignKey(Caregiver, null=True, blank=True, on_delete=models.PROTECT, related_name="cards")
    token = EncryptedTextField(editable=False, help_text=_("Encrypted, so that the same card can be printed again."))
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.CharField(max_length=10, choices=Reason, blank=True)

    objects = CardQuerySet.as_manager()

    class Meta:
        permissions = [
            ("check_card", "Can see who holds a card whose code was scanned"),
            ("print_card", "Can print the cards of patients and caregivers"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(patient__isnull=False, caregiver__isnull=True)
                | Q(patient__isnull=True, caregiver__isnull=False),
                name="card_for_one_person",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_reason="")
                | Q(revoked_at__isnull=False, revoked_reason__in=["lost", "damaged", "changed", "closed"]),
                name="card_revoked_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("issued_at")), name="card_dates"
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(revoked_at__isnull=True), name="card_one_live_a_patient"
            ),
            models.UniqueConstraint(
                fields=["caregiver"], condition=Q(revoked_at__isnull=True), name="card_one_live_a_caregiver"
            ),
        ]

    def __str__(self) -> str:
        return f"card {self.pk}"

    @property
    def person(self) -> Patient | Caregiver:
        """Whose card it is."""
        person = self.patient or self.caregiver
        assert person is not None
        return person
