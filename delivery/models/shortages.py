"""What was short when an order was packed, what we offered instead, and what the orderer answered."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from delivery.models.orders import Order, OrderLine
from delivery.models.products import Product


class ShortageQuerySet(models.QuerySet["Shortage"]):
    def unanswered(self) -> Self:
        return self.filter(answered_at__isnull=True)


class Shortage(models.Model):
    """A line of which not everything could be packed.

    The line changes at once to what is offered: fewer items, or a substitute. The answer "dropped" takes the line out
    of the order. Where nothing is offered the line is out at once.
    """

    class Kind(models.TextChoices):
        DROP = "drop", _("left out")
        LESSEN = "lessen", _("fewer items")
        SUBSTITUTE = "substitute", _("another product")

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        DROPPED = "dropped", _("left out")

    class How(models.TextChoices):
        LINK = "link", _("on the page of the order")
        PHONE = "phone", _("by phone")
        STAFF = "staff", _("nothing was offered")
        NOBODY = "nobody", _("nobody answered in time")

    created_at = models.DateTimeField(auto_now_add=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shortages")
    line = models.ForeignKey(OrderLine, null=True, blank=True, on_delete=models.SET_NULL, related_name="shortages")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", help_text=_("What was ordered."))
    ordered_quantity = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    quantity = models.PositiveSmallIntegerField(help_text=_("How many items are offered."))
    substitute = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    how = models.CharField(max_length=10, choices=How, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ShortageQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="drop", quantity=0, substitute__isnull=True, answer="dropped")
                | Q(kind="lessen", quantity__gt=0, quantity__lt=F("ordered_quantity"), substitute__isnull=True)
                | (
                    Q(kind="substitute", quantity__gt=0, quantity__lte=F("ordered_quantity"), substitute__isnull=False)
                    & ~Q(substitute=F("product"))
                ),
                name="shortage_offer_fits_kind",
            ),
            models.CheckConstraint(
                condition=Q(answer="", how="", answered_at__isnull=True, answered_by__isnull=True)
                | Q(answer__in=["accepted", "dropped"], how__in=["link", "phone"], answered_by__isnull=False,
                    answered_at__isnull=False)
                | Q(answer="dropped", how="staff", kind="drop", answered_by__isnull=False, answered_at__isnull=False)
                | Q(answer="dropped", how="nobody", answered_by__isnull=True, answered_at__isnull=False),
                name="shortage_answer_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("asked_at")),
                name="shortage_asked_before_answer",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=False) | Q(line__isnull=False), name="shortage_asks_about_a_line"
            ),
            models.UniqueConstraint(
                fields=["line"], condition=Q(answered_at__isnull=True), name="shortage_one_question_a_line"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"shortage {self.pk}"

    @property
    def is_answered(self) -> bool:
        return self.answered_at is not None

    @property
    def offered(self) -> Product:
        """The product that is offered: the substitute, or else what was ordered."""
        return self.substitute or self.product
