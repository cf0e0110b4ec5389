"""The menu, and one product of it as a row."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Exists, F, IntegerField, Max, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Lower, NullIf, StrIndex
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from delivery import rules
from delivery.filters import Chip, MenuFilter
from delivery.models import Favorite, OrderLine, Product
from delivery.models.drawings import USUAL
from delivery.models.product_texts import full_name, text_of
from delivery.models.questions import counts_under
from delivery.orderers import Orderer
from delivery.presenters.cart import Cart
from delivery.presenters.terms import Terms
from ui.parts import cached_part, mark
from ui.prepared import Prepared
from ui.text import search_name

PRODUCTS_A_PAGE = 15  # a page then has about 30 kB
FEW = 10  # fewer than so many are counted on the picture
MOST_HAD = 6  # products had before that stand first; the others stand with their kind
NOBODY = 0  # the id of no row
FORMS = " ".join(Product.Form)  # the place of a form in this text is its place on the menu
# What belongs to one reader stands in a row as a mark: see ui/parts.py.
OF_READER = {name: mark(name) for name in ("line_url", "patient_number", "csrf_token", "error", "error_id")}


class MenuProduct(NamedTuple):
    """A product as the menu shows it: the digest names its photo or is None."""

    pk: int
    sku: str
    name: str
    detail: str
    name_es: str
    detail_es: str
    form: str
    color: str
    drawing: str
    price_cents: int
    amount_mg: int
    thc_mg: int
    cbd_mg: int
    stock: int
    photo_digest: str | None
    is_favorite: bool

    @property
    def drawn_as(self) -> str:
        return self.drawing or USUAL[self.form]

    @property
    def shown_name(self) -> str:
        return text_of(self.name, self.name_es)

    @property
    def shown_detail(self) -> str:
        return text_of(self.detail, self.detail_es)


OF_PRODUCT = MenuProduct._fields[:-2]


class Row(NamedTuple):
    """All that a row of the menu shows, so that it is rendered once for as long as this stays the same.

    `quantity` is how many are in the cart. The stock is counted up to FEW alone.
    """

    product: MenuProduct
    quantity: int
    is_most: bool
    can_order: bool
    is_wrong: bool


@dataclass(frozen=True)
class Shelf:
    """Products under one heading: those had before, or of one form, or all of them in another order."""

    label: str
    rows: list[SafeString]


@dataclass(frozen=True)
class Menu:
    """One page of the products that fit the filter, by shelf; `found` counts the products of all pages."""

    shelves: list[Shelf]
    page: "Page[int]"
    found: int
    chips: list[Chip]
    head: SafeString


def on_menu(sku: str, orderer: Orderer) -> tuple[Product, MenuProduct] | None:
    """Return the product with `sku`, and as the menu shows it to the orderer; None where it is not on the menu."""
    product = _one.first(sku=sku, patient=patient_seen(orderer))
    if product is None:
        return None
    return product, MenuProduct(*(getattr(product, name) for name in MenuProduct._fields))


def _with_sku(*, sku: str, patient: int) -> "QuerySet[Product]":
    products = Product.objects.filter(is_active=True, sku=sku).annotate(photo_digest=F("photo__digest"))
    return products.annotate(is_favorite=_is_favorite(patient))


_one = Prepared(_with_sku)


def patient_seen(orderer: Orderer) -> int:
    """Return the id of the patient, or of nobody during a call: staff see nothing of what the caller had or likes."""
    return NOBODY if orderer.caller else orderer.patient.pk


def lines_had_by(patient: int) -> "QuerySet[OrderLine]":
    """Return the lines of the patient's orders that count."""
    return OrderLine.objects.filter(counts_under("order__"), order__patient=patient).order_by()


def _is_favorite(patient: int) -> Exists:
    return Exists(Favorite.objects.filter(product=OuterRef("pk"), patient=patient))


class Wanted(NamedTuple):
    """A reader's choices on the menu, as far as the SQL depends on them; `form` and `sort` may be empty."""

    fits: Q
    spans: Q
    form: str
    favorites_only: bool
    sort: str
    language: str | None


def _fitting(wanted: Wanted, found: list[int] | None) -> "QuerySet[Product]":
    """Return the products that fit all but the chip; `found` are the ids that fit the search, or None without one."""
    products = Product.objects.filter(wanted.fits, wanted.spans).order_by()
    return products if found is None else products.filter(pk__in=found)


def _liked_by(patient: int) -> Q:
    return Q(pk__in=Favorite.objects.filter(patient=patient).values("product"))


def _shown(wanted: Wanted, found: list[int] | None, patient: int) -> "QuerySet[Product]":
    products = _fitting(wanted, found)
    products = products.filter(form=wanted.form) if wanted.form else products
    return products.filter(_liked_by(patient)) if wanted.favorites_only else products


def _counted(*, wanted: Wanted, found: list[int] | None, patient: int) -> "QuerySet[Product, tuple[str, int, int]]":
    """Return form, number of products and number of favorites of each form."""
    liked = Count("pk", filter=_liked_by(patient))
    return _fitting(wanted, found).values_list("form").annotate(count=Count("pk"), liked=liked)


def _had_last(*, wanted: Wanted, found: list[int] | None, patient: int) -> "QuerySet[OrderLine, int]":
    lines = lines_had_by(patient).filter(product__in=_shown(wanted, found, patient))
    last = lines.values("product").annotate(last=Max("order__placed_at"))
    last = last.order_by("-last", "product__form", "product__name")
    return last.values_list("product", flat=True)[:MOST_HAD]


def _on_page(
    *,
    wanted: Wanted,
    found: list[int] | None,
    patient: int,
    had: list[int],
    forms: list[str],
    first: int,
    last: int,
) -> "QuerySet[Product, tuple[Any, ...]]":
    products = _shown(wanted, found, patient).filter(Q(form__in=forms) | Q(pk__in=had))
    products = products.annotate(is_favorite=_is_favorite(patient))
    by_figure = [_is_sold_out(), FIGURES[wanted.sort]] if wanted.sort else _by_kind(had)
    products = products.order_by(*by_figure, *_by_name(wanted.language))
    return products.values_list(*OF_PRODUCT, "photo__digest", "is_favorite")[first:last]


def _by_kind(had: list[int]) -> list[Any]:
    kind = StrIndex(Value(FORMS), "form")
    if not had:
        return [kind, _is_sold_out()]
    latest = [When(pk=pk, then=Value(place)) for place, pk in enumerate(had)]
    return [
        Case(When(pk__in=had, then=Value(0)), default=kind),
        _is_sold_out(),
        Case(*latest, default=Value(MOST_HAD), output_field=IntegerField()),
    ]


_counts_of = Prepared(_counted, fixed=["wanted"])
_had_of = Prepared(_had_last, fixed=["wanted"])
_page_of = Prepared(_on_page, fixed=["wanted", "first", "last"])


@dataclass(frozen=True)
class Found:
    """The products that fit the orderer's patient, the search and the filters: how many, and those of one page.

    The database counts and sorts them, so that a long menu costs about as much as a short one.
    """

    orderer: Orderer
    terms: Terms
    chosen: MenuFilter

    @cached_property
    def _wanted(self) -> Wanted:
        chosen = self.chosen.chosen
        return Wanted(
            fits=rules.fits_patient(self.orderer.patient, day=self.terms.day),
            spans=self.chosen.within_spans,
            form=chosen.get("form", ""),
            favorites_only="favorites" in chosen,
            sort=chosen.get("sort", "") if self.chosen.sort_label else "",
            language=get_language(),
        )

    @cached_property
    def _asked(self) -> dict[str, Any]:
        words, wanted = self.chosen.words, self._wanted
        found = _searched(_fitting(wanted, None), words) if words else None
        return {"wanted": wanted, "found": found, "patient": patient_seen(self.orderer)}

    @cached_property
    def _counts(self) -> list[tuple[str, int, int]]:
        return _counts_of.rows(**self._asked)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many products of each form fit all but the chip."""
        return {form: count for form, count, _liked in self._counts}

    @cached_property
    def liked(self) -> int:
        """How many favorites fit all but the chip."""
        return sum(liked for _form, _count, liked in self._counts)

    @property
    def count(self) -> int:
        """How many products fit, the chip included."""
        wanted = self._wanted
        forms = {form: (liked if wanted.favorites_only else count) for form, count, liked in self._counts}
        return forms.get(wanted.form, 0) if wanted.form else sum(forms.values())

    @cached_property
    def had(self) -> list[int]:
        """The ids of the products that the patient had last, the latest first; none with another order."""
        return [] if self.orderer.caller or self._wanted.sort else _had_of.rows(**self._asked)

    def between(self, first: int, last: int) -> list[MenuProduct]:
        """Return the products from place `first` to before `last`.

        What the patient had before stands first, the rest by form; in each part what is sold out comes last. With
        another order there is one part.
        """
        forms = self._forms_before(last)
        rows = _page_of.rows(**self._asked, had=self.had, forms=forms, first=first, last=last)
        return [MenuProduct(*row) for row in rows]

    def _forms_before(self, place: int) -> list[str]:
        """Return the forms of which products may stand before this place: the others need not be sorted."""
        wanted = self._wanted
        counts = {form: (liked if wanted.favorites_only else count) for form, count, liked in self._counts}
        forms = sorted(counts, key=FORMS.index)
        if wanted.sort or wanted.form:
            return forms
        begins = accumulate((counts[form] for form in forms), initial=0)
        return [form for form, begin in zip(forms, begins, strict=False) if begin < place]


FIGURES = {
    "price": F("price_cents"),
    "price-down": F("price_cents").desc(),
    "thc": F("thc_mg").desc(),
    "cbd": F("cbd_mg").desc(),
    "newest": F("pk").desc(),
}


def _is_sold_out() -> Case:
    return Case(When(stock=0, then=Value(1)), default=Value(0), output_field=IntegerField())


def _by_name(language: str | None) -> list[Any]:
    """Return the order by what the reader reads, in the language of the page."""
    if language != "es":
        return [Lower("name"), Lower("detail"), "pk"]
    spanish = (Lower(Coalesce(NullIf(f"{name}_es", Value("")), name)) for name in ("name", "detail"))
    return [*spanish, "pk"]


def _searched(products: "QuerySet[Product]", words: Iterable[str]) -> list[int]:
    """Return the ids of the products that have each word in their texts. The database cannot compare without accents.

    The English name counts in Spanish, too.
    """
    texts = products.values_list("pk", "form", "name", "name_es", "detail", "detail_es", named=True)
    return [each.pk for each in texts if _has_words(each, words)]


def _has_words(product: Any, words: Iterable[str]) -> bool:
    name, detail = text_of(product.name, product.name_es), text_of(product.detail, product.detail_es)
    texts = search_name(full_name(name, detail), product.name, str(Product.Form(product.form).label))
    return all(word in texts for word in words)


def menu_for(
    orderer: Orderer,
    cart: Cart,
    terms: Terms,
    *,
    chosen: MenuFilter,
    page_number: str | int | None,
    can_order: bool,
    wrong: str | None = None,
) -> Menu:
    """Return a page of the products that fit the filter and that the patient may have.

    `wrong` is the SKU of the product of which the row says why its quantity was refused.
    """
    found = Found(orderer, terms, chosen)
    count = found.count
    page = Paginator(range(count), PRODUCTS_A_PAGE).get_page(page_number)
    first = page.start_index() - 1 if count else 0
    products = found.between(first, first + PRODUCTS_A_PAGE) if count else []
    in_cart = {line.product.pk: line.quantity for line in cart.lines}

    def row(product: MenuProduct) -> SafeString:
        return row_of(product, in_cart.get(product.pk, 0), can_order=can_order, is_wrong=product.sku == wrong)

    by_label = groupby(products, key=lambda product: _label(product, found))
    shelves = [Shelf(label, [row(product) for product in part]) for label, part in by_label]
    chips = chosen.chips(found.counts, found.liked)
    return Menu(shelves, page, count, chips, _head_of(chosen, tuple(chips), count))


def _head_of(chosen: MenuFilter, chips: tuple[Chip, ...], found: int) -> SafeString:
    """Return the search, the filters and the chips as HTML. What was typed is not kept."""
    if chosen.form and (chosen.form.errors or "q" in chosen.chosen):
        return _rendered_head(chosen, chips, found)
    return _head(tuple((chosen.chosen | chosen.where).items()), chips, found)


@cached_part(most=300)
def _head(chosen: tuple[tuple[str, str], ...], chips: tuple[Chip, ...], found: int) -> SafeString:
    return _rendered_head(MenuFilter(dict(chosen)), chips, found)


def _rendered_head(chosen: MenuFilter, chips: tuple[Chip, ...], found: int) -> SafeString:
    return render_to_string("delivery/_menu_head.html", {"chosen": chosen, "chips": chips, "found": found})


def _label(product: MenuProduct, found: Found) -> str:
    """Return the heading under which the product stands."""
    if found.chosen.sort_label:
        return found.chosen.sort_label
    return gettext("You had before") if product.pk in found.had else str(Product.Form(product.form).label)


def most_of(stock: int) -> int:
    """Return how many of a product the cart can hold."""
    return min(stock, rules.MOST_OF_ONE_PRODUCT)


def row_of(product: MenuProduct, quantity: int, *, can_order: bool, is_wrong: bool = False) -> SafeString:
    """Return the product as a row of the menu, with marks for what belongs to the reader."""
    is_most = quantity >= most_of(product.stock)
    return _row(Row(product._replace(stock=min(product.stock, FEW)), quantity, is_most, can_order, is_wrong))


@cached_part(most=1_000)
def _row(row: Row) -> SafeString:
    """Render a row once for as long as it stays the same: fifteen of them took a third of the page's time."""
    return render_to_string("delivery/_product.html", {**OF_READER, **row._asdict(), "few": FEW})
