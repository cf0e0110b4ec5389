"""The scheduled jobs of this app. Each calls one action."""

import structlog
from celery import shared_task
from django.utils import timezone

from delivery import actions, rules

log = structlog.get_logger()


@shared_task(name="delivery.make_windows")
def make_windows() -> int:
    """Make the windows of the next weeks; returns how many there are."""
    return actions.make_windows(today=timezone.localdate(), by=None)


@shared_task(name="delivery.lapse_orders")
def lapse_orders() -> int:
    """Let orders lapse that had not left in time; returns how many lapsed."""
    return actions.lapse_orders(now=timezone.now(), by=None)


@shared_task(name="delivery.notify_waiting_list")
def notify_waiting_list() -> int:
    """Write to those who wait for a place in a window that has room; returns how many get a mail."""
    return actions.notify_waiting_list(now=timezone.now(), by=None)


@shared_task(name="delivery.announce_deliveries")
def announce_deliveries() -> int:
    """Tell orderers, from 5 p.m. on the evening before, that their order comes tomorrow; return for how many orders."""
    return actions.announce_deliveries(now=timezone.now(), by=None)


@shared_task(name="delivery.tell_packs_ready")
def tell_packs_ready() -> int:
    """Tell the staff who print it, once a window, that its print pack is ready; returns how many are told."""
    return actions.tell_packs_ready(now=timezone.now(), by=None)


@shared_task(name="delivery.check_counts")
def check_counts() -> int:
    """Compare stock with its movements and places with orders; returns how many differ.

    Each difference is logged, and the Managers get one mail a day.
    """
    products, windows = rules.stock_mismatches(), rules.window_mismatches()
    for product in products:
        log.error("stock_differs", sku=product.sku, stock=product.stock)
    for window in windows:
        log.error("places_differ", window=window.code, booked=window.booked)
    actions.report_differences(products=products, windows=windows, today=timezone.localdate(), by=None)
    return len(products) + len(windows)


@shared_task(name="delivery.plan_windows")
def plan_windows() -> int:
    """Make the plans of windows that people asked for; returns how many."""
    return actions.plan_windows(by=None)
