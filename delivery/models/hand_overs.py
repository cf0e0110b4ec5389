"""What happens at the door: an order is handed over, or the driver could not hand it over."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from certification.models import CaregiverAssignment
from delivery.models.id_differences import IdDifference
from delivery.models.orders import Order
from delivery.models.runs import Run
from ui.fields import EncryptedTextField


class HandOver(models.Model):
    """An order in the hands of the patient or the caregiver: what was checked, who took it, and what was paid.

    Drivers give no change: cash over what is due is the tip. A card pays what is due at most.
    """

    class ReceivedBy(models.TextChoices):
        PATIENT = "patient", _("The patient")
        CAREGIVER = "caregiver", _("The caregiver")

    class PhotoId(models.TextChoices):
        LICENSE = "license", _("Driver’s license")
        STATE_ID = "state_id", _("State ID card")
        PASSPORT = "passport", _("Passport")

    class Signed(models.TextChoices):
        DRAWN = "drawn", _("On the screen")
        TYPED = "typed", _("As a typed name")
        PAPER = "paper", _("On paper")

    created_at = models.DateTimeField(auto_now_add=True)
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="hand_over")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="hand_overs")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    typed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("Who typed it in from paper; nobody where the driver entered it."),
    )  # fmt: skip
    received_by = models.CharField(max_length=10, choices=ReceivedBy)
    assignment = models.ForeignKey(
        CaregiverAssignment, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("The caregiver who took it."),
    )  # fmt: skip
    card_checked = models.BooleanField()
    photo_id_checked = models.BooleanField()
    photo_id_kind = models.CharField(max_length=10, choices=PhotoId)
    id_state = models.CharField(max_length=2, blank=True, help_text=_("The state that issued the photo ID."))
    id_number = EncryptedTextField(help_text=_("The number of the photo ID."))
    id_expires_date = models.DateField(null=True, blank=True, help_text=_("The last day of the photo ID."))
    id_cut_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the number was cut to its last four characters.")
    )
    id_difference = models.ForeignKey(
        IdDifference, null=True, blank=True, on_delete=models.PROTECT, related_name="hand_overs",
        help_text=_("What a pharmacist allowed."),
    )  # fmt: skip
    signed = models.CharField(max_length=5, choices=Signed, blank=True)
    signature = EncryptedTextField(null=True, blank=True, help_text=_("A path of SVG that was drawn, or a typed name."))
    amount_due_cents = models.PositiveIntegerField()
    cash_cents = models.PositiveIntegerField(help_text=_("With the tip."))
    debit_cents = models.PositiveIntegerField()
    tip_cents = models.PositiveIntegerField()
    stated_at = models.DateTimeField(help_text=_("When it was handed over, as the driver says."))
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cash_cents=F("amount_due_cents") + F("tip_cents") - F("debit_cents")),
                name="hand_over_money_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(debit_cents__lte=F("amount_due_cents")), name="hand_over_card_pays_no_tip"
            ),
            models.CheckConstraint(condition=Q(card_checked=True, photo_id_checked=True), name="hand_over_was_checked"),
            models.CheckConstraint(
                condition=Q(received_by="patient", assignment__isnull=True)
                | Q(received_by="caregiver", assignment__isnull=False),
                name="hand_over_received_by",
            ),
            models.CheckConstraint(
                condition=Q(photo_id_kind="passport", id_state="")
                | (Q(photo_id_kind__in=["license", "state_id"]) & ~Q(id_state="")),
                name="hand_over_id_has_state",
            ),
            models.CheckConstraint(
                condition=Q(stated_at__lte=F("recorded_at")), name="hand_over_recorded_after_it_happened"
            ),
            models.CheckConstraint(
                condition=Q(typed_by__isnull=True) | ~Q(typed_by=F("by")), name="hand_over_typed_by_another"
            ),
            models.CheckConstraint(
                condition=Q(signed__in=["drawn", "typed"], signature__isnull=False)
                | Q(signed__in=["", "paper"], signature__isnull=True),
                name="hand_over_signature_fits",
            ),
        ]

    def __str__(self) -> str:
        return f"hand-over {self.pk}"


class DoorAttempt(models.Model):
    """A driver who was at the door and kept the order: to try once more later in the run, or to bring it back."""

    class Outcome(models.TextChoices):
        NOBODY_HOME = "nobody_home", _("Nobody home")
        ID_DIFFERS = "id_differs", _("The photo ID does not match")
        NO_CARD = "no_card", _("No medical marijuana card")
        SHORT_OF_MONEY = "short", _("Not enough money")
        REFUSED = "refused", _("The order was refused")
        NOT_CERTIFIED = "not_certified", _("Do not deliver: the certification ended")
        RECALLED = "recalled", _("Do not deliver: it was recalled")

    created_at = models.DateTimeField(auto_now_add=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="attempts")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="attempts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    typed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("Who typed it in from paper; nobody where the driver entered it."),
    )  # fmt: skip
    outcome = models.CharField(max_length=13, choices=Outcome)
    comes_back = models.BooleanField(help_text=_("The driver brings the order back."))
    stated_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    entry_key = models.UUIDField(unique=True, editable=False, help_text=_("What is sent twice counts once."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="nobody_home")
                | Q(
                    outcome__in=["id_differs", "no_card", "short", "refused", "not_certified", "recalled"],
                    comes_back=True,
                ),
                name="attempt_again_where_nobody_was_home",
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(comes_back=True), name="attempt_order_comes_back_once"
            ),
            models.CheckConstraint(
                condition=Q(stated_at__lte=F("recorded_at")), name="attempt_recorded_after_it_happened"
            ),
            models.CheckConstraint(
                condition=Q(typed_by__isnull=True) | ~Q(typed_by=F("by")), name="attempt_typed_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk}"
