"""Physicians, their registrations and their delegates."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField  # has no types


class Physician(models.Model):
    """A physician on the program's roster, with or without an account."""

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
    left_date = models.DateField(
        null=True, blank=True, help_text=_("First day on which the physician no longer certifies.")
    )

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

    def __str__(self) -> str:
        return f"physician {self.pk}"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def practice_address(self) -> str:
        return f"{self.practice_street}, {self.practice_city}, {self.practice_state} {self.practice_zip}"

    def has_left_on(self, day: date) -> bool:
        """Return whether the physician has left practice by `day`; an announced day may still be ahead."""
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
    warned_end_date = models.DateField(
        null=True, blank=True, help_text=_("The end that was announced by mail before it came.")
    )
    told_end_date = models.DateField(
        null=True, blank=True, help_text=_("The end that was announced by mail once it had passed.")
    )

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

    def __str__(self) -> str:
        return f"registration {self.pk}"

    @property
    def valid_through(self) -> date | None:
        """The last day on which the registration counts."""
        return self.expires_date - timedelta(days=1) if self.expires_date else None


class DelegateQuerySet(models.QuerySet):
    def current(self, today: date) -> "DelegateQuerySet":
        """Return the delegates who have not ended by `today`."""
        return self.filter(Q(ended_date__isnull=True) | Q(ended_date__gt=today), started_date__lte=today)

    def waiting(self, today: date) -> "DelegateQuerySet":
        """Return the delegates whose account has not signed in yet. They end when nobody has in some days."""
        oldest = today - timedelta(days=settings.INVITATION_VALID_DAYS)
        return self.current(today).filter(user__isnull=True, started_date__gt=oldest)


class Delegate(models.Model):
    """A person of the physician's office, from `started_date` until `ended_date` (half-open).

    The physician names the person by e-mail. `user` is the account that signed in with that verified address, and null
    before.
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

    def __str__(self) -> str:
        return f"delegate {self.pk}"
