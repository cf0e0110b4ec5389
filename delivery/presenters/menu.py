"""The menu and the cart beside it, as the page of products shows them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.db.models import F
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from certification.models import Patient
from delivery import rules
from delivery.filters import MenuFilter
from delivery.models import Product
from delivery.presenters.allotment import Allotment
from delivery.presenters.cart import Cart, CartLine
from delivery.presenters.terms import Terms
from ui.forms import PortalForm

PRODUCTS_A_PAGE = 15  # a page then has about 30 kB
FEW = 10  # from this many on, the page says "In stock" instead of a number

# Returns the form that changes a product's quantity, from the SKU and the quantity to begin with.
QuantityForm = Callable[[str, int], PortalForm]


@dataclass(frozen=True)
class MenuProduct:
    """A product on the menu, with the digest that names its photo, or None."""

    product: Product
    photo_digest: str | None


@dataclass(frozen=True)
class ProductCard:
    """A product with its facts as HTML: `in_cart` is its quantity in the cart, and `form` adds it where that is 0."""

    product: Product
    facts: SafeString
    in_cart: int
    form: PortalForm | None


@dataclass(frozen=True)
class Shelf:
    """The products of one form, for example tinctures."""

    label: str
    cards: list[ProductCard]


@dataclass(frozen=True)
class Menu:
    """One page of the products that fit the filter, by shelf; `found` counts the products of all pages."""

    shelves: list[Shelf]
    page: "Page[MenuProduct]"
    found: int


@dataclass(frozen=True)
class CartRow:
    """A line of the cart with its form; `fits` is the largest quantity that is possible, or None where all fits."""

    line: CartLine
    form: PortalForm
    fits: int | None


def on_menu() -> list[MenuProduct]:
    """Return every product that is on the menu, in one query."""
    products = Product.objects.filter(is_active=True).annotate(photo_digest=F("photo__digest"))
    return [MenuProduct(product, product.photo_digest) for product in products]


def menu_for(
    products: Iterable[MenuProduct],
    patient: Patient,
    cart: Cart,
    terms: Terms,
    *,
    chosen: MenuFilter,
    page_number: str | int | None,
    quantity_form: QuantityForm,
) -> Menu:
    """Return a page of the products that fit the filter and that the patient may have.

    They are sorted by form; in each form the products that are sold out come last.
    """
    found = [row for row in products if chosen.takes(row.product) and _fits(row.product, patient, terms)]
    found.sort(key=_place)
    page = Paginator(found, PRODUCTS_A_PAGE).get_page(page_number)
    in_cart = {line.product.pk: line.quantity for line in cart.lines}
    shelves = [
        Shelf(
            str(Product.Form(form).label),
            [_card(row, in_cart.get(row.product.pk, 0), quantity_form) for row in shelf],
        )
        for form, shelf in groupby(page, key=lambda row: row.product.form)
    ]
    return Menu(shelves, page, len(found))


def cart_rows(cart: Cart, allotment: Allotment | None, quantity_form: QuantityForm) -> list[CartRow]:
    """Return the lines of the cart, each with its form and with the largest quantity that fits."""
    fits = allotment.fits if allotment else {}
    return [
        CartRow(line, quantity_form(line.product.sku, line.quantity), fits.get(line.product.pk)) for line in cart.lines
    ]


def _fits(product: Product, patient: Patient, terms: Terms) -> bool:
    return not rules.refusal_of(rules.check_product_fits_patient, product, patient, day=terms.day)


def _place(row: MenuProduct) -> tuple[int, bool, str]:
    product = row.product
    return list(Product.Form).index(Product.Form(product.form)), product.stock == 0, product.name


def _card(row: MenuProduct, in_cart: int, quantity_form: QuantityForm) -> ProductCard:
    form = None if in_cart else quantity_form(row.product.sku, 1)
    return ProductCard(row.product, facts_of(row), in_cart, form)


def facts_of(row: MenuProduct) -> SafeString:
    """Return what every reader sees of the product, as HTML in the language of the page."""
    product = row.product
    figures = (product.price_cents, product.thc_mg, product.cbd_mg, product.amount_mg, min(product.stock, FEW))
    return _facts(get_language(), product.sku, product.name, row.photo_digest, *figures)


@lru_cache(maxsize=1000)
def _facts(
    _language: str | None,
    sku: str,
    name: str,
    photo_digest: str | None,
    price_cents: int,
    thc_mg: int,
    cbd_mg: int,
    amount_mg: int,
    stock: int,
) -> SafeString:
    """Render the facts once for as long as they stay the same: fifteen of them take a third of the page's time."""
    context = {"sku": sku, "name": name, "price_cents": price_cents, "thc_mg": thc_mg, "cbd_mg": cbd_mg}
    context |= {"photo_digest": photo_digest, "amount_mg": amount_mg, "stock": stock, "few": FEW}
    return render_to_string("delivery/_product_facts.html", context)
