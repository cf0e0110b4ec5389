"""What the producer says of a lot."""

from datetime import date, timedelta
from typing import Self

from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from delivery.models.products import Product
from delivery.models.questions import BEFORE_DEPARTURE
from delivery.models.stock import StockMovement

SOON = timedelta(days=30)  # a lot that ends within so many days is marked


class LotQuerySet(models.QuerySet["Lot"]):
    def with_counts(self) -> Self:
        """Return the lots with `left` (no order has them), `held` by orders on the shelf, and `quarantined`."""
        kind = StockMovement.Kind
        of_lot = StockMovement.objects.filter(product=OuterRef("product"), lot=OuterRef("number")).order_by()
        return self.annotate(
            left=_total(of_lot),
            held=-_total(of_lot.held().filter(order__status__in=BEFORE_DEPARTURE)),
            quarantined=-_total(of_lot.filter(kind=kind.QUARANTINED)),
        )

    def on_shelf(self) -> Self:
        """Return the lots of which some can be ordered or stand in a bag, with the counts."""
        return self.with_counts().filter(Q(left__gt=0) | Q(held__gt=0))

    def without_details(self) -> Self:
        """Return the lots on the shelf whose label nobody has entered: nothing of them can be packed."""
        return self.filter(expires_date__isnull=True).on_shelf()

    def ending(self, today: date) -> Self:
        """Return the lots on the shelf that have ended or end within 30 days."""
        return self.filter(expires_date__lte=today + SOON).on_shelf()


def _total(movements: QuerySet[StockMovement]) -> Coalesce:
    """Return the sum of the movements of a lot, for `annotate`."""
    summed = movements.values("lot").annotate(total=Sum("quantity")).values("total")
    return Coalesce(Subquery(summed), 0)


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
    recalled_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Since when nobody may get it; a recalled lot stays in quarantine for good.")
    )

    objects = LotQuerySet.as_manager()

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
