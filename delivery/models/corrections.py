"""What was wrong with an order that was handed over: reported by the orderer, and corrected by staff."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from delivery.models.hand_overs import HandOver
from delivery.models.orders import Order, OrderLine
from delivery.models.products import Product
from delivery.models.returns import ReturnedItem
from delivery.models.runs import Run
from ui.fields import EncryptedTextField


class ItemReportQuerySet(models.QuerySet["ItemReport"]):
    def waiting(self) -> Self:
        """Return the reports that staff have not answered."""
        return self.filter(answered_at__isnull=True)


class ItemReport(models.Model):
    """A line of a delivered order with which the orderer found something wrong, until staff have answered."""

    class What(models.TextChoices):
        WRONG = "wrong", _("It is not what I ordered")
        MISSING = "missing", _("Some of it is missing")
        DAMAGED = "damaged", _("It is damaged, or its seal is broken")
        OTHER = "other", _("Something else")

    created_at = models.DateTimeField(auto_now_add=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="reports")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="reports")
    what = models.CharField(max_length=7, choices=What)
    words = EncryptedTextField(help_text=_("What the orderer wrote."))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answer = EncryptedTextField(blank=True, help_text=_("What staff wrote to the orderer."))

    objects = ItemReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="report_answered_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["line"], condition=Q(answered_at__isnull=True), name="report_waits_once_a_line"
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"


class HandOverCorrection(models.Model):
    """A refund or an exchange of some of one line, after the order was handed over. The row never changes.

    Each item of a line is corrected once: `corrected_before` says how many of the line earlier rows corrected, and no
    two rows of a line say the same. `cents` is what was given back, also the difference to a cheaper exchange. It was
    paid out of the cash or card money of `run`; without a run, out of the till on `paid_date`.
    """

    class Kind(models.TextChoices):
        REFUND = "refund", _("Refund")
        EXCHANGE = "exchange", _("Exchange")

    class Method(models.TextChoices):
        CASH = "cash", _("Cash")
        DEBIT = "debit", _("Debit card")

    class Goods(models.TextChoices):
        SEALED = "sealed", _("Came back, sealed")
        OPENED = "opened", _("Came back, opened or damaged")
        KEPT = "kept", _("Did not come back: kept or destroyed by the patient")
        MISSING = "missing", _("Never reached the patient")

    created_at = models.DateTimeField(auto_now_add=True)
    hand_over = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="corrections")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="corrections")
    kind = models.CharField(max_length=8, choices=Kind)
    quantity = models.PositiveSmallIntegerField()
    corrected_before = models.PositiveSmallIntegerField()
    bought_quantity = models.PositiveSmallIntegerField(help_text=_("How many of the line were handed over."))
    unit_price_cents = models.PositiveIntegerField(help_text=_("What was paid for one."))
    cents = models.PositiveIntegerField(help_text=_("What was given back."))
    method = models.CharField(max_length=5, choices=Method, blank=True)
    run = models.ForeignKey(
        Run, null=True, blank=True, on_delete=models.PROTECT, related_name="refunds",
        help_text=_("The run whose money paid it; none when it was paid out of the till."),
    )  # fmt: skip
    paid_date = models.DateField()
    goods = models.CharField(max_length=7, choices=Goods)
    lot = models.CharField(max_length=40, blank=True, help_text=_("The lot that came back."))
    returned_item = models.OneToOneField(
        ReturnedItem, null=True, blank=True, on_delete=models.PROTECT, related_name="correction"
    )
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text=_("What was given instead."),
    )  # fmt: skip
    product_lot = models.CharField(max_length=40, blank=True)
    report = models.ForeignKey(ItemReport, null=True, blank=True, on_delete=models.PROTECT, related_name="corrections")
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entry_key = models.UUIDField(editable=False, help_text=_("What is sent twice counts once."))

    class Meta:
        verbose_name = _("correction of a hand-over")
        verbose_name_plural = _("corrections of hand-overs")
        constraints = [
            models.UniqueConstraint(fields=["line", "corrected_before"], name="correction_of_an_item_once"),
            models.UniqueConstraint(fields=["entry_key", "line"], name="correction_entered_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, bought_quantity__gte=F("corrected_before") + F("quantity")),
                name="correction_of_what_was_bought",
            ),
            models.CheckConstraint(
                condition=Q(cents__lte=F("quantity") * F("unit_price_cents")), name="correction_of_what_was_paid"
            ),
            models.CheckConstraint(
                condition=Q(kind="refund", cents__gt=0, product__isnull=True, product_lot="")
                | (Q(kind="exchange", product__isnull=False) & ~Q(product_lot="")),
                name="correction_kind_has_its_columns",
            ),
            models.CheckConstraint(
                condition=Q(cents=0, method="", run__isnull=True) | Q(cents__gt=0, method__in=["cash", "debit"]),
                name="correction_of_money_has_method",
            ),
            models.CheckConstraint(
                condition=Q(goods__in=["kept", "missing"], lot="", returned_item__isnull=True)
                | (Q(goods__in=["sealed", "opened"], returned_item__isnull=False) & ~Q(lot="")),
                name="correction_goods_have_lot",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="correction_has_reason"),
        ]

    def __str__(self) -> str:
        return f"correction {self.pk}"
