"""Every movement of a product's stock."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from delivery.models.orders import Order
from delivery.models.products import Product
from ui.prepared_rows import PreparedRowQuerySet


class StockMovementQuerySet(PreparedRowQuerySet):
    def total(self) -> int:
        return self.aggregate(total=Sum("quantity", default=0))["total"]

    def held(self) -> Self:
        """Return the movements by which open orders hold stock; their sum is minus the quantity that is held."""
        return self.filter(kind__in=[StockMovement.Kind.RESERVED, StockMovement.Kind.RELEASED])


class StockMovement(models.Model):
    """A change of a product's stock. The sum of all quantities is the stock: how many can still be ordered.

    At the door `released` gives back what was reserved, and `sold` of the same lot takes it for good. What is in
    quarantine is not in the stock: it is minus the sum of `quarantined`.
    """

    class Kind(models.TextChoices):
        RECEIVED = "received", _("received")
        RESERVED = "reserved", _("reserved by an order")
        RELEASED = "released", _("given back by an order")
        SOLD = "sold", _("sold at the door")
        RETURNED = "returned", _("taken back from the door")
        QUARANTINED = "quarantined", _("into or out of quarantine")
        WRITTEN_OFF = "written_off", _("written off")
        COUNTED = "counted", _("difference found by a count")

    created_at = models.DateTimeField(auto_now_add=True)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="movements")
    lot = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=12, choices=Kind)
    quantity = models.IntegerField(help_text=_("Negative when stock goes down."))
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.PROTECT, related_name="movements")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    entry_key = models.UUIDField(
        null=True, blank=True, editable=False, help_text=_("One form, or one file: what is sent twice counts once.")
    )

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["product", "lot"], name="movement_lot")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="reserved", quantity__lt=0, order__isnull=False)
                | Q(kind="released", quantity__gt=0, order__isnull=False)
                | Q(kind="received", quantity__gt=0, order__isnull=True)
                | Q(kind="sold", quantity__lt=0, order__isnull=False)
                | Q(kind="returned", quantity__gt=0, order__isnull=False)
                | (Q(kind="quarantined", order__isnull=True) & ~Q(quantity=0))
                | Q(kind="written_off", quantity__lt=0, order__isnull=True)
                | Q(kind="counted", order__isnull=True),
                name="movement_sign_fits_kind",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["quarantined", "written_off"]) | (~Q(lot="") & ~Q(reason="")),
                name="movement_out_has_lot_and_reason",
            ),
            models.UniqueConstraint(fields=["entry_key", "kind", "product", "lot"], name="movement_entered_once"),
        ]

    def __str__(self) -> str:
        return f"movement {self.pk}"
