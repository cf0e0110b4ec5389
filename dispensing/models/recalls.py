"""Recalled lots, and each person who got some of one: told, answered or reached."""

from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from certification.models import Caregiver, Patient
from delivery.models import Lot
from ui.fields import EncryptedTextField


class RecallQuerySet(models.QuerySet["Recall"]):
    def open(self) -> Self:
        return self.filter(ended_at__isnull=True)

    def with_progress(self) -> Self:
        """Return the recalls with the people who were `told`, have `answered`, were `reached`, and are `waiting`."""
        answered, reached = Q(people__answered_at__isnull=False), Q(people__reached_at__isnull=False)
        return self.annotate(
            told=Count("people"),
            answered=Count("people", filter=answered),
            reached=Count("people", filter=reached),
            waiting=Count("people", filter=Q(people__isnull=False) & ~answered & ~reached),
        )


class Recall(models.Model):
    """A lot that has to come back, of one product or of all that have it.

    Its end changes nothing of its lots: they stay in quarantine for good.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    lot_number = models.CharField(max_length=40)
    reason = models.CharField(max_length=300, help_text=_("Patients read it."))
    instructions = models.CharField(max_length=500, help_text=_("What patients are asked to do."))
    reason_es = models.CharField(_("reason in Spanish"), max_length=300, blank=True, default="", db_default="")
    instructions_es = models.CharField(
        _("what to do, in Spanish"), max_length=500, blank=True, default="", db_default=""
    )
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_reason = models.CharField(
        max_length=300, blank=True, help_text=_("Why it ended before everybody had answered or was reached.")
    )

    objects = RecallQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(lot_number="") & ~Q(reason="") & ~Q(instructions=""), name="recall_has_words"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, ended_reason="")
                | Q(ended_at__isnull=False, ended_by__isnull=False, ended_at__gte=F("started_at")),
                name="recall_end_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.lot_number

    @property
    def is_open(self) -> bool:
        return self.ended_at is None


class RecalledLot(models.Model):
    """A lot of a recall, with how many were put into quarantine when the recall began."""

    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="lots")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="recalls")
    quarantined = models.PositiveIntegerField()
    is_open = models.BooleanField(default=True, help_text=_("Whether its recall has not ended."))

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["recall", "lot"], name="recalled_lot_once_a_recall"),
            models.UniqueConstraint(fields=["lot"], condition=Q(is_open=True), name="lot_has_one_open_recall"),
        ]

    def __str__(self) -> str:
        return f"recalled lot {self.pk}"


class RecalledPersonQuerySet(models.QuerySet["RecalledPerson"]):
    def waiting(self) -> Self:
        """Return those who have neither answered nor been reached."""
        return self.filter(answered_at__isnull=True, reached_at__isnull=True)

    def of_open_recalls(self) -> Self:
        return self.filter(recall__ended_at__isnull=True)


class RecalledPerson(models.Model):
    """A patient who got some of a recalled lot, how the patient or the caregiver was told, and what came of it."""

    class Way(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("Text message")
        PHONE = "phone", _("Phone call and letter")

    class Answer(models.TextChoices):
        RETURNS = "returns", _("Has some of it, and gives it back")
        USED = "used", _("All of it was used")
        DESTROYED = "destroyed", _("It was thrown away")
        OTHER = "other", _("Something else, see the note")

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="people")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="recalls")
    caregiver = models.ForeignKey(
        Caregiver, null=True, blank=True, on_delete=models.PROTECT, related_name="recalls",
        help_text=_("Who was told in the place of the patient."),
    )  # fmt: skip
    way = models.CharField(max_length=5, choices=Way)
    told_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=9, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("The account of who answered, or of the staff who entered it."),
    )  # fmt: skip
    reached_at = models.DateTimeField(null=True, blank=True)
    reached_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("Who of staff spoke with the person."),
    )  # fmt: skip
    note = EncryptedTextField(blank=True, help_text=_("What was said."))

    objects = RecalledPersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person of a recall")
        verbose_name_plural = _("people of recalls")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["recall", "patient"], name="recalled_person_once_a_recall"),
            models.CheckConstraint(
                condition=Q(way__in=["email", "sms", "phone", "letter"]), name="recalled_person_way"
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True, answered_by__isnull=True)
                | Q(
                    answer__in=["returns", "used", "destroyed", "other"],
                    answered_at__isnull=False,
                    answered_at__gte=F("told_at"),
                    answered_by__isnull=False,
                ),
                name="recalled_person_answer_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(reached_at__isnull=True, reached_by__isnull=True)
                | Q(reached_at__isnull=False, reached_at__gte=F("told_at"), reached_by__isnull=False),
                name="recalled_person_reached_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_waiting(self) -> bool:
        return self.answered_at is None and self.reached_at is None

    @property
    def told(self) -> Patient | Caregiver:
        """The caregiver who was told in the place of the patient, or the patient."""
        return self.caregiver or self.patient
