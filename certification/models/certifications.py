"""A certification: what a physician has signed for a patient, valid for one year."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Physician, User
from certification.models import validity
from certification.models.people import Patient
from certification.statements import signed_sentences
from ui.fields import EncryptedJSONField, EncryptedTextField


def physicians_of(user: User, today: date) -> list[int]:
    """Return the keys of the physicians in whose office the account works: its own, and those whose delegate it is."""
    own = [user.person.physician.pk] if user.person.physician else []
    if not user.person.is_delegate:
        return own
    return [*own, *user.delegations.current(today).values_list("physician", flat=True)]


@dataclass(frozen=True)
class Office:
    """Whose rows an account sees: those of these physicians, and of itself where it is an applicant."""

    account: int
    physicians: list[int]
    applicant: int | None


def office_of(user: User, today: date) -> Office:
    """Return the office of the account: a page reads it once for all that it asks."""
    return Office(user.pk, physicians_of(user, today), user.pk if user.person.is_applicant else None)


class CertificationQuerySet(models.QuerySet["Certification"]):
    def active(self) -> Self:
        return self.filter(status=Certification.Status.ACTIVE)

    def expiring(self, *, after: date, until: date) -> Self:
        """Return the certifications of which `validity.is_expiring` is true."""
        return self.filter(validity.expiring(after=after, until=until))

    def running_on(self, day: date) -> Self:
        """Return the certifications of which `runs_on` is true."""
        return self.filter(validity.running_on(day))

    def valid_on(self, day: date) -> Self:
        """Return the certifications valid on `day`, the newest first: the next may be signed while one still runs."""
        return self.filter(validity.valid_on(day)).order_by("-certified_at")

    def in_hands_of(self, user: User, today: date) -> Self:
        """Return the certifications that the physician `user` signed, or that the delegate `user` may see."""
        return self.filter(physician__in=physicians_of(user, today))  # an index of ours begins with the physician


class Certification(models.Model):
    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        SUPERSEDED = "superseded", _("Superseded by a renewal")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        REVOKED = "revoked", _("Revoked")
        CLOSED = "closed", _("Closed")

    # Not given by a sequence: events of the draft and of the certification then name one number.
    id = models.BigIntegerField(primary_key=True, editable=False)  # the id of the draft that was signed
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=20, unique=True)
    physician = models.ForeignKey(Physician, on_delete=models.PROTECT, related_name="certifications")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="certifications")
    search_name = models.CharField(
        max_length=330, blank=True, editable=False, help_text=_("The patient's, kept here for the list of an office.")
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    condition_codes = EncryptedJSONField(editable=False)
    patient_as_signed = EncryptedJSONField(
        null=True, blank=True, editable=False, help_text=_("The patient’s name, address, phone and email that day.")
    )
    qualifies = models.BooleanField(default=False)
    residency_proof_seen = models.BooleanField(default=False)
    not_an_inmate = models.BooleanField(default=False)
    exam_date = models.DateField()
    monitoring_reviewed_date = models.DateField()
    assessed_history = models.BooleanField(default=False)
    diagnosed_condition = models.BooleanField(default=False)
    considered_prescriptions = models.BooleanField(default=False)
    benefits_outweigh_risks = models.BooleanField(default=False)
    explained_risks = models.BooleanField(default=False)
    available_for_follow_up = models.BooleanField(default=False)
    monthly_allotment_oz = models.DecimalField(max_digits=4, decimal_places=2)
    allotment_limit_oz = models.DecimalField(max_digits=4, decimal_places=2)
    allotment_reason = EncryptedTextField(null=True, blank=True, help_text=_("Why it is less than the limit."))
    directions = EncryptedTextField(blank=True)
    explained_to = models.CharField(
        max_length=330, blank=True, help_text=_("The guardian who was told the risks and benefits, if not the patient.")
    )
    signature_name = models.CharField(max_length=210)
    statement_version = models.CharField(max_length=20)
    certified_at = models.DateTimeField()
    certified_date = models.DateField()
    expires_date = models.DateField(help_text=_("First day on which it is no longer valid."))
    renewal_of = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="renewal")
    deliveries_stop_date = models.DateField(
        null=True, blank=True, help_text=_("Last day of deliveries of a withdrawn one.")
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_reason = EncryptedTextField(blank=True)

    objects = CertificationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["status", "expires_date", "id"], name="certification_ending"),
            # Holds all that the list of an office sorts, counts and searches by: its rows are read a page at a time.
            models.Index(
                fields=["physician", "status", "expires_date", "id", "deliveries_stop_date", "patient", "search_name"],
                condition=~Q(status="superseded"),
                name="certification_of_office",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["active", "superseded", "withdrawn", "revoked", "closed"]),
                name="certification_status",
            ),
            models.CheckConstraint(
                condition=~Q(signature_name="") & ~Q(statement_version=""), name="certification_signed_has_signature"
            ),
            models.CheckConstraint(
                condition=Q(
                    assessed_history=True,
                    diagnosed_condition=True,
                    considered_prescriptions=True,
                    benefits_outweigh_risks=True,
                    explained_risks=True,
                    available_for_follow_up=True,
                ),
                name="certification_signed_has_all_attestations",
            ),
            models.CheckConstraint(condition=Q(certified_date__lt=F("expires_date")), name="certification_dates"),
            models.CheckConstraint(
                condition=Q(monthly_allotment_oz__gt=0, monthly_allotment_oz__lte=F("allotment_limit_oz")),
                name="certification_allotment",
            ),
            # The first version of the statement asked neither, the second no renewal.
            models.CheckConstraint(
                condition=Q(statement_version="2026-11")
                | Q(statement_version="2026-11.2", renewal_of__isnull=False)
                | Q(qualifies=True, residency_proof_seen=True, not_an_inmate=True),
                name="certification_signed_was_qualified",
            ),
            models.CheckConstraint(
                condition=Q(statement_version="2026-11")
                | Q(monthly_allotment_oz=F("allotment_limit_oz"))
                | Q(allotment_reason__isnull=False),
                name="certification_less_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(status="active") | Q(ended_at__isnull=False), name="certification_ended"
            ),
            models.CheckConstraint(
                condition=~Q(status="active") | Q(ended_at__isnull=True, ended_by__isnull=True),
                name="certification_running_has_no_end",
            ),
            models.CheckConstraint(
                condition=Q(deliveries_stop_date__isnull=True)
                | Q(status__in=["withdrawn", "superseded"], deliveries_stop_date__gte=F("certified_date")),
                name="certification_stop_of_withdrawn",
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(status="active"), name="certification_one_active_a_patient"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def last_valid_day(self) -> date:
        """The last day of its year, which pages show as the end; `expires_date` is the day after."""
        return self.expires_date - timedelta(days=1)

    @property
    def signed_sentences(self) -> list[str]:
        """The six points exactly as they were signed."""
        return signed_sentences(version=self.statement_version, explained_to=self.explained_to)

    @property
    def valid_through(self) -> date:
        """The last day on which it is valid: of its year, or of deliveries where it was withdrawn."""
        if self.status == self.Status.WITHDRAWN and self.deliveries_stop_date:
            return min(self.deliveries_stop_date, self.last_valid_day)
        return self.last_valid_day

    def runs_on(self, day: date) -> bool:
        """Return whether it is active, also past its year, or withdrawn while deliveries still go on."""
        return validity.runs_on(self, day)

    def is_valid_on(self, day: date) -> bool:
        """Return whether it runs on `day`, was signed on or before it, and its year is not over."""
        return validity.is_valid_on(self, day)
