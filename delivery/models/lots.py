"""What the producer says of a lot."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from delivery.models.products import Product


class Lot(models.Model):
    """A lot of a product, as the producer's label has it. Its number is the `lot` of the stock movements.

    Without `expires_date` nobody has entered the details yet, and nothing of the lot can be packed.
    """

    created_at = models.DateTimeField(auto_now_add=True)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lots")
    number = models.CharField(max_length=40)
    producer = models.CharField(max_length=120, blank=True)
    expires_date = models.DateField(null=True, blank=True, help_text=_("The last day on which it may be used."))
    thc_mg = models.PositiveIntegerField(null=True, blank=True, help_text=_("In one item, in milligrams."))
    cbd_mg = models.PositiveIntegerField(null=True, blank=True, help_text=_("In one item, in milligrams."))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "number"], name="lot_once_a_product"),
            models.CheckConstraint(condition=~Q(number=""), name="lot_has_number"),
            models.CheckConstraint(
                condition=Q(producer="", expires_date__isnull=True, thc_mg__isnull=True, cbd_mg__isnull=True)
                | (Q(expires_date__isnull=False, thc_mg__isnull=False, cbd_mg__isnull=False) & ~Q(producer="")),
                name="lot_details_whole_or_none",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def has_details(self) -> bool:
        return self.expires_date is not None

    def is_good_on(self, day: date) -> bool:
        """Return whether it may still be used that day; not where nobody has entered its last day."""
        return self.expires_date is not None and day <= self.expires_date
