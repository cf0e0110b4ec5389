"""What is told to the monitoring program: each event of a unit, the files that hold them, and the answers to these."""

from datetime import date, datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dispensing.models.units import DispensedUnit
from ui.fields import EncryptedJSONField, EncryptedTextField

DUE_AFTER = timedelta(minutes=60)  # [docs/domain.md#the-monitoring-report]
LATE_BEFORE_DUE = timedelta(minutes=10)  # so that staff can still report it in time


class ReportFileQuerySet(models.QuerySet["ReportFile"]):
    def unsent(self) -> Self:
        """Return the files that the monitoring program does not have for certain."""
        return self.filter(status__in=[ReportFile.Status.MADE, ReportFile.Status.SENDING])

    def to_hand_in(self) -> Self:
        """Return the files that a pharmacist takes to the program, because no server is set."""
        return self.none() if settings.REPORT_SERVER else self.filter(status=ReportFile.Status.MADE)


class ReportFile(models.Model):
    """A file of the monitoring report. Its name and control number stay the same however often it is sent.

    `text` is what was sent. Once every report of a hand-over is accepted, the number of the photo ID is cut in it to
    four characters; `digest` stays that of the whole file.
    """

    class Kind(models.TextChoices):
        DISPENSINGS = "dispensings", _("Dispensings")
        ZERO = "zero", _("Nothing dispensed")

    class Status(models.TextChoices):
        MADE = "made", _("Waits to be sent")
        SENDING = "sending", _("Is being sent")
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        ERROR = "error", _("In error")

    created_at = models.DateTimeField(auto_now_add=True)
    control_number = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=11, choices=Kind)
    day = models.DateField(null=True, blank=True, help_text=_("The day without dispensing."))
    count = models.PositiveIntegerField(help_text=_("How many units it reports."))
    text = EncryptedTextField()
    digest = models.CharField(max_length=64, help_text=_("SHA-256 of the file."))
    status = models.CharField(max_length=8, choices=Status, default=Status.MADE)
    made_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True, help_text=_("Until when one sender has it."))
    sent_at = models.DateTimeField(null=True, blank=True)
    downloaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("Who took it to the monitoring program, where no server is set."),
    )  # fmt: skip
    answered_at = models.DateTimeField(null=True, blank=True)
    alarmed_at = models.DateTimeField(null=True, blank=True)

    objects = ReportFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("monitoring report file")
        verbose_name_plural = _("monitoring report files")
        ordering = ["pk"]
        indexes = [models.Index(fields=["status", "next_try_at"], name="report_file_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="dispensings", day__isnull=True, count__gt=0)
                | Q(kind="zero", day__isnull=False, count=0),
                name="report_file_kind",
            ),
            models.UniqueConstraint(
                fields=["day"], condition=Q(kind="zero") & ~Q(status="error"), name="report_file_zero_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(status="sending", lease_until__isnull=False)
                | Q(status__in=["made", "sent", "accepted", "error"], lease_until__isnull=True),
                name="report_file_lease",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["made", "sending"], sent_at__isnull=True)
                | Q(status__in=["sent", "accepted", "error"], sent_at__isnull=False),
                name="report_file_sent_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["made", "sending", "sent"], answered_at__isnull=True)
                | Q(status__in=["accepted", "error"], answered_at__isnull=False),
                name="report_file_answered_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(control_number="") & ~Q(name="") & ~Q(digest=""), name="report_file_has_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReportRecordQuerySet(models.QuerySet["ReportRecord"]):
    def unsent(self) -> Self:
        """Return the records that the program does not have as they stand: never sent, or to be sent again."""
        again = Q(status__in=[ReportRecord.Status.WAITING, ReportRecord.Status.HELD]) | Q(
            status=ReportRecord.Status.FILED, file__status__in=[ReportFile.Status.MADE, ReportFile.Status.SENDING]
        )
        return self.filter(Q(sent_at__isnull=True) | again).exclude(status=ReportRecord.Status.DROPPED)

    def late(self, now: datetime) -> Self:
        """Return the records that were not sent 50 minutes after what they report, or after they were corrected."""
        return self.unsent().filter(due_at__lte=now + LATE_BEFORE_DUE)

    def to_correct(self) -> Self:
        """Return the records that nobody sends until a pharmacist has looked at them."""
        return self.filter(status__in=[ReportRecord.Status.HELD, ReportRecord.Status.ERROR])

    def of_day(self, day: date) -> Self:
        """Return the records of what was handed over on this day of New York."""
        return self.filter(filled_date=day)


class ReportRecord(models.Model):
    """One event of one unit that is reported: it was handed over, its report was wrong, or it came back.

    `facts` is what the file says of it: a void repeats those of the report that it takes back, whatever became of the
    patient since. They hold the whole number of the photo ID until every report of the hand-over is accepted.
    """

    class Kind(models.TextChoices):
        NEW = "new", _("New")
        REVISE = "revise", _("Revision")
        VOID = "void", _("Void")

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waits for the next file")
        HELD = "held", _("Cannot be written")
        FILED = "filed", _("In a file")
        ACCEPTED = "accepted", _("Accepted")
        ERROR = "error", _("In error")
        DROPPED = "dropped", _("Needs no report")

    created_at = models.DateTimeField(auto_now_add=True)
    unit = models.ForeignKey(DispensedUnit, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=6, choices=Kind)
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    replaces = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by",
        help_text=_("The report that it revises or takes back."),
    )  # fmt: skip
    filled_date = models.DateField(help_text=_("The day of the hand-over."))
    facts = EncryptedJSONField(editable=False)
    pharmacy_number = models.CharField(max_length=40, blank=True, help_text=_("Under which it was reported."))
    happened_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text=_("By when the monitoring program has to have it."))
    file = models.ForeignKey(
        ReportFile, null=True, blank=True, on_delete=models.PROTECT, related_name="records",
        help_text=_("The last file that holds it."),
    )  # fmt: skip
    problem = EncryptedTextField(null=True, blank=True, help_text=_("Why it is not reported."))
    sent_at = models.DateTimeField(null=True, blank=True, help_text=_("When it was first sent."))
    accepted_at = models.DateTimeField(null=True, blank=True)
    alarmed_at = models.DateTimeField(null=True, blank=True)

    objects = ReportRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("monitoring report unit")
        verbose_name_plural = _("monitoring report units")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["status", "due_at"], name="report_record_waiting"),
            models.Index(fields=["filled_date"], name="report_record_day"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["unit"], condition=Q(kind="new"), name="report_record_new_once"),
            models.UniqueConstraint(fields=["unit"], condition=Q(kind="void"), name="report_record_void_once"),
            models.UniqueConstraint(
                fields=["unit"], condition=Q(status__in=["waiting", "held"]), name="report_record_one_waits"
            ),
            models.CheckConstraint(
                condition=Q(kind="new", replaces__isnull=True) | Q(kind__in=["revise", "void"], replaces__isnull=False),
                name="report_record_kind",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "dropped"], problem__isnull=True)
                | Q(status__in=["held", "error"], problem__isnull=False)
                | Q(status__in=["filed", "accepted"], problem__isnull=True, file__isnull=False),
                name="report_record_status",
            ),
            models.CheckConstraint(
                condition=Q(status="accepted", accepted_at__isnull=False)
                | (~Q(status="accepted") & Q(accepted_at__isnull=True)),
                name="report_record_accepted_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "held", "filed", "dropped"]) | Q(sent_at__isnull=False),
                name="report_record_answered_was_sent",
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("happened_at")), name="report_record_due_later"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id:06d} {self.kind}"


class ReportEntry(models.Model):
    """A record in a file. A record that is sent again stands in more than one file; the row never changes."""

    file = models.ForeignKey(ReportFile, on_delete=models.PROTECT, related_name="entries")
    record = models.ForeignKey(ReportRecord, on_delete=models.PROTECT, related_name="entries")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["file", "record"], name="report_entry_once")]

    def __str__(self) -> str:
        return f"entry {self.pk}"


class ReportAttempt(models.Model):
    """One try to upload a file. A try that a killed worker began is ended by the next one."""

    class Outcome(models.TextChoices):
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        LOST = "lost", _("Broken off")

    file = models.ForeignKey(ReportFile, on_delete=models.PROTECT, related_name="attempts")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=6, choices=Outcome, blank=True)
    words = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", ended_at__isnull=True)
                | Q(outcome__in=["sent", "failed", "lost"], ended_at__isnull=False),
                name="report_attempt_outcome",
            ),
            models.UniqueConstraint(fields=["file"], condition=Q(outcome=""), name="report_attempt_one_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk}"


class ReportAnswerQuerySet(models.QuerySet["ReportAnswer"]):
    def to_read(self) -> Self:
        """Return the answers that a pharmacist has to look at."""
        return self.filter(Q(trouble__isnull=False) | Q(is_alarm=True), read_at__isnull=True)


class ReportAnswer(models.Model):
    """An answer of the monitoring program, recorded once. One that is cut, or not to a file of ours, is kept to be
    looked at, and changes nothing."""

    class Kind(models.TextChoices):
        ACCEPTED = "02", _("Acknowledgement")
        ERROR = "03", _("Error")

    received_at = models.DateTimeField()
    text = EncryptedTextField()
    digest = models.CharField(max_length=64, unique=True, help_text=_("SHA-256 of the answer."))
    name = models.CharField(max_length=200, blank=True, help_text=_("Of the file on the server."))
    kind = models.CharField(max_length=2, choices=Kind, blank=True)
    file = models.ForeignKey(
        ReportFile, null=True, blank=True, on_delete=models.PROTECT, related_name="answers",
        help_text=_("The report that it answers."),
    )  # fmt: skip
    errors = EncryptedTextField(null=True, blank=True, help_text=_("What it says, a line for each message."))
    trouble = EncryptedTextField(null=True, blank=True, help_text=_("Why it could not be used."))
    is_alarm = models.BooleanField(default=False, help_text=_("A void did not find the report that it takes back."))
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("Who uploaded it; nobody where it came from the server."),
    )  # fmt: skip
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ReportAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("monitoring report answer")
        verbose_name_plural = _("monitoring report answers")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(file__isnull=True, trouble__isnull=False)
                | Q(file__isnull=False, trouble__isnull=True, kind__in=["02", "03"]),
                name="report_answer_is_ours_or_trouble",
            ),
            models.CheckConstraint(condition=Q(kind__in=["", "02", "03"]), name="report_answer_kind"),
            models.CheckConstraint(
                condition=Q(read_at__isnull=True, read_by__isnull=True)
                | Q(read_at__isnull=False, read_by__isnull=False),
                name="report_answer_read_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
