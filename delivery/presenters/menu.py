"""The menu, and one product of it as a row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import BooleanField, DateTimeField, Exists, F, Max, OuterRef, Subquery, Value
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from certification.models import Patient
from delivery import rules
from delivery.filters import Chip, MenuFilter
from delivery.models import Favorite, OrderLine, Product
from delivery.models.questions import counts_under
from delivery.orderers import Orderer
from delivery.presenters.cart import Cart
from delivery.presenters.terms import Terms

PRODUCTS_A_PAGE = 15  # a page then has about 30 kB
FEW = 10  # fewer than so many are counted on the picture
MOST_HAD = 6  # products had before that stand first; the others stand with their kind
FORMS = {form: place for place, form in enumerate(Product.Form)}


@dataclass(frozen=True)
class MenuProduct:
    """A product on the menu: the digest that names its photo or None, when the patient had it last or None, and
    whether it is among the patient's favorites."""

    product: Product
    photo_digest: str | None
    had_at: datetime | None
    is_favorite: bool


@dataclass(frozen=True)
class ProductCard:
    """A product with its facts as HTML: `in_cart` is its quantity in the cart, and `most` how many it can be."""

    product: Product
    facts: SafeString
    in_cart: int
    most: int


@dataclass(frozen=True)
class Shelf:
    """Products under one heading: those had before, or of one form, or all of them in another order."""

    label: str
    cards: list[ProductCard]


@dataclass(frozen=True)
class Menu:
    """One page of the products that fit the filter, by shelf; `found` counts the products of all pages."""

    shelves: list[Shelf]
    page: "Page[MenuProduct]"
    found: int
    chips: list[Chip]


def on_menu(orderer: Orderer | None = None, *, sku: str | None = None) -> list[MenuProduct]:
    """Return every product that is on the menu, or the one with `sku`, with what the orderer's patient had and likes.

    It is one query. During a call staff see nothing of what the caller had or likes.
    """
    products = Product.objects.filter(is_active=True).annotate(photo_digest=F("photo__digest"))
    products = products if sku is None else products.filter(sku=sku)
    products = products.annotate(**_of_patient(orderer.patient if orderer and not orderer.caller else None))
    return [
        MenuProduct(product, product.photo_digest, product.had_at, product.is_favorite)  # type: ignore[attr-defined]
        for product in products
    ]


def _of_patient(patient: Patient | None) -> dict[str, Any]:
    if patient is None:
        return {"had_at": Value(None, DateTimeField()), "is_favorite": Value(value=False, output_field=BooleanField())}
    lines = OrderLine.objects.filter(counts_under("order__"), product=OuterRef("pk"), order__patient=patient)
    last = lines.order_by().values("product").annotate(last=Max("order__placed_at")).values("last")
    liked = Favorite.objects.filter(product=OuterRef("pk"), patient=patient)
    return {"had_at": Subquery(last), "is_favorite": Exists(liked)}


def menu_for(
    products: Sequence[MenuProduct],
    patient: Patient,
    cart: Cart,
    terms: Terms,
    *,
    chosen: MenuFilter,
    page_number: str | int | None,
) -> Menu:
    """Return a page of the products that fit the filter and that the patient may have.

    What the patient had before stands first, the rest by form; in each part what is sold out comes last. With another
    order there is one part.
    """
    allowed = [row for row in products if fits(row.product, patient, terms)]
    chips = chosen.chips([row.product for row in allowed], [row.product for row in allowed if row.is_favorite])
    found = [row for row in allowed if chosen.takes(row.product) and (row.is_favorite or not _favorites_only(chosen))]
    placed = _placed(found, chosen)
    page = Paginator([row for _label, row in placed], PRODUCTS_A_PAGE).get_page(page_number)
    first = page.start_index() - 1 if found else 0
    shown = placed[first : first + PRODUCTS_A_PAGE]
    shelves = [
        Shelf(label, [card_of(row, cart) for _label, row in part])
        for label, part in groupby(shown, key=lambda pair: pair[0])
    ]
    return Menu(shelves, page, len(found), chips)


def _favorites_only(chosen: MenuFilter) -> bool:
    return "favorites" in chosen.chosen


def fits(product: Product, patient: Patient, terms: Terms) -> bool:
    """Return whether the product is on the menu for this patient."""
    return not rules.refusal_of(rules.check_product_fits_patient, product, patient, day=terms.day)


def _placed(found: list[MenuProduct], chosen: MenuFilter) -> list[tuple[str, MenuProduct]]:
    """Return the products in their order, each with the heading under which it stands."""
    if chosen.sort_label:
        rows = sorted(found, key=lambda row: (row.product.stock == 0, _figure(row.product, chosen), _name(row)))
        return [(chosen.sort_label, row) for row in rows]
    had = sorted((row for row in found if row.had_at), key=lambda row: row.had_at, reverse=True)[:MOST_HAD]  # type: ignore[arg-type, return-value]
    had.sort(key=lambda row: row.product.stock == 0)
    rest = sorted((row for row in found if row not in had), key=_place)
    return [(gettext("You had before"), row) for row in had] + [
        (str(Product.Form(row.product.form).label), row) for row in rest
    ]


def _figure(product: Product, chosen: MenuFilter) -> int:
    figures = {
        "price": product.price_cents,
        "price-down": -product.price_cents,
        "thc": -product.thc_mg,
        "cbd": -product.cbd_mg,
        "newest": -product.pk,
    }
    return figures[chosen.chosen["sort"]]


def _place(row: MenuProduct) -> tuple[int, bool, str]:
    return FORMS[Product.Form(row.product.form)], row.product.stock == 0, _name(row)


def _name(row: MenuProduct) -> str:
    return row.product.shown.full_name.casefold()


def card_of(row: MenuProduct, cart: Cart) -> ProductCard:
    """Return the product as a row of the menu."""
    in_cart = next((line.quantity for line in cart.lines if line.product.pk == row.product.pk), 0)
    return ProductCard(row.product, facts_of(row), in_cart, min(row.product.stock, rules.MOST_OF_ONE_PRODUCT))


@dataclass(frozen=True)
class _Facts:
    """What the facts of a product are rendered from: two with the same `key` look the same."""

    key: tuple[Any, ...]
    row: MenuProduct = field(compare=False)


def facts_of(row: MenuProduct) -> SafeString:
    """Return what every reader sees of the product, as HTML in the language of the page."""
    product = row.product
    figures = (product.price_cents, product.thc_mg, product.cbd_mg, product.amount_mg, min(product.stock, FEW))
    looks = (product.form, product.color, product.drawn_as, row.photo_digest, row.is_favorite)
    return _facts(_Facts((get_language(), product.sku, product.shown, *figures, *looks), row))


@lru_cache(maxsize=1000)
def _facts(facts: _Facts) -> SafeString:
    """Render the facts once for as long as they stay the same: fifteen of them take a third of the page's time."""
    row = facts.row
    context = {"product": row.product, "few": FEW, "is_favorite": row.is_favorite}
    return render_to_string("delivery/_product_facts.html", context)


def row_of(products: Iterable[MenuProduct], product: Product) -> MenuProduct | None:
    """Return the row of one product, or None where it is not on the menu."""
    return next((row for row in products if row.product.pk == product.pk), None)
