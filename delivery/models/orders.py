"""Carts and orders."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from certification.models import Certification, Patient
from delivery.models import questions
from delivery.models.products import Product
from delivery.models.runs import Run
from delivery.models.windows import DeliveryPolicy, DeliveryWindow
from ui.prepared_rows import PreparedRow, PreparedRowQuerySet


class OrderQuerySet(models.QuerySet["Order"]):
    def carts(self) -> Self:
        return self.filter(status=Order.Status.CART)

    def placed(self) -> Self:
        """Return the orders that were placed, whatever became of them; no carts."""
        return self.exclude(status=Order.Status.CART)

    def with_hold(self) -> Self:
        """Return the orders that take up a place, stock and allotment."""
        return self.filter(questions.HAS_HOLD)

    def open(self) -> Self:
        """Return the orders that are still to be delivered."""
        return self.filter(questions.IS_OPEN)

    def before_departure(self) -> Self:
        """Return the open orders that have not left for their delivery: they can be changed, moved and cancelled."""
        return self.filter(questions.IS_BEFORE_DEPARTURE)

    def counted(self) -> Self:
        """Return the orders that take up a place and allotment: those with a hold, and delivered ones."""
        return self.filter(questions.COUNTS)

    def with_lines(self) -> Self:
        return self.select_related("window", "patient", "certification").prefetch_related(
            models.Prefetch("lines", OrderLine.objects.select_related("product"))
        )


class Order(PreparedRow):
    """A cart until it is placed, then an order for one window."""

    class Status(models.TextChoices):
        CART = "cart", _("Cart")
        PLACED = "placed", _("Placed")
        CONFIRMED = "confirmed", _("Confirmed")
        PACKED = "packed", _("Packed")
        OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
        DELIVERED = "delivered", _("Delivered")
        RETURNED = "returned", _("Returned")
        CANCELLED = "cancelled", _("Cancelled")
        REFUSED = "refused", _("Refused")
        LAPSED = "lapsed", _("Lapsed")

    class PaymentMethod(models.TextChoices):
        CASH = "cash", _("Cash, the exact amount")
        DEBIT = "debit", _("Debit card")

    class Kept(models.TextChoices):
        """Whether a person chose the run or the place of a stop, so that a plan leaves it alone."""

        RUN = "run", _("The run")
        PLACE = "place", _("The run and the place in it")

    created_at = models.DateTimeField(auto_now_add=True)
    number = models.CharField(max_length=20, unique=True, null=True, blank=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="orders")
    certification = models.ForeignKey(
        Certification, null=True, blank=True, on_delete=models.PROTECT, related_name="orders"
    )
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders")
    assisted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Who took the call, when it was ordered by phone."),
    )
    window = models.ForeignKey(DeliveryWindow, null=True, blank=True, on_delete=models.PROTECT, related_name="orders")
    policy = models.ForeignKey(DeliveryPolicy, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.PROTECT, related_name="orders")
    position = models.PositiveSmallIntegerField(null=True, blank=True)  # in its run; gaps do no harm
    planned_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the driver comes to the door, by the plan of the run.")
    )
    kept = models.CharField(
        max_length=5,
        choices=Kept,
        blank=True,
        default="",
        db_default="",
        help_text=_("What a person decided about its run, so that a plan leaves it alone."),
    )
    street = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=50, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=2, default="CT")
    zip_code = models.CharField(max_length=5, blank=True)
    phone = PhoneNumberField(blank=True)
    is_residence = models.BooleanField(default=False)
    payment_method = models.CharField(max_length=5, choices=PaymentMethod, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.CART)
    subtotal_cents = models.PositiveIntegerField(default=0)
    amount_mg = models.PositiveIntegerField(default=0)
    idempotency_key = models.UUIDField(null=True, blank=True)
    request_digest = models.CharField(max_length=64, blank=True)
    placed_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    packed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    taken_in_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When a returned order went back to the shelf: its hold was released.")
    )
    moves = models.PositiveSmallIntegerField(default=0, help_text=_("How often it went to another window."))
    declined_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the orderer said, past the cut-off, that nobody can take it.")
    )
    ended_reason = models.CharField(max_length=500, blank=True)
    ended_reason_es = models.CharField(_("reason in Spanish"), max_length=500, blank=True, default="", db_default="")
    monitoring_reviewed_date = models.DateField(
        null=True, blank=True, help_text=_("When the pharmacist who confirmed it looked into the monitoring program.")
    )
    predates_review = models.BooleanField(
        default=False, db_default=False, help_text=_("It was confirmed before the portal asked for that date.")
    )

    objects = OrderQuerySet.as_manager()

    class Meta:
        permissions = [
            ("pack_order", "Can pack orders, and enter what is short"),
            ("confirm_order", "Can review and confirm orders"),
        ]
        indexes = [
            models.Index(fields=["status", "window"], name="order_waiting"),
            # A patient's orders, the latest first: a page of them costs the same however many there are.
            models.Index(fields=["patient", "-placed_at", "-id"], name="order_of_patient"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "cart",
                        "placed",
                        "confirmed",
                        "packed",
                        "out_for_delivery",
                        "delivered",
                        "returned",
                        "cancelled",
                        "refused",
                        "lapsed",
                    ]
                ),
                name="order_status",
            ),
            models.UniqueConstraint(fields=["patient", "placed_by"], condition=Q(status="cart"), name="order_one_cart"),
            models.UniqueConstraint(fields=["placed_by", "idempotency_key"], name="order_placed_once"),
            models.CheckConstraint(
                condition=Q(status="cart")
                | Q(
                    number__isnull=False,
                    window__isnull=False,
                    certification__isnull=False,
                    policy__isnull=False,
                    placed_at__isnull=False,
                    idempotency_key__isnull=False,
                    is_residence=True,
                    state="CT",
                    payment_method__in=["cash", "debit"],
                    subtotal_cents__gt=0,
                    amount_mg__gt=0,
                ),
                name="order_placed_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(status="cart") | (~Q(street="") & ~Q(city="") & ~Q(zip_code="") & ~Q(phone="")),
                name="order_placed_has_address",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["delivered", "returned", "cancelled", "refused", "lapsed"])
                | Q(ended_at__isnull=False),
                name="order_ended_has_time",
            ),
            models.CheckConstraint(
                condition=Q(ended_reason_es="") | ~Q(ended_reason=""), name="order_spanish_beside_reason"
            ),
            models.CheckConstraint(
                condition=Q(assisted_by__isnull=True) | Q(assisted_by=F("placed_by")),
                name="order_assisted_by_who_placed",
            ),
            models.CheckConstraint(
                condition=~Q(status="cart") | Q(declined_at__isnull=True, moves=0), name="order_cart_is_at_rest"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["confirmed", "packed", "out_for_delivery", "delivered", "returned"])
                | Q(confirmed_at__isnull=False),
                name="order_confirmed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["cart", "placed", "confirmed"], packed_at__isnull=True)
                | Q(status__in=["packed", "out_for_delivery", "delivered", "returned"], packed_at__isnull=False)
                | Q(status__in=["cancelled", "refused", "lapsed"]),
                name="order_packed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(taken_in_at__isnull=True) | Q(status="returned"), name="order_taken_in_was_returned"
            ),
            models.CheckConstraint(
                condition=Q(run__isnull=True, position__isnull=True) | Q(run__isnull=False, position__isnull=False),
                name="order_in_run_has_position",
            ),
            models.CheckConstraint(
                condition=Q(run__isnull=True) | ~Q(status__in=["cart", "cancelled", "refused", "lapsed"]),
                name="order_undone_has_no_run",
            ),
            models.CheckConstraint(
                condition=Q(run__isnull=False) | Q(planned_at__isnull=True, kept=""),
                name="order_without_run_has_no_plan",
            ),
            models.CheckConstraint(condition=Q(kept__in=["", "run", "place"]), name="order_kept"),
            models.UniqueConstraint(fields=["run", "position"], name="order_position_once_a_run"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True)
                | Q(monitoring_reviewed_date__isnull=False)
                | Q(predates_review=True),
                name="order_confirmed_has_review",
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"cart {self.pk}"

    @property
    def has_hold(self) -> bool:
        return questions.has_hold(self)

    @property
    def is_open(self) -> bool:
        return questions.is_open(self)

    @property
    def is_before_departure(self) -> bool:
        return questions.is_before_departure(self)

    @property
    def counts(self) -> bool:
        return questions.counts(self)

    @property
    def street_address(self) -> str:
        return " ".join(part for part in (self.street, self.unit) if part)

    @property
    def town(self) -> str:
        return f"{self.city}, {self.state} {self.zip_code}"


class OrderLine(PreparedRow):
    """A product in an order. Its price and amount stay as they are from the moment the order is placed."""

    created_at = models.DateTimeField(auto_now_add=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lines")
    quantity = models.PositiveSmallIntegerField()
    unit_price_cents = models.PositiveIntegerField()
    amount_mg = models.PositiveIntegerField(help_text=_("Flower equivalent of one, in milligrams."))
    days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("How many days one item lasts, as the pharmacist stated.")
    )
    days_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("The pharmacist who stated it, and dispenses the line."),
    )  # fmt: skip

    objects = PreparedRowQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="line_once_a_product"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(days__isnull=True, days_by__isnull=True)
                | Q(days__isnull=False, days__range=(1, 365), days_by__isnull=False),
                name="line_days_stated_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.pk}"

    @property
    def total_cents(self) -> int:
        return self.quantity * self.unit_price_cents

    @property
    def total_mg(self) -> int:
        return self.quantity * self.amount_mg

    @property
    def taken_quantity(self) -> int:
        """How many were handed over: all that was not refused at the door."""
        refused = getattr(self, "refused", None)
        return self.quantity - (refused.quantity if refused else 0)
