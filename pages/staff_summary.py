"""What the mail of a morning or an evening says to a member of staff: what waits for the groups of the account."""

from datetime import date, datetime, timedelta

from django.utils.timezone import localdate
from django.utils.translation import ngettext

from accounts.models import User
from delivery.models import DeliveryWindow, Order, Product
from delivery.models.questions import IS_LOW
from delivery.rules import stock_mismatches, window_mismatches
from pages.staff_start import ORDERS, works_of_reader
from pages.start_days import Figure, list_url

COUNTERS = {"Pharmacist", "Technician", "Manager"}  # groups that receive and count stock


def summary_of(user: User, *, now: datetime, is_evening: bool) -> list[Figure]:
    """Return the figures for this account that are not 0, each with the list that shows exactly so many rows."""
    groups = set(user.groups.values_list("name", flat=True))
    figures = [work.figure for work in works_of_reader(user, groups, now=now)]
    if is_evening and user.has_perm(ORDERS):
        figures.insert(0, _orders_on(localdate(now) + timedelta(days=1)))
    if groups & COUNTERS:
        count = Product.objects.filter(IS_LOW, is_active=True).count()
        noun = ngettext("product runs low", "products run low", count)
        figures.append(Figure(count, noun, list_url(Product, stock="low")))
    if "Manager" in groups:
        figures += _differences()
    return [figure for figure in figures if figure.count]


def _orders_on(day: date) -> Figure:
    count = Order.objects.open().filter(window__date=day).count()
    noun = ngettext("order for tomorrow", "orders for tomorrow", count)
    return Figure(count, noun, list_url(Order, status="open", window__date=str(day)))


def _differences() -> list[Figure]:
    """Return how many products and windows have counts that do not add up."""
    products, windows = len(stock_mismatches()), len(window_mismatches())
    stock = ngettext("stock count that does not add up", "stock counts that do not add up", products)
    places = ngettext("window whose places do not add up", "windows whose places do not add up", windows)
    return [Figure(products, stock, list_url(Product)), Figure(windows, places, list_url(DeliveryWindow))]
