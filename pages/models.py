from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ui.fields import EncryptedTextField


class ContactMessageQuerySet(models.QuerySet["ContactMessage"]):
    def since(self, moment: datetime) -> Self:
        return self.filter(created_at__gt=moment)


class ContactMessage(models.Model):
    """A message of the contact form. Its text is encrypted: people write about their health in it.

    `answered_at` and `answered_by` are those of the first answer.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    email = models.EmailField()
    message = EncryptedTextField()
    address_digest = models.CharField(max_length=64, blank=True, editable=False)
    content_digest = models.CharField(max_length=64, editable=False)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Who has taken it, and sees to an answer."),
    )

    objects = ContactMessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["email", "created_at"], name="message_of_email"),
            models.Index(fields=["address_digest", "created_at"], name="message_of_address"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(number="") & ~Q(name="") & ~Q(email="") & ~Q(content_digest=""),
                name="message_complete",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="message_answered_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.answered_at is None


class ContactAnswer(models.Model):
    """An answer to a message, by mail or by phone. It never changes: a mistake gets a further answer."""

    class Way(models.TextChoices):
        EMAIL = "email", _("by email")
        PHONE = "phone", _("by phone")

    created_at = models.DateTimeField(auto_now_add=True)
    message = models.ForeignKey(ContactMessage, on_delete=models.PROTECT, related_name="answers")
    way = models.CharField(max_length=5, choices=Way)
    text = EncryptedTextField(help_text=_("What was mailed, or what was said."))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(way__in=["email", "phone"]), name="answer_way")]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class ContactNote(models.Model):
    """A note about a message that only staff read."""

    created_at = models.DateTimeField(auto_now_add=True)
    message = models.ForeignKey(ContactMessage, on_delete=models.PROTECT, related_name="notes")
    text = EncryptedTextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"note {self.pk}"
