"""The menu."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from delivery.models import questions
from delivery.models.drawings import USUAL, Drawing
from delivery.models.product_texts import ProductTexts, full_name, texts_of

COLORS = ["green", "lime", "teal", "mint", "blue", "purple", "pink", "red", "orange", "amber", "brown"]


class Product(models.Model):
    class Form(models.TextChoices):
        FLOWER = "flower", _("Flower")
        VAPE = "vape", _("Vape")
        EDIBLE = "edible", _("Edible")
        TINCTURE = "tincture", _("Tincture")
        CAPSULE = "capsule", _("Capsule")
        TOPICAL = "topical", _("Topical")
        CONCENTRATE = "concentrate", _("Concentrate")

    class ReportUnit(models.TextChoices):
        """The unit in which the monitoring report counts a product [docs/domain.md#the-monitoring-report]."""

        EACH = "01", _("pieces")
        MILLILITERS = "02", _("milliliters")
        GRAMS = "03", _("grams")

    class Color(models.TextChoices):
        """The color in which the product is drawn where it has no photo."""

        GREEN = "green", _("Green")
        LIME = "lime", _("Lime")
        TEAL = "teal", _("Teal")
        MINT = "mint", _("Mint")
        BLUE = "blue", _("Blue")
        PURPLE = "purple", _("Purple")
        PINK = "pink", _("Pink")
        RED = "red", _("Red")
        ORANGE = "orange", _("Orange")
        AMBER = "amber", _("Amber")
        BROWN = "brown", _("Brown")

    created_at = models.DateTimeField(auto_now_add=True)
    sku = models.CharField("SKU", max_length=30, unique=True)
    name = models.CharField(max_length=120)
    detail = models.CharField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text=_("Its kind and size, like “Whole flower, 3.5 g”."),
    )
    description = models.TextField(max_length=600, blank=True, default="", db_default="")
    name_es = models.CharField(_("name in Spanish"), max_length=120, blank=True, default="", db_default="")
    detail_es = models.CharField(_("detail in Spanish"), max_length=80, blank=True, default="", db_default="")
    description_es = models.TextField(
        _("description in Spanish"), max_length=600, blank=True, default="", db_default=""
    )
    color = models.CharField(
        max_length=6, choices=Color, default=Color.GREEN, db_default="green",
        help_text=_("In which it is drawn where it has no photo."),
    )  # fmt: skip
    drawing = models.CharField(
        max_length=9, choices=Drawing, blank=True, default="", db_default="",
        help_text=_("Where it has no photo; empty for the usual one of its form."),
    )  # fmt: skip
    form = models.CharField(max_length=12, choices=Form)
    price_cents = models.PositiveIntegerField()
    amount_mg = models.PositiveIntegerField(help_text=_("Flower equivalent in milligrams."))
    weight_mg = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Its own weight as flower; without one, the state’s formula counts.")
    )
    thc_mg = models.PositiveIntegerField(default=0)
    cbd_mg = models.PositiveIntegerField(default=0)
    stock = models.PositiveIntegerField(default=0)
    low_stock_at = models.PositiveSmallIntegerField(
        default=5, help_text=_("Marked as low when so many are left, or fewer.")
    )
    is_inhaled = models.BooleanField()
    is_active = models.BooleanField(default=True)
    report_code = models.CharField(
        max_length=11, blank=True, default="", db_default="",
        help_text=_("The agency’s code of the product for the monitoring report: eleven digits."),
    )  # fmt: skip
    report_unit = models.CharField(
        max_length=2, choices=ReportUnit, default=ReportUnit.EACH, db_default="01",
        help_text=_("In what the monitoring report counts it."),
    )  # fmt: skip
    report_quantity = models.DecimalField(
        max_digits=9, decimal_places=3, default=1, db_default=1,
        help_text=_("How much one item is for the monitoring report."),
    )  # fmt: skip
    days_supply = models.PositiveSmallIntegerField(
        default=30, db_default=30, help_text=_("How many days one item lasts, as a suggestion to the pharmacist.")
    )

    class Meta:
        ordering = ["form", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(stock__gte=0), name="product_stock_not_negative"),
            models.CheckConstraint(
                condition=Q(price_cents__gt=0, amount_mg__gt=0), name="product_has_price_and_amount"
            ),
            models.CheckConstraint(
                condition=Q(weight_mg__isnull=False, amount_mg=F("weight_mg"))
                | Q(weight_mg__isnull=True, amount_mg=4 * F("thc_mg") + 2 * F("cbd_mg")),
                name="product_amount_by_weight_or_formula",
            ),
            models.CheckConstraint(
                condition=Q(form__in=["flower", "vape", "edible", "tincture", "capsule", "topical", "concentrate"]),
                name="product_form",
            ),
            models.CheckConstraint(condition=Q(report_unit__in=["01", "02", "03"]), name="product_report_unit"),
            models.CheckConstraint(condition=Q(report_quantity__gt=0), name="product_report_quantity_positive"),
            models.CheckConstraint(condition=Q(days_supply__range=(1, 365)), name="product_days_supply"),
            models.CheckConstraint(
                condition=Q(color__in=COLORS),
                name="product_color",
            ),
            models.CheckConstraint(condition=Q(drawing__in=["", *Drawing.values]), name="product_drawing"),
            models.CheckConstraint(
                condition=Q(detail="") | Q(LessThanOrEqual(Length("name") + Length("detail"), 118)),
                name="product_full_name_fits",
            ),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def full_name(self) -> str:
        """The name and the detail in English, as they stand on labels and papers and on the pages of staff."""
        return full_name(self.name, self.detail)

    @property
    def shown(self) -> ProductTexts:
        """The texts in the language of the reader."""
        return texts_of(self)

    @property
    def drawn_as(self) -> str:
        return self.drawing or USUAL[self.form]

    @property
    def is_low(self) -> bool:
        return questions.is_low(self)


class ProductPhoto(models.Model):
    """The photo of a product, a small JPEG. Its address never shows another photo."""

    created_at = models.DateTimeField(auto_now_add=True)
    product = models.OneToOneField(Product, on_delete=models.CASCADE, related_name="photo")
    content = models.BinaryField()
    digest = models.CharField(max_length=32, unique=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(digest=""), name="photo_has_digest")]

    def __str__(self) -> str:
        return f"photo {self.pk}"
