"""What came back from a door, lot by lot, and what a second person decided about it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from delivery.models.orders import Order
from delivery.models.products import Product


class ReturnedItemQuerySet(models.QuerySet["ReturnedItem"]):
    def with_driver(self) -> Self:
        """Return what is on its way back and not taken in yet."""
        return self.filter(taken_in_at__isnull=True)

    def waiting(self) -> Self:
        """Return what was taken in and waits for the decision of a second person."""
        return self.filter(taken_in_at__isnull=False, waiting__gt=0)


class ReturnedItem(models.Model):
    """Some of a lot that an order gave back. It stands in quarantine until a second person has decided about all of it.

    `waiting` is how many of `quantity` nobody has decided about. Without `carried_by` it was brought to the counter.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="returned_items")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="returned_items")
    lot = models.CharField(max_length=40)
    quantity = models.PositiveSmallIntegerField()
    waiting = models.PositiveSmallIntegerField(help_text=_("How many nobody has decided about yet."))
    carried_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("The driver who brought it back."),
    )  # fmt: skip
    taken_in_at = models.DateTimeField(null=True, blank=True)
    taken_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("Who counted it."),
    )  # fmt: skip

    objects = ReturnedItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0) & ~Q(lot=""), name="returned_item_is_some_of_a_lot"),
            models.CheckConstraint(condition=Q(waiting__lte=F("quantity")), name="returned_item_waits_at_most_once"),
            models.CheckConstraint(
                condition=Q(taken_in_at__isnull=True, taken_in_by__isnull=True, waiting=F("quantity"))
                | Q(taken_in_at__isnull=False, taken_in_by__isnull=False),
                name="returned_item_decided_once_taken_in",
            ),
            models.CheckConstraint(
                condition=Q(carried_by__isnull=True) | Q(taken_in_by__isnull=True) | ~Q(taken_in_by=F("carried_by")),
                name="returned_item_not_taken_in_by_driver",
            ),
        ]

    def __str__(self) -> str:
        return f"returned item {self.pk}"


class ReturnDecision(models.Model):
    """A second person's decision about some of a returned item. The row never changes.

    It names who took the item in and who drove it, so that the database refuses a decision of either.
    """

    class Kind(models.TextChoices):
        RESTOCKED = "restocked", _("Put back for sale")
        QUARANTINED = "quarantined", _("Kept in quarantine")
        DESTROYED = "destroyed", _("Destroyed")

    created_at = models.DateTimeField(auto_now_add=True)
    item = models.ForeignKey(ReturnedItem, on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=11, choices=Kind)
    quantity = models.PositiveSmallIntegerField()
    taken_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    carried_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    entry_key = models.UUIDField(unique=True, editable=False, help_text=_("What is sent twice counts once."))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & ~Q(reason=""), name="decision_has_quantity_and_reason"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["restocked", "quarantined", "destroyed"]), name="decision_kind"
            ),
            models.CheckConstraint(
                condition=~Q(by=F("taken_in_by")) & (Q(carried_by__isnull=True) | ~Q(by=F("carried_by"))),
                name="decision_of_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"decision {self.pk}"
