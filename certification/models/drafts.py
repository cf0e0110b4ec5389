"""A draft: what a physician's office has entered for a certification that nobody has signed yet."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Physician, PhysicianApplication, User
from certification.models.certifications import Certification, Office, office_of
from ui.fields import EncryptedJSONField

Certifier = Physician | PhysicianApplication
Answers = Mapping[str, Any]  # of one step, or of a draft: a step's answers by its name


class DraftQuerySet(models.QuerySet["Draft"]):
    def prepared(self) -> Self:
        """Return the drafts in which only the statement and the signature are missing, the longest wait first."""
        return self.filter(prepared_at__isnull=False).order_by("prepared_at", "pk")

    def reviewed(self) -> Self:
        """Return the prepared drafts that the physician has reviewed and attested: only the signature is missing."""
        return self.prepared().filter(reviewed_at__isnull=False)

    def waiting_for(self, user: User) -> Self:
        """Return the prepared drafts that the physician `user` has to review, the longest wait first."""
        return self.prepared().filter(physician__user=user, reviewed_at__isnull=True)

    def in_hands_of(self, user: User, today: date) -> Self:
        """Return the drafts of the physician `user`, of the physician of the delegate `user`, or of the applicant."""
        return self.of(office_of(user, today))

    def of(self, office: Office) -> Self:
        """Return the drafts of the office."""
        own = Q(physician__in=office.physicians)
        return self.filter(own if office.applicant is None else own | Q(applicant=office.applicant))

    def renewing(self, certification: Certification) -> "Draft":
        """Return the draft that renews `certification`; when nobody has begun it, a new one without a row."""
        known = self.filter(renews=certification).select_related("physician").first()
        draft = known or Draft(physician=certification.physician, renews=certification)
        draft.renews = certification
        return draft


class Draft(models.Model):
    """Answers of a new patient, or of the renewal of the certification `renews`, until the physician signs them.

    The certification that is signed takes the draft's id and uuid, and the draft is deleted.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    physician = models.ForeignKey(Physician, null=True, blank=True, on_delete=models.PROTECT, related_name="drafts")
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="prepared_drafts",
        help_text=_("Who prepares it while waiting to be verified as a physician."),
    )  # fmt: skip
    renews = models.OneToOneField(
        Certification, null=True, blank=True, on_delete=models.PROTECT, related_name="renewal_draft"
    )
    answers = EncryptedJSONField(default=dict, blank=True, editable=False)
    prepared_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when only the statement and the signature are missing.")
    )
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when it is reviewed and attested, to be signed with others.")
    )
    reviewed_digest = models.CharField(
        max_length=64, blank=True, editable=False, help_text=_("SHA-256 of what was reviewed.")
    )

    objects = DraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(physician__isnull=False, applicant__isnull=True)
                | Q(physician__isnull=True, applicant__isnull=False),
                name="draft_of_physician_or_applicant",
            ),
            models.CheckConstraint(
                condition=Q(renews__isnull=True) | Q(physician__isnull=False), name="draft_renewal_has_physician"
            ),
            models.CheckConstraint(
                condition=Q(prepared_by__isnull=True) | Q(prepared_at__isnull=False), name="draft_prepared_by_somebody"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True) | Q(prepared_at__isnull=False), name="draft_reviewed_is_prepared"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_digest="")
                | (Q(reviewed_at__isnull=False) & ~Q(reviewed_digest="")),
                name="draft_reviewed_has_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"draft {self.pk}"

    @property
    def certifier(self) -> Certifier:
        """The physician; for an applicant, who has none yet, the latest application."""
        if self.physician is not None:
            return self.physician
        assert self.applicant is not None
        return self.applicant.physician_applications.latest("pk")

    @property
    def patient_name(self) -> str:
        """The name of the patient whose certification it renews, or as far as it was entered; it may be empty."""
        if self.renews is not None:
            return self.renews.patient.name
        profile = self.answers.get("profile") or {}
        return " ".join(
            filter(None, (profile.get(part) for part in ("first_name", "middle_name", "last_name", "suffix")))
        )

    @property
    def audit_subject(self) -> models.Model | None:
        """The row that the event of a refusal names: a renewal without a row yet is named by what it renews."""
        return self if self.pk else self.renews
