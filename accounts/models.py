from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.models_mfa import MFAReset  # noqa: F401  a file of its own: this one is long


class UserManager(DjangoUserManager):
    """Accounts by e-mail, stored in lower case."""

    def _create_user_object(self, email, password, **extra_fields):
        user = self.model(email=self.normalize_email(email), **extra_fields)
        user.set_password(password)
        return user

    @classmethod
    def normalize_email(cls, email):
        return (email or "").strip().lower()

    def create_user(self, email, password=None, **extra_fields):
        user = self._create_user_object(email, password, **extra_fields)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **extra_fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra_fields)

    def get_by_natural_key(self, email):
        return self.get(email=self.normalize_email(email))


class User(AbstractUser):
    username = None
    first_name = None
    last_name = None
    email = models.EmailField(_("e-mail"), unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(email=""), name="user_email_given"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower_case"),
        ]

    def __str__(self):
        return f"account {self.pk}"

    def get_full_name(self):
        return self.email

    def get_short_name(self):
        return self.email

    @property
    def role(self):
        """The role an event is recorded with."""
        if self.is_staff:
            return "staff"
        if hasattr(self, "physician"):
            return "physician"
        return "delegate" if getattr(self, "is_delegate", False) else "member"


class Physician(models.Model):
    """A physician on the program's roster, whether or not she has an account yet."""

    class Status(models.TextChoices):
        VERIFIED = "verified", _("verified")
        SUSPENDED = "suspended", _("suspended")
        LEFT = "left", _("left practice")

    created_at = models.DateTimeField(auto_now_add=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT)
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    search_name = models.CharField(max_length=210)
    dea_number = models.CharField(_("DEA number"), max_length=15, unique=True)
    dea_suffix = models.CharField(_("DEA suffix"), max_length=20, blank=True)
    ssn_digest = models.CharField(max_length=64, editable=False)
    npi = models.CharField(_("NPI"), max_length=10, blank=True)
    email = models.EmailField()
    phone = PhoneNumberField()
    practice_name = models.CharField(max_length=200)
    practice_street = models.CharField(max_length=200)
    practice_city = models.CharField(max_length=100)
    practice_state = models.CharField(max_length=2)
    practice_zip = models.CharField(_("practice ZIP code"), max_length=5)
    status = models.CharField(max_length=10, choices=Status, default=Status.VERIFIED)
    left_date = models.DateField(null=True, blank=True, help_text=_("First day on which she no longer certifies."))

    class Meta:
        indexes = [
            models.Index(fields=["search_name"], opclasses=["varchar_pattern_ops"], name="physician_search_name"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["verified", "suspended", "left"]), name="physician_status"),
            models.CheckConstraint(condition=~Q(dea_number="") & ~Q(ssn_digest=""), name="physician_identifiable"),
            models.CheckConstraint(
                condition=~Q(status="left") | Q(left_date__isnull=False), name="physician_left_on_a_day"
            ),
        ]

    def __str__(self):
        return f"physician {self.pk}"

    @property
    def name(self):
        return f"{self.first_name} {self.last_name}"

    @property
    def practice_address(self):
        return f"{self.practice_street}, {self.practice_city}, {self.practice_state} {self.practice_zip}"

    def has_left_on(self, day):
        """Whether she has left practice by `day`; an announced day may still be ahead."""
        return self.left_date is not None and self.left_date <= day


class Registration(models.Model):
    """One of the four registrations that a certifying physician holds."""

    class Kind(models.TextChoices):
        MEDICAL_LICENSE = "medical_license", _("Connecticut medical license")
        CONTROLLED_SUBSTANCE = "controlled_substance", _("Connecticut controlled substance registration")
        DEA = "dea", _("DEA registration")
        PRESCRIPTION_MONITORING = "prescription_monitoring", _("Prescription Monitoring Program access")

    created_at = models.DateTimeField(auto_now_add=True)
    physician = models.ForeignKey(Physician, on_delete=models.PROTECT, related_name="registrations")
    kind = models.CharField(max_length=30, choices=Kind)
    number = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=2, blank=True)
    schedules = models.CharField(max_length=30, blank=True)
    is_active = models.BooleanField(default=True)
    is_limited = models.BooleanField(default=False)
    expires_date = models.DateField(null=True, blank=True, help_text=_("First day on which it no longer counts."))
    verified_at = models.DateTimeField()
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    source = models.CharField(max_length=60)
    warned_end_date = models.DateField(null=True, blank=True, help_text=_("The end of which she was warned by mail."))
    told_end_date = models.DateField(null=True, blank=True, help_text=_("The end that was told once it had passed."))

    class Meta:
        indexes = [models.Index(fields=["expires_date"], name="registration_ending")]
        constraints = [
            models.UniqueConstraint(fields=["physician", "kind"], name="registration_one_of_a_kind"),
            models.CheckConstraint(
                condition=Q(kind__in=["medical_license", "controlled_substance", "dea", "prescription_monitoring"]),
                name="registration_kind",
            ),
            # Access to the monitoring program has no end of its own; the other three do once they are proven. One that
            # a roster only names (its number is known, nothing else) is not active and has no end yet.
            models.CheckConstraint(
                condition=Q(kind="prescription_monitoring") | Q(is_active=False) | Q(expires_date__isnull=False),
                name="registration_has_an_end",
            ),
        ]

    def __str__(self):
        return f"registration {self.pk}"


class DelegateQuerySet(models.QuerySet):
    def current(self, today):
        return self.filter(Q(ended_date__isnull=True) | Q(ended_date__gt=today), started_date__lte=today)

    def waiting(self, today):
        """Named, and no account with that address has signed in yet; a naming that nobody took up ends by itself."""
        oldest = today - timedelta(days=settings.INVITATION_VALID_DAYS)
        return self.current(today).filter(user__isnull=True, started_date__gt=oldest)


class Delegate(models.Model):
    """Somebody of the physician's office, from `started_date` until `ended_date` (half-open).

    Named by e-mail; `user` is the account that signed in with that verified address, and null before.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    physician = models.ForeignKey(Physician, on_delete=models.PROTECT, related_name="delegates")
    email = models.EmailField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="delegations"
    )
    started_date = models.DateField()
    ended_date = models.DateField(null=True, blank=True)

    objects = DelegateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["physician", "user"], condition=Q(ended_date__isnull=True), name="delegate_named_once"
            ),
            models.UniqueConstraint(
                fields=["physician", "email"], condition=Q(ended_date__isnull=True), name="delegate_address_named_once"
            ),
            models.CheckConstraint(
                condition=~Q(email="") & Q(email=Lower("email")), name="delegate_email_in_lower_case"
            ),
            models.CheckConstraint(
                condition=Q(ended_date__isnull=True) | Q(ended_date__gte=F("started_date")), name="delegate_dates"
            ),
        ]

    def __str__(self):
        return f"delegate {self.pk}"


class IdentificationTry(models.Model):
    """A try to identify with DEA number and SSN digits. The number stands as a digest: it may be somebody else's."""

    created_at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    dea_digest = models.CharField(max_length=64)
    address = models.GenericIPAddressField(null=True, blank=True)
    succeeded = models.BooleanField()
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True, help_text=_("Counts no more: the Registrar lifted it."))

    class Meta:
        verbose_name_plural = "identification tries"
        indexes = [
            models.Index(fields=["dea_digest", "at"], name="try_of_number"),
            models.Index(fields=["user", "at"], name="try_of_user"),
        ]

    def __str__(self):
        return f"identification try {self.pk}"


class AccountBinding(models.Model):
    """An account was bound to a physician, and the mail about it carried a link: this was not me."""

    created_at = models.DateTimeField(auto_now_add=True)
    physician = models.ForeignKey(Physician, on_delete=models.PROTECT, related_name="bindings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    token_digest = models.CharField(max_length=64, unique=True)
    disowned_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"account binding {self.pk}"


class Decision(models.TextChoices):
    PENDING = "pending", _("waits")
    VERIFIED = "verified", _("verified")
    REFUSED = "refused", _("refused")


DECIDED_OR_PENDING = Q(status="pending", decided_by__isnull=True, decided_at__isnull=True) | (
    Q(status__in=["verified", "refused"], decided_by__isnull=False, decided_at__isnull=False)
)
REFUSED_WITH_REASON = ~Q(status="refused") | ~Q(reason="")


class PhysicianApplication(models.Model):
    """What somebody claims who is not on the roster. It stands beside the physicians: a false one blocks nobody."""

    created_at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="physician_applications")
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    search_name = models.CharField(max_length=210)
    dea_number = models.CharField(_("DEA number"), max_length=15)
    dea_suffix = models.CharField(_("DEA suffix"), max_length=20, blank=True)
    ssn_digest = models.CharField(max_length=64, editable=False)
    npi = models.CharField(_("NPI"), max_length=10)
    phone = PhoneNumberField()
    practice_name = models.CharField(max_length=200)
    practice_street = models.CharField(max_length=200)
    practice_city = models.CharField(max_length=100)
    practice_state = models.CharField(max_length=2)
    practice_zip = models.CharField(_("practice ZIP code"), max_length=5)
    status = models.CharField(max_length=10, choices=Decision, default=Decision.PENDING)
    physician = models.ForeignKey(
        Physician, null=True, blank=True, on_delete=models.PROTECT, related_name="applications"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["dea_number"], name="application_dea_number")]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(status="pending"), name="application_one_waits"),
            models.CheckConstraint(condition=DECIDED_OR_PENDING, name="application_decided"),
            models.CheckConstraint(condition=REFUSED_WITH_REASON, name="application_refused_with_reason"),
            models.CheckConstraint(
                condition=~Q(status="verified") | Q(physician__isnull=False), name="application_verified_is_physician"
            ),
        ]

    def __str__(self):
        return f"application {self.pk}"

    @property
    def name(self):
        return f"{self.first_name} {self.last_name}"

    @property
    def email(self):
        return self.user.email

    @property
    def practice_address(self):
        return f"{self.practice_street}, {self.practice_city}, {self.practice_state} {self.practice_zip}"


class Proof(models.Model):
    """What a person typed in about one registration. It counts once somebody else has verified it."""

    created_at = models.DateTimeField(auto_now_add=True)
    physician = models.ForeignKey(Physician, null=True, blank=True, on_delete=models.PROTECT, related_name="proofs")
    application = models.ForeignKey(
        PhysicianApplication, null=True, blank=True, on_delete=models.PROTECT, related_name="proofs"
    )
    kind = models.CharField(max_length=30, choices=Registration.Kind)
    number = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=2, blank=True)
    schedules = models.CharField(max_length=30, blank=True)
    is_active = models.BooleanField(default=True)
    is_limited = models.BooleanField(default=False)
    expires_date = models.DateField(null=True, blank=True, help_text=_("First day on which it no longer counts."))
    source = models.CharField(max_length=60)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Decision, default=Decision.PENDING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["status", "-entered_at"], name="proof_queue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(physician__isnull=False, application__isnull=True)
                | Q(physician__isnull=True, application__isnull=False),
                name="proof_of_one",
            ),
            models.UniqueConstraint(
                fields=["physician", "kind"], condition=Q(status="pending"), name="proof_one_waits"
            ),
            models.UniqueConstraint(fields=["application", "kind"], name="proof_one_of_a_kind"),
            models.CheckConstraint(condition=Q(kind__in=Registration.Kind.values), name="proof_kind"),
            models.CheckConstraint(condition=DECIDED_OR_PENDING, name="proof_decided"),
            models.CheckConstraint(condition=REFUSED_WITH_REASON, name="proof_refused_with_reason"),
            models.CheckConstraint(
                condition=~Q(status="verified") | Q(kind="prescription_monitoring") | Q(expires_date__isnull=False),
                name="proof_verified_has_an_end",
            ),
        ]

    def __str__(self):
        return f"proof {self.pk}"

    @property
    def valid_through(self):
        """The last day on which the registration counts."""
        return self.expires_date - timedelta(days=1) if self.expires_date else None


class RosterUpload(models.Model):
    """A roster file that somebody uploaded, until it is read: its parts are sealed and go with it."""

    created_at = models.DateTimeField(auto_now_add=True)
    byte_count = models.PositiveBigIntegerField()

    def __str__(self):
        return f"roster upload {self.pk}"


class RosterPart(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    upload = models.ForeignKey(RosterUpload, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveIntegerField()
    data = models.BinaryField()  # sealed (accounts/roster_storage.py)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "position"], name="roster_part_once")]

    def __str__(self):
        return f"roster part {self.pk}"


class RosterImport(models.Model):
    """One reading of a roster file. One that was cut off wrote whole batches: the file is read again."""

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
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("started_at")), name="roster_import_times"
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

    def __str__(self):
        return f"roster import {self.pk}"

    @property
    def is_under_way(self):
        return self.status in (self.Status.WAITING, self.Status.RUNNING)

    @property
    def waits_for_its_real_import(self):
        """A dry run that has ended, and whose file is kept."""
        return self.is_dry_run and self.status == self.Status.FINISHED and self.upload_id is not None

    @property
    def percent_read(self):
        return 100 * self.bytes_read // self.byte_count if self.byte_count else 0


class RosterProblem(models.Model):
    """A row that was left out (`bad`), or one that somebody should look at (`warning`). Holds nothing of the row."""

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

    def __str__(self):
        return f"roster problem {self.pk}"
