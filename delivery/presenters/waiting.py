"""The waiting lists, as the home page, the checkout and the list of orders show them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from delivery import rules
from delivery.models import DeliveryWindow, WaitingEntry
from delivery.orderers import Orderer
from delivery.presenters.terms import Terms
from ui.prepared import Prepared


@dataclass(frozen=True)
class FullWindow:
    """A full window with a waiting list; `is_waiting` when the account is on that list."""

    window: DeliveryWindow
    is_waiting: bool


@dataclass(frozen=True)
class WaitingPlace:
    """An entry of the account: its place among the `of` that wait for the window, and whether there is room now."""

    entry: WaitingEntry
    place: int
    of: int

    @property
    def has_room(self) -> bool:
        return self.entry.window.has_room


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
    windows = [window.pk for window in full]
    waiting = set(_waited_for.rows(patient=orderer.patient.pk, orderer=orderer.user.pk, windows=windows))
    return [FullWindow(window, window.pk in waiting) for window in full]


def _windows_waited_for(*, patient: int, orderer: int, windows: list[int]) -> QuerySet[WaitingEntry, int]:
    entries = WaitingEntry.objects.live().filter(patient=patient, orderer=orderer, window__in=windows)
    return entries.values_list("window", flat=True)


_waited_for = Prepared(_windows_waited_for)


def waiting_of(user: User) -> list[WaitingEntry]:
    """Return the account's own entries that still wait, the next window first."""
    return _waiting.rows(user=user.pk, today=timezone.localdate())


def _waiting_since(*, user: int, today: date) -> QuerySet[WaitingEntry]:
    entries = WaitingEntry.objects.shown().filter(orderer=user, window__date__gte=today)
    return entries.select_related("window", "patient").order_by("window__date", "window__starts")


_waiting = Prepared(_waiting_since)


def places_of(user: User) -> list[WaitingPlace]:
    """Return the account's own entries that still wait with their places, the next window first."""
    entries = waiting_of(user)
    if not entries:
        return []
    in_line: dict[int, list[int]] = defaultdict(list)
    everybody = WaitingEntry.objects.shown().filter(window__in={entry.window_id for entry in entries})
    for window, pk in everybody.order_by("pk").values_list("window", "pk"):
        in_line[window].append(pk)
    return [
        WaitingPlace(entry, in_line[entry.window_id].index(entry.pk) + 1, len(in_line[entry.window_id]))
        for entry in entries
    ]
