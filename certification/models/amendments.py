"""Changes to a running certification that leave its validity."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from certification.models.certifications import Certification
from certification.statements import amendment_sentences
from ui.fields import EncryptedJSONField, EncryptedTextField


class Amendment(models.Model):
    """One change, with the fields before and after. An amendment is never changed itself."""

    class Kind(models.TextChoices):
        CONTACT = "contact", _("Contact data")
        ALLOTMENT = "allotment", _("Monthly allotment")
        CONDITION = "condition", _("Condition or directions")
        IDENTITY = "identity", _("Name or date of birth")

    class Proof(models.TextChoices):
        BIRTH_CERTIFICATE = "birth_certificate", _("Birth certificate")
        PASSPORT = "passport", _("Passport")
        STATE_ID = "state_id", _("Driver’s license or state ID")
        MARRIAGE = "marriage", _("Marriage or civil union certificate")
        COURT_ORDER = "court_order", _("Court order")

    created_at = models.DateTimeField(auto_now_add=True)
    certification = models.ForeignKey(Certification, on_delete=models.PROTECT, related_name="amendments")
    kind = models.CharField(max_length=10, choices=Kind)
    proof = models.CharField(max_length=20, choices=Proof, blank=True)
    reason = EncryptedTextField()
    before = EncryptedJSONField(editable=False)
    after = EncryptedJSONField(editable=False)
    signature_name = models.CharField(max_length=210, blank=True, help_text=_("Of an amendment that was signed."))
    statement_version = models.CharField(max_length=20, blank=True)
    letters_cover = models.BooleanField(
        default=False, help_text=_("The physician stated that a minor’s letters are about the new condition.")
    )
    amended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["contact", "allotment", "condition"], proof="")
                | Q(
                    kind="identity",
                    proof__in=["birth_certificate", "passport", "state_id", "marriage", "court_order"],
                ),
                name="amendment_of_a_name_has_proof",
            ),
            models.CheckConstraint(
                condition=(Q(kind="condition") & ~Q(signature_name="") & ~Q(statement_version=""))
                | (~Q(kind="condition") & Q(signature_name="", statement_version="", letters_cover=False)),
                name="amendment_of_condition_is_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"amendment {self.pk}"

    @property
    def signed_sentences(self) -> list[str]:
        """The sentences that were signed with a new condition or new directions; none for other amendments."""
        return amendment_sentences(version=self.statement_version, letters_cover=self.letters_cover)
