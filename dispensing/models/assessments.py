"""What patients say about how well it works and what it does to them: asked, answered or skipped."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from certification.models import Patient
from delivery.models import Order
from ui.fields import EncryptedJSONField, EncryptedTextField

IS_OPEN = Q(answered_at__isnull=True, skipped_at__isnull=True)


class SelfAssessmentQuerySet(models.QuerySet["SelfAssessment"]):
    def open(self) -> Self:
        """Return the questions that nobody has answered or skipped."""
        return self.filter(IS_OPEN)

    def answered(self) -> Self:
        return self.filter(answered_at__isnull=False)


class SelfAssessment(models.Model):
    """A question to a patient, and the answers. A patient has at most one open question.

    `order` is the order at which it was asked: the new one, or the first that was delivered. `answers` holds `works`
    (one of Works) and `effects` (some of Effect).
    """

    class Cause(models.TextChoices):
        REORDER = "reorder", _("A further order was placed")
        FIRST = "first", _("Two weeks after the first delivery")

    class Works(models.TextChoices):
        VERY_WELL = "very_well", _("Very well")
        WELL = "well", _("Well")
        SOMEWHAT = "somewhat", _("Somewhat")
        LITTLE = "little", _("Only a little")
        NOT = "not", _("Not at all")

    class Effect(models.TextChoices):
        NONE = "none", _("None that were noticed")
        DROWSY = "drowsy", _("Tired or drowsy")
        DIZZY = "dizzy", _("Dizzy or unsteady")
        DRY_MOUTH = "dry_mouth", _("Dry mouth or dry eyes")
        APPETITE = "appetite", _("More or less appetite")
        HEART = "heart", _("Fast heartbeat")
        ANXIOUS = "anxious", _("Anxious or uneasy")
        MEMORY = "memory", _("Trouble remembering or concentrating")
        NAUSEA = "nausea", _("Nausea or vomiting")
        COUGH = "cough", _("Cough or sore throat")
        OTHER = "other", _("Something else")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="self_assessments")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="self_assessments")
    cause = models.CharField(max_length=7, choices=Cause)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    skipped_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("The account that answered or skipped it."),
    )  # fmt: skip
    answers = EncryptedJSONField(null=True, blank=True)
    other_effect = EncryptedTextField(null=True, blank=True, help_text=_("A side effect that the list does not name."))
    words = EncryptedTextField(null=True, blank=True, help_text=_("What else they wrote."))

    objects = SelfAssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(cause__in=["reorder", "first"]), name="assessment_cause"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, skipped_at__isnull=True, closed_by__isnull=True)
                | Q(answered_at__isnull=False, skipped_at__isnull=True, closed_by__isnull=False)
                | Q(answered_at__isnull=True, skipped_at__isnull=False, closed_by__isnull=False),
                name="assessment_answered_or_skipped",
            ),
            models.CheckConstraint(
                condition=Q(
                    answered_at__isnull=True, answers__isnull=True, other_effect__isnull=True, words__isnull=True
                )
                | Q(answered_at__isnull=False, answers__isnull=False, other_effect__isnull=False, words__isnull=False),
                name="assessment_answers_when_answered",
            ),
            models.CheckConstraint(
                condition=(Q(answered_at__isnull=True) | Q(answered_at__gte=F("asked_at")))
                & (Q(skipped_at__isnull=True) | Q(skipped_at__gte=F("asked_at"))),
                name="assessment_dates",
            ),
            models.UniqueConstraint(
fields=["patient"], condition=IS_OPEN, name="assessment_one_open_per_patient"
            ),
            models.UniqueConstraint(fields=["patient"], condition=Q(cause="first"), name="assessment_first_once"),
            models.UniqueConstraint(fields=["order", "cause"], name="assessment_once_an_order"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"self-assessment {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.skipped_at is None
