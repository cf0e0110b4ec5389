"""What was destroyed, how, and before whom."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from delivery.models import Lot
from dispensing.models.units import DispensedUnit

LEAST_MG, MOST_MG = 100, 100_000_000  # 0.1 g and 100 kg: what is outside is a slip of the finger


class DestructionQuerySet(models.QuerySet["Destruction"]):
    def waiting(self) -> Self:
        """Return the destructions that no second person has witnessed yet."""
        return self.filter(witnessed_at__isnull=True, withdrawn_at__isnull=True)

    def witnessed(self) -> Self:
        return self.filter(witnessed_at__isnull=False)


class Destruction(models.Model):
    """Units and stock that one person proposes to destroy. They are destroyed once a second person has witnessed it."""

    class Method(models.TextChoices):
        GROUND = "ground", _("Ground and mixed with other waste")
        BURNT = "burnt", _("Incinerated")
        DISPOSER = "disposer", _("Handed to a licensed disposer")

    method = models.CharField(max_length=8, choices=Method)
    details = models.CharField(max_length=200, blank=True, help_text=_("With what it was mixed, or by whom."))
    place = models.CharField(max_length=120, help_text=_("Where it is destroyed."))
    weight_mg = models.PositiveIntegerField(help_text=_("What it weighs without its packaging, in milligrams."))
    weight_reason = models.CharField(max_length=200, blank=True, help_text=_("Why the weight is not as expected."))
    proposed_at = models.DateTimeField(auto_now_add=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    witnessed_at = models.DateTimeField(null=True, blank=True)
    witnessed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_reason = models.CharField(max_length=200, blank=True)
    entry_key = models.UUIDField(unique=True, editable=False, help_text=_("What is sent twice counts once."))

    objects = DestructionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["witnessed_at"], name="destruction_witnessed")]
        constraints = [
            models.CheckConstraint(
                condition=Q(method__in=["ground", "burnt"]) | (Q(method="disposer") & ~Q(details="")),
                name="destruction_method",
            ),
            models.CheckConstraint(condition=~Q(place=""), name="destruction_has_place"),
            models.CheckConstraint(condition=Q(weight_mg__range=(LEAST_MG, MOST_MG)), name="destruction_weight"),
            models.CheckConstraint(
                condition=Q(witnessed_at__isnull=True, witnessed_by__isnull=True)
                | (Q(witnessed_at__isnull=False, witnessed_by__isnull=False) & ~Q(witnessed_by=F("proposed_by"))),
                name="destruction_witness_is_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_reason="")
                | (
                    Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False, witnessed_at__isnull=True)
                    & ~Q(withdrawn_reason="")
                ),
                name="destruction_withdrawn_before_it_was_witnessed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_waiting(self) -> bool:
        return self.witnessed_at is None and self.withdrawn_at is None


class DestroyedItemQuerySet(models.QuerySet["DestroyedItem"]):
    def waiting(self) -> Self:
        """Return the items of destructions that no second person has witnessed yet."""
        return self.filter(is_withdrawn=False, destruction__witnessed_at__isnull=True)


class DestroyedItem(models.Model):
    """A unit that is destroyed, or some of a lot that has no serials.

    `source` says what becomes of the stock: nothing for a unit whose return was decided, because that decision wrote it
    off. `is_withdrawn` is that of the destruction.
    """

    class Source(models.TextChoices):
        DECIDED = "decided", _("Came back, decided to be destroyed")
        QUARANTINE = "quarantine", _("In quarantine")
        SHELF = "shelf", _("On the shelf, expired")

    destruction = models.ForeignKey(Destruction, on_delete=models.PROTECT, related_name="items")
    unit = models.ForeignKey(DispensedUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="destroyed")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="destroyed")
    quantity = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=10, choices=Source)
    is_withdrawn = models.BooleanField(default=False)

    objects = DestroyedItemQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__isnull=True, source__in=["quarantine", "shelf"], quantity__gt=0)
                | Q(unit__isnull=False, source__in=["decided", "quarantine"], quantity=1),
                name="destroyed_item_is_a_unit_or_some_of_a_lot",
            ),
            models.UniqueConstraint(
                fields=["unit"], condition=Q(is_withdrawn=False), name="destroyed_item_unit_is_destroyed_once"
            ),
            models.UniqueConstraint(
                fields=["destruction", "lot", "source"], condition=Q(unit__isnull=True), name="destroyed_item_lot_once"
            ),
        ]

    def __str__(self) -> str:
        return f"destroyed item {self.pk}"
