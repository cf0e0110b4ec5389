"""A certification: a draft until it is signed, then a statement that runs for a year."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Physician, PhysicianApplication
from certification.models.people import Patient
from certification.statements import signed_sentences
from ui.fields import EncryptedJSONField, EncryptedTextField

Certifier = Physician | PhysicianApplication


class CertificationQuerySet(models.QuerySet):
    def drafts(self):
        return self.filter(status=Certification.Status.DRAFT)

    def active(self):
        return self.filter(status=Certification.Status.ACTIVE)

    def expiring(self, *, after, until):
        """Active ones whose first invalid day lies after the one and not after the other."""
        return self.active().filter(expires_date__gt=after, expires_date__lte=until)

    def prepared(self):
        """Drafts in which nothing is missing but the physician's statement and signature, the longest wait first."""
        return self.drafts().filter(prepared_at__isnull=False).order_by("prepared_at", "pk")

    def reviewed(self):
        """Of those, what the physician has looked over and attested: one signature is missing."""
        return self.prepared().filter(reviewed_at__isnull=False)

    def running_on(self, day):
        """Active (also past its year), or withdrawn while deliveries still go on."""
        withdrawn = Q(status=Certification.Status.WITHDRAWN, deliveries_stop_date__gte=day)
        return self.filter(Q(status=Certification.Status.ACTIVE) | withdrawn)

    def valid_on(self, day):
        """The newest first: what was withdrawn may still run when the next is signed."""
        return self.running_on(day).filter(certified_date__lte=day, expires_date__gt=day).order_by("-certified_at")

    def in_hands_of(self, user, today):
        """What a physician signed or prepares, or what she lets her delegate see; of an applicant, her own drafts."""
        physicians = [user.physician.pk] if hasattr(user, "physician") else []
        if user.is_delegate:  # read before, for an index of ours begins with the physician
            physicians += user.delegations.current(today).values_list("physician", flat=True)
        own = Q(physician__in=physicians)
        return self.filter(own | Q(applicant=user) if user.is_applicant else own)


class Certification(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        SUPERSEDED = "superseded", _("Superseded by a renewal")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        REVOKED = "revoked", _("Revoked")
        CLOSED = "closed", _("Closed")

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=20, unique=True, null=True, blank=True)
    physician = models.ForeignKey(
        Physician, null=True, blank=True, on_delete=models.PROTECT, related_name="certifications"
    )
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="prepared_drafts",
        help_text=_("Who prepares it while waiting to be verified as a physician."),
    )  # fmt: skip
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="certifications")
    search_name = models.CharField(
        max_length=330, blank=True, editable=False, help_text=_("The patient's, kept here for the list of an office.")
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    draft = EncryptedJSONField(null=True, blank=True, editable=False)
    prepared_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when only the statement and the signature are missing.")
    )
    reviewed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when it is reviewed and attested, to be signed with others.")
    )
    reviewed_digest = models.CharField(
        max_length=64, blank=True, editable=False, help_text=_("SHA-256 of what was reviewed.")
    )
    condition_codes = EncryptedJSONField(null=True, blank=True, editable=False)
    patient_as_signed = EncryptedJSONField(
        null=True, blank=True, editable=False, help_text=_("The patient’s name, address, phone and email that day.")
    )
    qualifies = models.BooleanField(default=False)
    residency_proof_seen = models.BooleanField(default=False)
    not_an_inmate = models.BooleanField(default=False)
    exam_date = models.DateField(null=True, blank=True)
    monitoring_reviewed_date = models.DateField(null=True, blank=True)
    assessed_history = models.BooleanField(default=False)
    diagnosed_condition = models.BooleanField(default=False)
    considered_prescriptions = models.BooleanField(default=False)
    benefits_outweigh_risks = models.BooleanField(default=False)
    explained_risks = models.BooleanField(default=False)
    available_for_follow_up = models.BooleanField(default=False)
    monthly_allotment_oz = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    allotment_limit_oz = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    allotment_reason = EncryptedTextField(null=True, blank=True, help_text=_("Why it is less than the limit."))
    directions = EncryptedTextField(blank=True)
    explained_to = models.CharField(
        max_length=330, blank=True, help_text=_("The guardian who was told the risks and benefits, if not the patient.")
    )
    signature_name = models.CharField(max_length=210, blank=True)
    statement_version = models.CharField(max_length=20, blank=True)
    certified_at = models.DateTimeField(null=True, blank=True)
    certified_date = models.DateField(null=True, blank=True)
    expires_date = models.DateField(null=True, blank=True, help_text=_("First day on which it is no longer valid."))
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
                fields=[
                    "physician",
                    "status",
                    "expires_date",
                    "id",
                    "prepared_at",
                    "deliveries_stop_date",
                    "patient",
                    "search_name",
                ],
                condition=~Q(status="superseded"),
                name="certification_of_office",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "active", "superseded", "withdrawn", "revoked", "closed"]),
                name="certification_status",
            ),
            models.CheckConstraint(
                condition=Q(physician__isnull=False, applicant__isnull=True)
                | Q(status="draft", physician__isnull=True, applicant__isnull=False, renewal_of__isnull=True),
                name="certification_has_physician",
            ),
            models.CheckConstraint(
                condition=~Q(status="draft") | Q(number__isnull=True, patient__isnull=True, signature_name=""),
                name="certification_draft_is_unsigned",
            ),
            models.CheckConstraint(
                condition=~Q(status="draft") | Q(search_name=""), name="certification_draft_has_no_search_name"
            ),
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(
                    number__isnull=False,
                    patient__isnull=False,
                    condition_codes__isnull=False,
                    exam_date__isnull=False,
                    monitoring_reviewed_date__isnull=False,
                    monthly_allotment_oz__isnull=False,
                    allotment_limit_oz__isnull=False,
                    certified_at__isnull=False,
                    certified_date__isnull=False,
                    expires_date__isnull=False,
                    draft__isnull=True,
                ),
                name="certification_signed_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | (~Q(signature_name="") & ~Q(statement_version="")),
                name="certification_signed_has_signature",
            ),
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(
                    assessed_history=True,
                    diagnosed_condition=True,
                    considered_prescriptions=True,
                    benefits_outweigh_risks=True,
                    explained_risks=True,
                    available_for_follow_up=True,
                ),
                name="certification_signed_has_all_attestations",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(certified_date__lt=F("expires_date")), name="certification_dates"
            ),
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(monthly_allotment_oz__gt=0, monthly_allotment_oz__lte=F("allotment_limit_oz")),
                name="certification_allotment",
            ),
            # The first version of the statement asked neither, the second no renewal.
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(statement_version="2026-11")
                | Q(statement_version="2026-11.2", renewal_of__isnull=False)
                | Q(qualifies=True, residency_proof_seen=True, not_an_inmate=True),
                name="certification_signed_was_qualified",
            ),
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(statement_version="2026-11")
                | Q(monthly_allotment_oz=F("allotment_limit_oz"))
                | Q(allotment_reason__isnull=False),
                name="certification_less_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "active"]) | Q(ended_at__isnull=False), name="certification_ended"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["draft", "active"]) | Q(ended_at__isnull=True, ended_by__isnull=True),
                name="certification_running_has_no_end",
            ),
            models.CheckConstraint(
                condition=Q(deliveries_stop_date__isnull=True)
                | Q(status__in=["withdrawn", "superseded"], deliveries_stop_date__gte=F("certified_date")),
                name="certification_stop_of_withdrawn",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(prepared_at__isnull=True), name="certification_prepared_is_draft"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_digest="")
                | (Q(status="draft", prepared_at__isnull=False, reviewed_at__isnull=False) & ~Q(reviewed_digest="")),
                name="certification_reviewed_is_prepared",
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(status="active"), name="certification_one_active_a_patient"
            ),
        ]

    def __str__(self):
        return self.number or f"draft {self.pk}"

    @property
    def certifier(self) -> Certifier:
        """The physician; while she waits to be verified, what she applied with."""
        return self.physician or self.applicant.physician_applications.latest("pk")

    @property
    def last_valid_day(self):
        """What people read as the end; `expires_date` is the day after."""
        return self.expires_date and self.expires_date - timedelta(days=1)

    @property
    def draft_name(self):
        """The patient's name as far as a draft holds it; empty when nobody is named yet."""
        profile = (self.draft or {}).get("profile") or {}
        return " ".join(
            filter(None, (profile.get(part) for part in ("first_name", "middle_name", "last_name", "suffix")))
        )

    @property
    def signed_sentences(self):
        """The six points exactly as they were signed; none of a draft."""
        if not self.statement_version:
            return []
        return signed_sentences(version=self.statement_version, explained_to=self.explained_to)

    @property
    def valid_through(self):
        """The last day on which it counts: its year's, or the last of deliveries where it was withdrawn before."""
        if self.status == self.Status.WITHDRAWN and self.deliveries_stop_date:
            return min(self.deliveries_stop_date, self.last_valid_day)
        return self.last_valid_day

    def runs_on(self, day):
        """Active (also past its year), or withdrawn while deliveries still go on."""
        if self.status == self.Status.WITHDRAWN:
            return self.deliveries_stop_date is not None and day <= self.deliveries_stop_date
        return self.status == self.Status.ACTIVE

    def is_valid_on(self, day):
        """It runs, was signed on or before `day`, and has not expired."""
        return self.runs_on(day) and self.certified_date <= day < self.expires_date
