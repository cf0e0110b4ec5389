"""What a patient asks of the physician's office."""

import uuid
from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Physician, User
from certification.models.certifications import physicians_of
from certification.models.people import Patient
from ui.fields import EncryptedJSONField, EncryptedTextField


class PatientRequestQuerySet(models.QuerySet["PatientRequest"]):
    def open(self) -> Self:
        """Return the requests that nobody has answered."""
        return self.filter(answered_at__isnull=True)

    def in_hands_of(self, user: User, today: date) -> Self:
        """Return the requests to the physician `user`, or to a physician whose delegate `user` is."""
        return self.filter(physician__in=physicians_of(user, today))


class PatientRequest(models.Model):
    """A request to the office of `physician`, who certified last; to the Registrars once they have left practice."""

    class Kind(models.TextChoices):
        RENEWAL = "renewal", _("A renewal")
        FOLLOW_UP = "follow_up", _("A follow-up visit")
        LOST_CARD = "lost_card", _("A new card, because the old one was lost or stolen")
        CLOSING = "closing", _("Closing the record: a death, a move out of Connecticut, or a wish to leave")
        ADDRESS = "address", _("A new address on record")

    REPORTS = (Kind.LOST_CARD, Kind.CLOSING, Kind.ADDRESS)  # confirmed or refused within a working day

    created_at = models.DateTimeField(auto_now_add=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="requests")
    physician = models.ForeignKey(Physician, on_delete=models.PROTECT, related_name="patient_requests")
    kind = models.CharField(max_length=10, choices=Kind)
    words = EncryptedTextField(blank=True)
    address = EncryptedJSONField(null=True, blank=True, help_text=_("Street, unit, city and ZIP code of the new home."))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    refused_reason = EncryptedTextField(null=True, blank=True, help_text=_("Why a report was not confirmed."))
    refused_reason_es = EncryptedTextField(_("reason in Spanish"), null=True, blank=True)

    objects = PatientRequestQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["physician", "created_at"], condition=Q(answered_at__isnull=True), name="patient_request_open"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["renewal", "follow_up", "lost_card", "closing"], address__isnull=True)
                | Q(kind="address", address__isnull=False),
                name="patient_request_kind",
            ),
            models.CheckConstraint(
                condition=Q(refused_reason__isnull=True)
                | Q(answered_at__isnull=False, kind__in=["lost_card", "closing", "address"]),
                name="patient_request_refused_is_answered",
            ),
            models.CheckConstraint(
                condition=Q(refused_reason_es__isnull=True) | Q(refused_reason__isnull=False),
                name="patient_request_spanish_beside_reason",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="patient_request_answered",
            ),
            models.UniqueConstraint(
                fields=["patient", "kind"], condition=Q(answered_at__isnull=True), name="patient_request_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.pk}"

    @property
    def is_report(self) -> bool:
        """Whether it is confirmed or refused; other requests are only answered."""
        return self.kind in self.REPORTS
