import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.models import Physician
from ui.fields import EncryptedJSONField, EncryptedTextField


class Condition(models.Model):
    """The official list of debilitating conditions, with the ages and days for which each counts."""

    created_at = models.DateTimeField(auto_now_add=True)
    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    for_adults = models.BooleanField()
    for_minors = models.BooleanField()
    effective_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(for_adults=True) | Q(for_minors=True), name="condition_for_somebody"),
        ]

    def __str__(self):
        return self.code


class AllotmentLimit(models.Model):
    """The most that a physician may certify a month, from a day on."""

    created_at = models.DateTimeField(auto_now_add=True)
    effective_date = models.DateField(unique=True)
    limit_oz = models.DecimalField(max_digits=4, decimal_places=2)

    class Meta:
        ordering = ["-effective_date"]
        constraints = [models.CheckConstraint(condition=Q(limit_oz__gt=0), name="allotment_limit_positive")]

    def __str__(self):
        return f"limit from {self.effective_date}"


class Sex(models.TextChoices):
    FEMALE = "F", _("Female")
    MALE = "M", _("Male")
    UNKNOWN = "U", _("Not stated")


class Person(models.Model):
    """What a patient and a caregiver have in common."""

    created_at = models.DateTimeField(auto_now_add=True)
    number = models.CharField(max_length=20, unique=True)
    first_name = models.CharField(max_length=100)
    middle_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100)
    suffix = models.CharField(max_length=20, blank=True)
    search_name = models.CharField(max_length=330)
    birth_date = models.DateField()
    sex = models.CharField(max_length=1, choices=Sex, default=Sex.UNKNOWN)
    street = models.CharField(max_length=200)
    unit = models.CharField(max_length=50, blank=True)
    city = models.CharField(max_length=100)
    state = models.CharField(max_length=2, default="CT")
    zip_code = models.CharField(max_length=5)
    email = models.EmailField(blank=True)
    has_no_email = models.BooleanField(default=False)
    phone = PhoneNumberField()
    language = models.CharField(max_length=10, default="en")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        abstract = True

    def __str__(self):
        return self.number

    @property
    def name(self):
        return " ".join(part for part in (self.first_name, self.middle_name, self.last_name, self.suffix) if part)

    @property
    def street_address(self):
        return " ".join(part for part in (self.street, self.unit) if part)

    @property
    def town(self):
        return f"{self.city}, {self.state} {self.zip_code}"


def person_constraints(table):
    """What is true of every person, under names that carry the table's."""
    return [
        models.CheckConstraint(
            condition=Q(email="", has_no_email=True) | (~Q(email="") & Q(has_no_email=False)),
            name=f"{table}_email_or_none",
        ),
        models.CheckConstraint(condition=Q(sex__in=["F", "M", "U"]), name=f"{table}_sex"),
        models.CheckConstraint(condition=~Q(phone=""), name=f"{table}_has_phone"),
    ]


class Patient(Person):
    """Somebody a physician has certified at least once."""

    has_legal_capacity = models.BooleanField(default=True)
    affirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["search_name"], opclasses=["varchar_pattern_ops"], name="patient_search_name")]
        constraints = [
            *person_constraints("patient"),
            models.CheckConstraint(condition=Q(state="CT"), name="patient_lives_in_connecticut"),
        ]

    def certification_on(self, day):
        """The certification that is valid on `day`, or None."""
        return self.certifications.valid_on(day).first()

    @property
    def current_assignment(self):
        return next((one for one in self.assignments.all() if one.ended_date is None), None)


class Caregiver(Person):
    """An adult who orders and receives for a patient. A guardian is one."""

    class Meta:
        indexes = [
            models.Index(fields=["search_name"], opclasses=["varchar_pattern_ops"], name="caregiver_search_name")
        ]
        constraints = [
            *person_constraints("caregiver"),
            models.UniqueConstraint(fields=["search_name", "birth_date", "phone"], name="caregiver_entered_once"),
        ]


class CaregiverAssignment(models.Model):
    """Who acts for whom, from `started_date` until `ended_date` (half-open), once she has affirmed it."""

    class Relationship(models.TextChoices):
        PARENT = "parent", _("Parent")
        GUARDIAN = "guardian", _("Guardian")
        CUSTODIAN = "custodian", _("Other legal custodian")
        CONSERVATOR = "conservator", _("Conservator")
        CHILD = "child", _("Son or daughter")
        SIBLING = "sibling", _("Brother or sister")
        SPOUSE = "spouse", _("Husband, wife or partner")
        OTHER = "other", _("Somebody else")

    created_at = models.DateTimeField(auto_now_add=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="assignments")
    caregiver = models.ForeignKey(Caregiver, on_delete=models.PROTECT, related_name="assignments")
    need = EncryptedTextField(blank=True, help_text=_("Why the patient needs a caregiver."))
    relationship = models.CharField(max_length=20, choices=Relationship)
    affirmed_at = models.DateTimeField(null=True, blank=True)
    started_date = models.DateField()
    ended_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(ended_date__isnull=True), name="assignment_one_open_per_patient"
            ),
            models.CheckConstraint(
                condition=Q(ended_date__isnull=True) | Q(ended_date__gte=F("started_date")), name="assignment_dates"
            ),
            models.CheckConstraint(
                condition=Q(
                    relationship__in=[
                        "parent", "guardian", "custodian", "conservator", "child", "sibling", "spouse", "other",
                    ]
                ),
                name="assignment_relationship",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"assignment {self.pk}"


class CertificationQuerySet(models.QuerySet):
    def drafts(self):
        return self.filter(status=Certification.Status.DRAFT)

    def active(self):
        return self.filter(status=Certification.Status.ACTIVE)

    def prepared(self):
        """Drafts in which nothing is missing but the physician's statement and signature, the longest wait first."""
        return self.drafts().filter(prepared_at__isnull=False).order_by("prepared_at", "pk")

    def valid_on(self, day):
        return self.active().filter(
            Q(deliveries_stop_date__isnull=True) | Q(deliveries_stop_date__gt=day),
            certified_date__lte=day,
            expires_date__gt=day,
        )

    def in_hands_of(self, user, today):
        """What a physician signed or prepares, or what she lets her delegate see."""
        own = Q(physician__user=user)
        if user.is_delegate:
            delegations = user.delegations.current(today).values("physician")
            own |= Q(physician__in=delegations)
        return self.filter(own)


class Certification(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        SUPERSEDED = "superseded", _("Superseded by a renewal")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=20, unique=True, null=True, blank=True)
    physician = models.ForeignKey(Physician, on_delete=models.PROTECT, related_name="certifications")
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="certifications")
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    draft = EncryptedJSONField(null=True, blank=True, editable=False)
    prepared_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when only the statement and the signature are missing.")
    )
    condition_codes = EncryptedJSONField(null=True, blank=True, editable=False)
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
    directions = EncryptedTextField(blank=True)
    signature_name = models.CharField(max_length=210, blank=True)
    statement_version = models.CharField(max_length=20, blank=True)
    certified_at = models.DateTimeField(null=True, blank=True)
    certified_date = models.DateField(null=True, blank=True)
    expires_date = models.DateField(null=True, blank=True, help_text=_("First day on which it is no longer valid."))
    renewal_of = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="renewal")
    deliveries_stop_date = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_reason = EncryptedTextField(blank=True)

    objects = CertificationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["status", "expires_date"], name="certification_ending")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "active", "superseded", "withdrawn"]), name="certification_status"
            ),
            models.CheckConstraint(
                condition=~Q(status="draft") | Q(number__isnull=True, patient__isnull=True, signature_name=""),
                name="certification_draft_is_unsigned",
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
            models.CheckConstraint(
                condition=Q(status__in=["draft", "active"]) | Q(ended_at__isnull=False), name="certification_ended"
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(prepared_at__isnull=True), name="certification_prepared_is_draft"
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(status="active"), name="certification_one_active_a_patient"
            ),
        ]

    def __str__(self):
        return self.number or f"draft {self.pk}"

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

    def is_valid_on(self, day):
        """Active, signed on or before `day`, not yet expired, and deliveries not stopped."""
        return (
            self.status == self.Status.ACTIVE
            and self.certified_date <= day < self.expires_date
            and (self.deliveries_stop_date is None or day < self.deliveries_stop_date)
        )


class Invitation(models.Model):
    """A link by mail with which a patient or caregiver joins; used once, and ended by the next one."""

    created_at = models.DateTimeField(auto_now_add=True)
    patient = models.ForeignKey(Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations")
    caregiver = models.ForeignKey(
        Caregiver, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations"
    )
    token_digest = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    failed_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(patient__isnull=False, caregiver__isnull=True)
                | Q(patient__isnull=True, caregiver__isnull=False),
                name="invitation_for_one_person",
            ),
            models.CheckConstraint(condition=Q(sent_at__lt=F("valid_until")), name="invitation_dates"),
            models.CheckConstraint(condition=Q(failed_tries__lte=5), name="invitation_tries"),
        ]

    def __str__(self):
        return f"invitation {self.pk}"

    @property
    def person(self):
        return self.patient or self.caregiver
