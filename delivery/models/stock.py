"""Every movement of a product's stock."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from delivery.models.orders import Order
from delivery.models.products import Product


class StockMovement(models.Model):
    """Every change of a product's stock; the sum of the quantities is the stock."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("received")
        RESERVED = "reserved", _("reserved by an order")
        RELEASED = "released", _("given back by an order")

    created_at = models.DateTimeField(auto_now_add=True)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="movements")
    lot = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    quantity = models.IntegerField(help_text=_("Negative when stock goes down."))
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.PROTECT, related_name="movements")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="reserved", quantity__lt=0, order__isnull=False)
                | Q(kind="released", quantity__gt=0, order__isnull=False)
                | Q(kind="received", quantity__gt=0),
                name="movement_sign_fits_kind",
            ),
        ]

    def __str__(self):
        return f"movement {self.pk}"
