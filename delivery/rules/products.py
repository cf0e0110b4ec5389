"""Which products may be put into a cart, and how many of each."""

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from certification.models import Patient
from certification.rules import is_minor_on
from delivery.models import Order, Product
from delivery.models.product_texts import LONGEST_NAME
from delivery.rules.allotment import flower_equivalent_mg
from delivery.rules.errors import ProductError, QuantityError, StockError

MOST_OF_ONE_PRODUCT = 99


def counted_mg(product: Product) -> int:
    """Return how much one item counts of the allotment, in mg: its weight as flower, or else the state's formula."""
    if product.weight_mg is not None:
        return product.weight_mg
    return flower_equivalent_mg(thc_mg=product.thc_mg, other_cannabinoids_mg=product.cbd_mg)


def check_product_counts(product: Product) -> None:
    """The product counts for more than nothing; raises ProductError."""
    if product.amount_mg <= 0:
        raise ProductError(
            _("Enter the THC or CBD of %(name)s in milligrams, or its own weight as flower.")
            % {"name": product.full_name},
            field="thc_mg",
        )


def check_full_name_fits(name: str, detail: str) -> None:
    """Name and detail together have at most 118 characters, as the dispensing log holds; raises ProductError."""
    if detail and len(name) + len(detail) > LONGEST_NAME:
        words = _("Shorten the name or the detail: together they have at most %(most)d characters.")
        raise ProductError(words % {"most": LONGEST_NAME}, field="detail")


def check_sku_is_new(sku: str) -> None:
    """No product has this SKU, on the menu or off it; raises ProductError."""
    if Product.objects.filter(sku=sku).exists():
        raise ProductError(
            _("%(sku)s is on the list already. Change it there, or use another SKU.") % {"sku": sku}, field="sku"
        )


def check_quantity(quantity: int) -> None:
    """The quantity is from 0, which takes the product out of the cart, to 99; raises QuantityError."""
    if not 0 <= quantity <= MOST_OF_ONE_PRODUCT:
        raise QuantityError(
            _("Enter a quantity from 1 to %(most)d, or 0 to remove it.") % {"most": MOST_OF_ONE_PRODUCT},
            field="quantity",
        )


def check_is_in_cart(cart: Order, product: Product) -> None:
    """The product is in the cart, so that it can be taken out; raises QuantityError."""
    if not cart.lines.filter(product=product).exists():
        raise QuantityError(
            _("It is not in your cart. Enter a quantity from 1 to %(most)d to add it.") % {"most": MOST_OF_ONE_PRODUCT},
            field="quantity",
        )


def check_stock(product: Product, quantity: int) -> None:
    """At least `quantity` of the product are in stock; raises StockError."""
    if quantity > product.stock:
        raise StockError(
            _("Only %(stock)d of %(name)s left.") % {"stock": product.stock, "name": product.shown.full_name}
            if product.stock
            else _("%(name)s is sold out.") % {"name": product.shown.full_name},
            field="quantity",
        )


def check_product_fits_patient(product: Product, patient: Patient, *, day: date) -> None:
    """The product is on the menu, and not inhaled when the patient is under 18 [docs/domain.md#minors].

    Raises ProductError.
    """
    if not product.is_active:
        raise ProductError(_("%(name)s is no longer on the menu.") % {"name": product.shown.full_name})
    check_product_fits_age(product, patient, day=day)


def fits_patient(patient: Patient, *, day: date) -> Q:
    """Return the question whether a product fits the patient, for the database: `check_product_fits_patient` as a Q."""
    return Q(is_active=True, is_inhaled=False) if is_minor_on(patient.birth_date, day) else Q(is_active=True)


def check_product_fits_age(product: Product, patient: Patient, *, day: date) -> None:
    """The product is not inhaled when the patient is under 18 on the delivery day [docs/domain.md#minors].

    Raises ProductError.
    """
    if product.is_inhaled and is_minor_on(patient.birth_date, day):
        raise ProductError(_("%(name)s cannot be ordered for a patient under 18.") % {"name": product.shown.full_name})
