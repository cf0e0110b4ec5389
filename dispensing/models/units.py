"""Each item that was packed, with a serial of its own, and the places it went to."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from delivery.models import HandOverCorrection, Lot, Order, Product, ReturnedItem


class DispensedUnitQuerySet(models.QuerySet["DispensedUnit"]):
    def in_bags(self) -> Self:
        """Return the units that are packed or with a driver on the way out; not what a door refused."""
        return self.filter(place__in=[DispensedUnit.Place.BAG, DispensedUnit.Place.ROAD], returned_item__isnull=True)

    def with_patients(self) -> Self:
        return self.filter(place=DispensedUnit.Place.PATIENT)


class DispensedUnit(models.Model):
    """One item of an order from packing to its end. It is at one place; its serial is never given again.

    Product, lot and pharmacist are remembered as they were when it was packed. `handed_over_at` stays when the unit
    comes back later.
    """

    class Place(models.TextChoices):
        BAG = "bag", _("Packed")
        ROAD = "road", _("With the driver")
        PATIENT = "patient", _("Handed over")
        SAFE = "safe", _("Came back, in quarantine")
        SHELF = "shelf", _("Back on the shelf, its label is void")
        DOOMED = "doomed", _("To be destroyed")
        DESTROYED = "destroyed", _("Destroyed")
        MISSING = "missing", _("Never reached the patient")

    serial = models.BigAutoField(primary_key=True)
    created_at = models.DateTimeField(auto_now_add=True)  # when it was packed
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="units")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="units")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="units")
    lot_number = models.CharField(max_length=40)
    producer = models.CharField(max_length=120)
    product_code = models.CharField(max_length=11, help_text=_("The agency’s code of the product."))
    thc_mg = models.PositiveIntegerField()
    cbd_mg = models.PositiveIntegerField()
    expires_date = models.DateField(help_text=_("The last day on which it may be used, as the producer says."))
    quantity = models.DecimalField(max_digits=9, decimal_places=3, help_text=_("How much it is, in the unit code."))
    unit_code = models.CharField(max_length=2, choices=Product.ReportUnit)
    days = models.PositiveSmallIntegerField(help_text=_("How many days it lasts."))
    pharmacist = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=9, choices=Place)
    place_since = models.DateTimeField()
    handed_over_at = models.DateTimeField(null=True, blank=True)
    correction = models.ForeignKey(
        HandOverCorrection, null=True, blank=True, on_delete=models.PROTECT, related_name="given_units",
        help_text=_("The exchange in which it was given; none when it was packed."),
    )  # fmt: skip
    taken_back = models.ForeignKey(
        HandOverCorrection, null=True, blank=True, on_delete=models.PROTECT, related_name="taken_units",
        help_text=_("The correction for which it came back, was kept or never arrived."),
    )  # fmt: skip
    returned_item = models.ForeignKey(
        ReturnedItem, null=True, blank=True, on_delete=models.PROTECT, related_name="units",
        help_text=_("The item among which it comes back."),
    )  # fmt: skip

    objects = DispensedUnitQuerySet.as_manager()

    class Meta:
        ordering = ["serial"]
        indexes = [
            models.Index(fields=["handed_over_at"], name="unit_handed_over"),
            models.Index(fields=["lot_number", "place"], name="unit_lot_number"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(place__in=["bag", "road", "patient", "safe", "shelf", "doomed", "destroyed", "missing"]),
                name="unit_place",
            ),
            models.CheckConstraint(
                condition=~Q(lot_number="") & ~Q(producer="") & ~Q(product_code=""), name="unit_has_origin"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0, days__range=(1, 365)), name="unit_quantity_and_days"),
            models.CheckConstraint(condition=Q(unit_code__in=["01", "02", "03"]), name="unit_code_known"),
            models.CheckConstraint(
                condition=~Q(place__in=["bag", "road"]) | Q(handed_over_at__isnull=True),
                name="unit_in_bag_was_not_handed_over",
            ),
            models.CheckConstraint(
                condition=~Q(place__in=["patient", "missing"]) | Q(handed_over_at__isnull=False),
                name="unit_with_patient_was_handed_over",
            ),
            models.CheckConstraint(
                condition=~Q(place="safe") | Q(returned_item__isnull=False), name="unit_in_safe_came_back"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.serial:06d}"


class UnitMove(models.Model):
    """A place that a unit came to. The row never changes; the last one of a unit says where it is."""

    unit = models.ForeignKey(DispensedUnit, on_delete=models.PROTECT, related_name="moves")
    place = models.CharField(max_length=9, choices=DispensedUnit.Place)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(place__in=["bag", "road", "patient", "safe", "shelf", "doomed", "destroyed", "missing"]),
                name="move_place",
            ),
        ]

    def __str__(self) -> str:
        return f"move {self.pk}"
