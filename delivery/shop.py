"""What the pages of an order show: the shelves, the cart and the allotment. Read together, in few queries."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from certification.models import Certification
from delivery import rules
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, OrderLine, Product, WaitingEntry
from ui.templatetags.portal import grams, money

PRODUCTS_A_PAGE = 15  # what a page of 30 kB holds
SAVED_ADDRESSES = 4
FEW = 10  # from so many on, a product is in stock and no number is told


@dataclass(frozen=True)
class Cart:
    """At today's prices; `problem` is what stops the order, or nothing."""

    lines: list[OrderLine]
    subtotal_cents: int
    amount_mg: int
    minimum_cents: int
    problem: str = ""

    @property
    def count(self):
        return sum(line.quantity for line in self.lines)

    @property
    def short_cents(self):
        return max(self.minimum_cents - self.subtotal_cents, 0)


@dataclass(frozen=True)
class Allotment:
    """In milligrams of flower equivalent, for one delivery day; `left_mg` once the cart is ordered, `problem` says by
    how much the cart is over, and `more` is the first later delivery day with more left, and how much more."""

    day: date
    left_mg: int
    of_mg: int
    more: tuple[date, int] | None
    problem: str = ""


@dataclass
class Terms:
    """What holds for every order made now for one patient."""

    now: datetime
    policy: DeliveryPolicy
    windows: list[DeliveryWindow]
    certification: Certification | None
    next_free: DeliveryWindow | None = field(init=False)

    def __post_init__(self):
        self.next_free = next((one for one in self.windows if self.refusal(one) == ""), None)

    def refusal(self, window):
        """Why `window` cannot be chosen, or nothing."""
        return refusal_of(rules.check_window_has_room, window) or refusal_of(
            rules.check_certification_covers, self.certification, window
        )

    @property
    def is_covered(self):
        """Whether the certification reaches any of the days that can still be ordered for."""
        return any(self.certification and self.certification.is_valid_on(window.date) for window in self.windows)

    @property
    def day(self):
        """The day that the pages speak of: the next that can be reached, or today."""
        return self.next_free.date if self.next_free else timezone.localdate(self.now)


def refusal_of(check, *args, **kwargs):
    """The sentence with which a check refuses, or nothing."""
    try:
        check(*args, **kwargs)
    except rules.DeliveryError as error:
        return str(error)
    return ""


def terms_for(patient, *, policy=None):
    """Under the policy in force, or that of an order that was placed."""
    now = timezone.now()
    policy = policy or rules.policy_on(timezone.localdate(now))
    return Terms(now, policy, rules.bookable_windows(now=now, policy=policy), certification_of(patient))


def certification_of(patient):
    """The one that runs, or None; without a query where it came with the patient."""
    if patient.known:
        return getattr(patient, "joined_certification", None)
    running = patient.certifications.running_on(timezone.localdate())
    return running.defer("condition_codes", "directions").first()


def cart_of(orderer, terms):
    """What lies in the cart today; each line carries `refusal`, which stops the order, and `note`, which does not."""
    lines = list(
        OrderLine.objects.filter(order__status="cart", order__patient=orderer.patient, order__placed_by=orderer.user)
        .select_related("product")
        .order_by("pk")
    )
    for line in lines:
        line.refusal = _refusal_of_line(line, orderer.patient, terms)
        line.note = _note_on_changes(line)
        line.cost_cents = line.quantity * line.product.price_cents
    subtotal_cents, amount_mg = rules.totals(lines)
    problem = _problem(lines, subtotal_cents, terms)
    return Cart(lines, subtotal_cents, amount_mg, terms.policy.minimum_cents, problem)


def _refusal_of_line(line, patient, terms):
    return refusal_of(rules.check_product_fits_patient, line.product, patient, day=terms.day) or refusal_of(
        rules.check_stock, line.product, line.quantity
    )


def _note_on_changes(line):
    """What is not as it was when the line was put into the cart."""
    notes = []
    if line.unit_price_cents != line.product.price_cents:
        prices = {"old": money(line.unit_price_cents), "new": money(line.product.price_cents)}
        notes.append(_("The price changed from %(old)s to %(new)s.") % prices)
    if line.amount_mg != line.product.amount_mg:
        amounts = {"old": grams(line.amount_mg), "new": grams(line.product.amount_mg)}
        notes.append(_("It counted as %(old)s of flower and now counts as %(new)s.") % amounts)
    return " ".join(notes)


def _problem(lines, subtotal_cents, terms):
    """The first thing that stands between the cart and the checkout."""
    if not lines:
        return _("Your cart is empty. Add something to it first.")
    refusals = [line.refusal for line in lines if line.refusal]
    return refusals[0] if refusals else refusal_of(rules.check_minimum, subtotal_cents, terms.policy)


@dataclass(frozen=True)
class FullWindow:
    """One that can be waited for; `is_waiting` once the account does."""

    window: DeliveryWindow
    is_waiting: bool


def full_windows(orderer, terms):
    """Those that only lack a place. Who calls has no list to be on: staff look again."""
    if orderer.caller is not None:
        return []
    full = [
        window
        for window in terms.windows
        if window.is_full and not refusal_of(rules.check_certification_covers, terms.certification, window)
    ]
    if not full:
        return []
    entries = WaitingEntry.objects.live().filter(patient=orderer.patient, orderer=orderer.user, window__in=full)
    waiting = set(entries.values_list("window", flat=True))
    return [FullWindow(window, window.pk in waiting) for window in full]


def waiting_of(user):
    """The account's own entries that still wait, the next window first."""
    entries = WaitingEntry.objects.shown().filter(orderer=user, window__date__gte=timezone.localdate())
    return entries.select_related("window", "patient").order_by("window__date", "window__starts")


def addresses_of(patient):
    """The latest order to each other door than the patient's own home, at most SAVED_ADDRESSES of them."""
    doors = {_door(patient): None}
    for order in Order.objects.placed().filter(patient=patient).order_by("-placed_at")[:50]:
        doors.setdefault(_door(order), order)
    return [order for order in doors.values() if order][:SAVED_ADDRESSES]


def _door(place):
    return place.street_address.casefold(), place.zip_code


def allotment_of(patient, cart, terms):
    """What is left for the next day that can be reached, or None when there is none.

    Each line of the cart gets `fits`: the largest quantity that is possible, where that is less than it has.
    """
    if terms.next_free is None:
        return None
    days, limit_mg = terms.policy.allotment_days, rules.allotment_mg(terms.certification)
    span = timedelta(days=days)
    used = rules.used_by_day(patient=patient, first=terms.day - span, last=terms.windows[-1].date + span)
    left_mg = rules.left_on(terms.day, used=used, limit_mg=limit_mg, days=days)
    later = rules.delivery_days(terms.windows, policy=terms.policy, after=terms.day)
    more = rules.first_day_with_more(terms.day, later=later, used=used, certification=terms.certification, days=days)
    problem = refusal_of(rules.check_allotment_left, cart.amount_mg, left_mg)
    for line in cart.lines:
        fits = rules.largest_quantity_that_fits(line, amount_mg=cart.amount_mg, left_mg=left_mg)
        line.fits = fits if line.product.is_active and fits < line.quantity else None
    return Allotment(terms.day, max(left_mg - cart.amount_mg, 0), limit_mg, more, problem)


@dataclass(frozen=True)
class Menu:
    """One page of the products that fit the filter: (form, products) pairs, and how many there are in all."""

    shelves: list[tuple[str, list[Product]]]
    page: Page
    found: int


def on_menu():
    return list(Product.objects.filter(is_active=True).annotate(photo_digest=F("photo__digest")))


def facts_of(product):
    """What everybody reads of it, in the language of the page."""
    figures = (product.price_cents, product.thc_mg, product.cbd_mg, product.amount_mg, min(product.stock, FEW))
    return _facts(get_language(), product.sku, product.name, product.photo_digest, *figures)


@lru_cache(maxsize=1000)
def _facts(_language, sku, name, photo_digest, price_cents, thc_mg, cbd_mg, amount_mg, stock):
    """Written once for as long as it stays true: fifteen of these are a third of the page's time."""
    context = {"sku": sku, "name": name, "price_cents": price_cents, "thc_mg": thc_mg, "cbd_mg": cbd_mg}
    context |= {"photo_digest": photo_digest, "amount_mg": amount_mg, "stock": stock, "few": FEW}
    return render_to_string("delivery/_product_facts.html", context)


def menu_for(products, patient, cart, terms, *, chosen, page_number=1):
    """In the order of the menu, sold-out products last in their form; none that the patient may not have."""
    in_cart = {line.product_id: line for line in cart.lines}
    order = {form: place for place, form in enumerate(Product.Form)}
    products = [
        product
        for product in products
        if chosen.takes(product) and not refusal_of(rules.check_product_fits_patient, product, patient, day=terms.day)
    ]
    products.sort(key=lambda one: (order[Product.Form(one.form)], one.stock == 0, one.name))
    page = Paginator(products, PRODUCTS_A_PAGE).get_page(page_number)
    for product in page:
        product.line, product.facts = in_cart.get(product.pk), facts_of(product)
    shelves = [(Product.Form(form).label, list(shelf)) for form, shelf in groupby(page, key=lambda one: one.form)]
    return Menu(shelves, page, len(products))
