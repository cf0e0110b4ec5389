"""Long papers that a worker makes: the dispensing log of a range of days, and the pack of an inspector."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

FILES = {"log_pdf": "dispensing-log.pdf", "log_csv": "dispensing-log.csv", "inspection": "inspection.zip"}


class PaperQuerySet(models.QuerySet["Paper"]):
    def due(self, now: datetime) -> Self:
        """Return the papers that wait, and those that a worker began and did not finish within its lease."""
        return self.filter(Q(status=Paper.Status.WAITING) | Q(status=Paper.Status.MAKING, lease_until__lt=now))


class Paper(models.Model):
    """A paper of a range of days (both included) that somebody asked for. Its parts are deleted after a week."""

    class Kind(models.TextChoices):
        LOG_PDF = "log_pdf", _("Dispensing log, to print (PDF)")
        LOG_CSV = "log_csv", _("Dispensing log, for a spreadsheet (CSV)")
        INSPECTION = "inspection", _("Inspector’s pack (ZIP)")

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waits for its turn")
        MAKING = "making", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Could not be made")
        DELETED = "deleted", _("Deleted after a week")

    kind = models.CharField(max_length=10, choices=Kind)
    first_date = models.DateField(_("first day"))
    last_date = models.DateField(_("last day"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    size = models.PositiveBigIntegerField(_("size"), default=0, help_text=_("In bytes."))
    digest = models.CharField(_("SHA-256 digest"), max_length=64, blank=True)

    objects = PaperQuerySet.as_manager()

    class Meta:
        verbose_name = _("log or inspector’s pack")
        verbose_name_plural = _("logs and inspector’s packs")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["status", "made_at"], name="paper_due")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["log_pdf", "log_csv", "inspection"]), name="paper_kind"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "making", "ready", "failed", "deleted"]), name="paper_status"
            ),
            models.CheckConstraint(condition=Q(first_date__lte=F("last_date")), name="paper_first_before_last"),
            models.CheckConstraint(
                condition=Q(status="making", lease_until__isnull=False)
                | (~Q(status="making") & Q(lease_until__isnull=True)),
                name="paper_lease_while_made",
            ),
            models.CheckConstraint(
                condition=(Q(status__in=["ready", "deleted"], made_at__isnull=False, size__gt=0) & ~Q(digest=""))
                | Q(status__in=["waiting", "making", "failed"], made_at__isnull=True, size=0, digest=""),
                name="paper_made_has_digest",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_under_way(self) -> bool:
        return self.status in (self.Status.WAITING, self.Status.MAKING)

    @property
    def file_name(self) -> str:
        name, _dot, ending = FILES[self.kind].partition(".")
        return f"{name}-{self.first_date}-to-{self.last_date}.{ending}"

    def seal_of(self, position: int) -> str:
        return seal_of_part(self.pk, position)


class PaperPart(models.Model):
    """A sealed part of a paper, at its place in it. Web and worker share nothing but the database."""

    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveIntegerField()
    data = models.BinaryField(editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["paper", "position"], name="paper_part_once")]

    def __str__(self) -> str:
        return f"paper part {self.pk}"


def seal_of_part(paper_id: int, position: int) -> str:
    """Return what the seal of a part is bound to: its own place in its own paper."""
    return f"{PaperPart._meta.db_table}.data:{paper_id}:{position}"
