"""The waiting lists, as the checkout and the list of orders show them."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from delivery import rules
from delivery.models import DeliveryWindow, WaitingEntry
from delivery.orderers import Orderer
from delivery.presenters.terms import Terms


@dataclass(frozen=True)
class FullWindow:
    """A full window with a waiting list; `is_waiting` when the account is on that list."""

    window: DeliveryWindow
    is_waiting: bool


def full_windows(orderer: Orderer, terms: Terms) -> list[FullWindow]:
    """Return the windows that could be chosen if they had a place; none during a call.

    A caller cannot be on a waiting list: staff look at the windows again instead.
    """
    if orderer.caller is not None:
        return []
    full = [
        window
        for window in terms.windows
        if window.is_full and not rules.refusal_of(rules.check_certification_covers, terms.certification, window)
    ]
    if not full:
        return []
    entries = WaitingEntry.objects.live().filter(patient=orderer.patient, orderer=orderer.user, window__in=full)
    waiting = set(entries.values_list("window", flat=True))
    return [FullWindow(window, window.pk in waiting) for window in full]


def waiting_of(user: User) -> QuerySet[WaitingEntry]:
    """Return the account's own entries that still wait, the next window first."""
    entries = WaitingEntry.objects.shown().filter(orderer=user, window__date__gte=timezone.localdate())
    return entries.select_related("window", "patient").order_by("window__date", "window__starts")
