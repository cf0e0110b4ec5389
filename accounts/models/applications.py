"""Applications and proofs, which wait until a second person decides."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField  # has no types

from accounts.models.physicians import Physician, Registration


class Decision(models.TextChoices):
    PENDING = "pending", _("waits")
    VERIFIED = "verified", _("verified")
    REFUSED = "refused", _("refused")


DECIDED_OR_PENDING = Q(status="pending", decided_by__isnull=True, decided_at__isnull=True) | (
    Q(status__in=["verified", "refused"], decided_by__isnull=False, decided_at__isnull=False)
)
REFUSED_WITH_REASON = ~Q(status="refused") | ~Q(reason="")


class IdentityProof(models.TextChoices):
    """How staff made sure that an applicant is the physician whose numbers they typed."""

    CALL_BACK = "call_back", _("called back at the number in the public register")
    EARLIER = "earlier", _("verified before a call back was asked for")


CALLED_BACK_OR_NOT = Q(
    ~Q(called_number=""),
    ~Q(number_source=""),
    identity_proof="call_back",
    called_at__isnull=False,
    called_by__isnull=False,
) | Q(
    identity_proof__in=["", "earlier"],
    called_number="",
    number_source="",
    called_at__isnull=True,
    called_by__isnull=True,
)


class PhysicianApplication(models.Model):
    """A claim to be a physician, by a person who is not on the roster. A false claim blocks no physician."""

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
    identity_proof = models.CharField(max_length=10, choices=IdentityProof, blank=True)
    called_number = PhoneNumberField(_("number called back"), blank=True)
    number_source = models.CharField(_("where the number stands"), max_length=100, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    called_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["dea_number"], name="application_dea_number")]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(status="pending"), name="application_one_waits"),
            models.CheckConstraint(condition=DECIDED_OR_PENDING, name="application_decided"),
            models.CheckConstraint(condition=REFUSED_WITH_REASON, name="application_refused_with_reason"),
            models.CheckConstraint(
                condition=~Q(status="verified") | Q(physician__isnull=False), name="application_verified_is_physician"
            ),
            models.CheckConstraint(condition=CALLED_BACK_OR_NOT, name="application_call_back_whole"),
            models.CheckConstraint(
                condition=~Q(status="verified") | Q(identity_proof__in=["call_back", "earlier"]),
                name="application_verified_is_proven",
            ),
        ]

    def __str__(self) -> str:
        return f"application {self.pk}"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def email(self) -> str:
        return self.user.email

    @property
    def practice_address(self) -> str:
        return f"{self.practice_street}, {self.practice_city}, {self.practice_state} {self.practice_zip}"


class Proof(models.Model):
    """A registration as a person entered it. It counts once somebody else has verified it."""

    created_at = models.DateTimeField(auto_now_add=True)
    physician = models.ForeignKey(Physician, null=True, blank=True, on_delete=models.PROTECT, related_name="proofs")
    application = models.ForeignKey(
        PhysicianApplication, null=True, blank=True, on_delete=models.PROTECT, related_name="proofs"
    )
    kind = models.CharField(max_length=30, choices=Registration.Kind)
    number = models.CharField(max_length=30, blank=True)
    claimed_number = models.CharField(
        max_length=30, blank=True, help_text=_("What the applicant typed, whatever the register shows.")
    )
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

    def __str__(self) -> str:
        return f"proof {self.pk}"

    @property
    def valid_through(self) -> date | None:
        """The last day on which the registration counts."""
        return self.expires_date - timedelta(days=1) if self.expires_date else None
