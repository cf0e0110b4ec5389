"""Roster files that wait, what was read of them, and the rows that were left out."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class RosterUpload(models.Model):
    """A roster file that somebody uploaded. It is deleted with its sealed parts once it is read."""

    created_at = models.DateTimeField(auto_now_add=True)
    byte_count = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"roster upload {self.pk}"


class RosterPart(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    upload = models.ForeignKey(RosterUpload, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveIntegerField()
    data = models.BinaryField()  # sealed (accounts/rosters/storage.py)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "position"], name="roster_part_once")]

    def __str__(self) -> str:
        return f"roster part {self.pk}"


class RosterImport(models.Model):
    """One reading of a roster file. When it was cut off, whole batches are written, and the file is read again."""

    class Kind(models.TextChoices):
        PROGRAM = "program", _("program roster")
        ELICENSE = "elicense", _("state licenses and credentials")
        DEA = "dea", _("DEA registrants")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("being read")
        FINISHED = "finished", _("read")
        CUT_OFF = "cut_off", _("cut off")

    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    kind = models.CharField(max_length=10, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    upload = models.ForeignKey(RosterUpload, null=True, blank=True, on_delete=models.SET_NULL, related_name="imports")
    file_name = models.CharField(max_length=200)
    byte_count = models.PositiveBigIntegerField(default=0)
    bytes_read = models.PositiveBigIntegerField(default=0)
    is_dry_run = models.BooleanField(_("dry run"), default=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    row_count = models.PositiveIntegerField(_("rows read"), default=0)
    new_count = models.PositiveIntegerField(_("new"), default=0)
    changed_count = models.PositiveIntegerField(_("changed"), default=0)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), default=0)
    bad_count = models.PositiveIntegerField(_("bad"), default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["kind", "finished_at"], name="roster_import_last")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["program", "elicense", "dea"]), name="roster_import_kind"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "running", "finished", "cut_off"]), name="roster_import_status"
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(started_at__isnull=False, finished_at__gte=F("started_at")),
                name="roster_import_times",
            ),
            models.CheckConstraint(
                condition=Q(status="finished", finished_at__isnull=False)
                | (~Q(status="finished") & Q(finished_at__isnull=True)),
                name="roster_import_finished",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", started_at__isnull=True)
                | (~Q(status="waiting") & Q(started_at__isnull=False)),
                name="roster_import_started",
            ),
            models.CheckConstraint(condition=Q(bytes_read__lte=F("byte_count")), name="roster_import_bytes"),
            # Two readings of one file at once would write it twice.
            models.UniqueConstraint(fields=["upload"], name="roster_import_of_upload"),
        ]

    def __str__(self) -> str:
        return f"roster import {self.pk}"

    @property
    def is_under_way(self) -> bool:
        return self.status in (self.Status.WAITING, self.Status.RUNNING)

    @property
    def waits_for_its_real_import(self) -> bool:
        """Whether this is a finished dry run whose file is still stored."""
        return self.is_dry_run and self.status == self.Status.FINISHED and self.upload_id is not None

    @property
    def others_count(self) -> int:
        """The rows of the state's or the DEA's file that are about other people."""
        if self.kind == self.Kind.PROGRAM:
            return 0
        return max(self.row_count - self.new_count - self.changed_count - self.unchanged_count - self.bad_count, 0)

    @property
    def percent_read(self) -> int:
        return 100 * self.bytes_read // self.byte_count if self.byte_count else 0


class RosterProblem(models.Model):
    """A row that was left out (`bad`), or that somebody should look at (`warning`). It holds nothing of the row."""

    class Severity(models.TextChoices):
        BAD = "bad", _("bad")
        WARNING = "warning", _("warning")

    created_at = models.DateTimeField(auto_now_add=True)
    roster_import = models.ForeignKey(RosterImport, on_delete=models.PROTECT, related_name="problems")
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=40, blank=True)
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.BAD)
    reason = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(severity__in=["bad", "warning"]), name="roster_problem_severity"),
            models.CheckConstraint(condition=~Q(reason=""), name="roster_problem_says_why"),
        ]

    def __str__(self) -> str:
        return f"roster problem {self.pk}"
