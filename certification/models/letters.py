"""The two letters that a minor's certification needs."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from certification.models.certifications import Certification
from certification.models.drafts import Draft
from ui.fields import EncryptedBytesField

LETTER_BYTES = 10 * 1024 * 1024


class LetterManager(models.Manager["Letter"]):
    """Leave the file unread until it is asked for, so that no list reads it."""

    def get_queryset(self) -> models.QuerySet["Letter"]:
        return super().get_queryset().defer("content")


class Letter(models.Model):
    """A letter for a minor: kept with the draft until the physician signs, with the certification from then on."""

    class Kind(models.TextChoices):
        PRIMARY_CARE = "primary_care", _("Primary care provider")
        SPECIALIST = "specialist", _("Board-certified specialist")

    class ContentType(models.TextChoices):
        PDF = "application/pdf", _("PDF")
        JPEG = "image/jpeg", _("Photo")

    created_at = models.DateTimeField(auto_now_add=True)
    draft = models.ForeignKey(Draft, null=True, blank=True, on_delete=models.CASCADE, related_name="letters")
    certification = models.ForeignKey(
        Certification, null=True, blank=True, on_delete=models.CASCADE, related_name="letters"
    )
    kind = models.CharField(max_length=12, choices=Kind)
    writer = models.CharField(max_length=210)
    licence = models.CharField(max_length=50)
    letter_date = models.DateField()
    content_type = models.CharField(max_length=20, choices=ContentType)
    content = EncryptedBytesField(editable=False)
    size = models.PositiveIntegerField(help_text=_("In bytes, before it was encrypted."))

    objects = LetterManager()

    class Meta:
        base_manager_name = "objects"
        ordering = ["kind"]
        constraints = [
            models.UniqueConstraint(fields=["certification", "kind"], name="letter_one_of_a_kind"),
            models.UniqueConstraint(fields=["draft", "kind"], name="letter_one_of_a_kind_in_draft"),
            models.CheckConstraint(
                condition=Q(draft__isnull=False, certification__isnull=True)
                | Q(draft__isnull=True, certification__isnull=False),
                name="letter_of_draft_or_certification",
            ),
            models.CheckConstraint(condition=Q(kind__in=["primary_care", "specialist"]), name="letter_kind"),
            models.CheckConstraint(
                condition=Q(content_type__in=["application/pdf", "image/jpeg"]), name="letter_content_type"
            ),
            models.CheckConstraint(condition=Q(size__gt=0, size__lte=LETTER_BYTES), name="letter_size"),
            models.CheckConstraint(condition=~Q(writer="") & ~Q(licence=""), name="letter_has_writer"),
        ]

    def __str__(self) -> str:
        return f"letter {self.pk}"

    @property
    def owner(self) -> Draft | Certification:
        """The draft, or the certification, that it belongs to."""
        owner = self.draft or self.certification
        assert owner is not None
        return owner

    @property
    def file_name(self) -> str:
        """The name under which the file is downloaded: no name of a person stands in it."""
        return f"letter-{self.kind.replace('_', '-')}.{'pdf' if self.content_type == self.ContentType.PDF else 'jpg'}"
