import structlog
from celery import shared_task
from django.utils import timezone

from delivery import actions, rules

log = structlog.get_logger()


@shared_task(name="delivery.make_windows")
def make_windows():
    """Make the windows of the next weeks; returns how many there are."""
    return actions.make_windows(today=timezone.localdate(), by=None)


@shared_task(name="delivery.lapse_orders")
def lapse_orders():
    """Give back what unconfirmed orders of passed windows hold; returns how many lapsed."""
    return actions.lapse_orders(now=timezone.now(), by=None)


@shared_task(name="delivery.notify_waiting_list")
def notify_waiting_list():
    """Tell who waits for a place in a window that has one; returns how many are told."""
    return actions.notify_waiting_list(now=timezone.now(), by=None)


@shared_task(name="delivery.check_counts")
def check_counts():
    """Compare stock with its movements and places with orders; each difference is logged and the Managers are told.

    Returns how many differ.
    """
    products, windows = rules.stock_mismatches(), rules.window_mismatches()
    for product in products:
        log.error("stock_differs", sku=product.sku, stock=product.stock)
    for window in windows:
        log.error("places_differ", window=window.code, booked=window.booked)
    actions.report_differences(products=products, windows=windows, today=timezone.localdate(), by=None)
    return len(products) + len(windows)
