"""The figures of the staff's start page: the next delivery day, and what waits for whom and since when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, IntegerField, Min, Model, Q, QuerySet, Sum, Value
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import Decision, MFAReset, PhysicianApplication, Proof, User
from certification.models import PatientRequest
from delivery.models import DeliveryWindow, Order, Product, WaitingEntry
from delivery.models.questions import ENDS_BEFORE_DELIVERY, IS_LOW, WITH_HOLD
from delivery.rules import closes_at, policy_on
from notifications.models import Notification, TextReceived
from notifications.rules import late_since
from pages.models import ContactMessage

MOST_SHOWN = 5  # calls and products; a link leads to the others
MOST_WINDOWS = 20  # more than one day has
EVERY_ORDER = "delivery.view_every_order"
ANYBODY = "Anybody"
CALLS = {"status__exact": Notification.Status.QUEUED, "channel__exact": Notification.Channel.PHONE}


@dataclass(frozen=True)
class Figure:
    """A number with its noun, and the address of the list that shows exactly so many rows."""

    count: int
    noun: Any
    url: str


@dataclass(frozen=True)
class WindowCard:
    """A window of the next delivery day: its places, its orders by status, and who waits for a place."""

    window: DeliveryWindow
    closes_at: datetime
    is_past_cutoff: bool
    taken: Figure
    figures: list[Figure]


@dataclass(frozen=True)
class Work:
    """Rows that wait for staff of one group, and since when the oldest of them waits."""

    figure: Figure
    since: datetime


@dataclass(frozen=True)
class WorkOfGroup:
    """The work that waits for one group of staff."""

    group: str
    is_readers_own: bool
    works: list[Work]


@dataclass(frozen=True)
class Call:
    """A call to make: the phone number, the kind of message, and the page on which it is entered."""

    number: str
    about: str
    url: str


@dataclass(frozen=True)
class LowProduct:
    """A product of which few are left; `ordered` is how many the orders of the next delivery day take."""

    name: str
    stock: int
    ordered: int
    url: str


@dataclass(frozen=True)
class StaffStart:
    now: datetime
    day: date | None
    days_ahead: int
    cards: list[WindowCard]
    works: list[WorkOfGroup]
    calls: list[Call]
    calls_url: str
    low: list[LowProduct]
    low_url: str


@dataclass(frozen=True)
class Queue:
    """Rows that wait for staff of a group, the column that says since when, and the filters of the list with them."""

    group: str
    noun: Any
    rows: QuerySet[Any]
    since: str
    query: Mapping[str, str]
    permission: str = ""  # "" for the one to view the model

    def is_shown_to(self, user: User) -> bool:
        return user.has_perm(self.permission or _view_permission(self.rows.model))


def queues(day: date | None, *, now: datetime) -> list[Queue]:
    """Return what waits for staff, the most urgent first; `day` is the next delivery day."""
    orders, status = Order.objects.all(), Order.Status
    pending, unanswered = {"status__exact": Decision.PENDING}, {"answered_at__isempty": "1"}
    confirmed = orders.filter(status=status.CONFIRMED, window__date=day) if day else orders.none()
    return [
        Queue("Pharmacist", ngettext_lazy("order to review", "orders to review", "count"),
              orders.filter(status=status.PLACED), "placed_at", {"status": status.PLACED}, EVERY_ORDER),
        Queue("Pharmacist",
              ngettext_lazy("order after its certification ends", "orders after their certification ends", "count"),
              orders.with_hold().filter(ENDS_BEFORE_DELIVERY, window__date__gte=localdate()), "placed_at",
              {"status": "ends-before"}, EVERY_ORDER),
        Queue("Technician", ngettext_lazy("confirmed order to pack", "confirmed orders to pack", "count"),
              confirmed, "confirmed_at", {"status": status.CONFIRMED, "window__date": str(day)}, EVERY_ORDER),
        Queue("Registrar", ngettext_lazy("application", "applications", "count"),
              PhysicianApplication.objects.filter(status=Decision.PENDING), "created_at", pending),
        Queue("Registrar", ngettext_lazy("proof to verify", "proofs to verify", "count"),
              Proof.objects.filter(status=Decision.PENDING, physician__isnull=False), "entered_at", pending),
        Queue("Registrar",
              ngettext_lazy("request to a physician who has left", "requests to physicians who have left", "count"),
              PatientRequest.objects.filter(answered_at__isnull=True, physician__status="left"), "created_at",
              {**unanswered, "physician__status__exact": "left"}),
        Queue("Manager", ngettext_lazy("lost phone", "lost phones", "count"),
              MFAReset.objects.filter(status=MFAReset.Status.WAITING), "asked_at",
              {"status__exact": MFAReset.Status.WAITING}),
        Queue("Manager", ngettext_lazy("message to answer", "messages to answer", "count"),
              ContactMessage.objects.filter(answered_at__isnull=True), "created_at", unanswered),
        Queue(ANYBODY,
              ngettext_lazy("urgent call or letter older than 2 hours", "urgent calls or letters older than 2 hours",
                            "count"),
              Notification.objects.late(late_since(now)), "created_at", {"todo": "late"}),
        Queue(ANYBODY, ngettext_lazy("call to make", "calls to make", "count"), Notification.objects.calls_to_make(),
              "due_at", CALLS),
        Queue(ANYBODY, ngettext_lazy("letter to print and post", "letters to print and post", "count"),
              Notification.objects.filter(status=Notification.Status.QUEUED, channel=Notification.Channel.LETTER),
              "created_at", {**CALLS, "channel__exact": Notification.Channel.LETTER}),
        Queue(ANYBODY, ngettext_lazy("text to read", "texts to read", "count"),
              TextReceived.objects.filter(needs_reading=True, read_at=None), "created_at",
              {"needs_reading__exact": "1", "read_at__isempty": "1"}),
    ]  # fmt: skip


def staff_start(user: User, *, now: datetime) -> StaffStart:
    """Return what the start page shows to this account: only figures of lists that the account may open."""
    windows = _next_windows(now)
    day = windows[0].date if windows else None
    groups = list(user.groups.values_list("name", flat=True))
    calls, low = user.has_perm(_view_permission(Notification)), user.has_perm(_view_permission(Product))
    return StaffStart(
        now=now,
        day=day,
        days_ahead=(day - localdate(now)).days if day else 0,
        cards=_cards(windows, now) if user.has_perm(EVERY_ORDER) else [],
        works=_works([queue for queue in queues(day, now=now) if queue.is_shown_to(user)], groups),
        calls=_calls() if calls else [],
        calls_url=list_url(Notification, **CALLS) if calls else "",
        low=_low_products(windows) if low else [],
        low_url=list_url(Product, stock="low") if low else "",
    )


def list_url(model: type[Model], **query: str) -> str:
    """Return the address of the admin's list of a model with these filters."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(query)}" if query else address


def _view_permission(model: type[Model]) -> str:
    return f"{model._meta.app_label}.view_{model._meta.model_name}"


def _next_windows(now: datetime) -> list[DeliveryWindow]:
    """Return the windows of the next delivery day; today's count until the last of them has ended."""
    coming = DeliveryWindow.objects.filter(date__gte=localdate(now), is_open=True)[:MOST_WINDOWS]
    days = sorted({window.date for window in coming if window.ends_at > now})
    return [window for window in coming if days and window.date == days[0]]


def _cards(windows: list[DeliveryWindow], now: datetime) -> list[WindowCard]:
    orders = Order.objects.with_hold().filter(window__in=windows).values_list("window", "status").order_by()
    by_status = {(window, status): count for window, status, count in orders.annotate(count=Count("pk"))}
    waiting = WaitingEntry.objects.live().filter(window__in=windows).values_list("window").order_by()
    waits = dict(waiting.annotate(count=Count("pk")))
    policy = policy_on(windows[0].date) if windows else None
    return [
        WindowCard(
            window=window,
            closes_at=closes_at(window, policy),
            is_past_cutoff=closes_at(window, policy) < now,
            taken=_of_window(window, window.booked, "", "open"),
            figures=[
                _of_window(window, by_status.get((window.pk, "placed"), 0), _("to review"), "placed"),
                _of_window(window, by_status.get((window.pk, "confirmed"), 0), _("confirmed"), "confirmed"),
                Figure(
                    waits.get(window.pk, 0),
                    _("on the waiting list"),
                    list_url(WaitingEntry, window=str(window.pk), ended_at__isempty="1"),
                ),
            ],
        )
        for window in windows
        if policy
    ]


def _of_window(window: DeliveryWindow, count: int, noun: Any, status: str) -> Figure:
    return Figure(count, noun, list_url(Order, status=status, window=str(window.pk)))


def _works(shown: list[Queue], groups: list[str]) -> list[WorkOfGroup]:
    """Return what waits, the reader's own groups first; a queue without rows is left out."""
    found = {place: (count, since) for place, count, since in _count_all(shown) if count}
    works: dict[str, list[Work]] = {}
    for place, queue in enumerate(shown):
        if place in found:
            count, since = found[place]
            figure = Figure(count, queue.noun % {"count": count}, list_url(queue.rows.model, **queue.query))
            works.setdefault(queue.group, []).append(Work(figure, since))
    in_order = sorted(works, key=lambda group: group not in groups)
    return [WorkOfGroup(group, group in groups, works[group]) for group in in_order]


def _count_all(shown: list[Queue]) -> Iterable[tuple[int, int, datetime]]:
    """Return the place in the list, the number of rows and the time of the oldest, of each queue, by one query."""
    counts = [
        queue.rows.order_by()
        .annotate(place=Value(place, IntegerField()))
        .values_list("place")
        .annotate(count=Count("pk"), oldest=Min(queue.since))
        for place, queue in enumerate(shown)
    ]
    return counts[0].union(*counts[1:], all=True) if counts else []


def _calls() -> list[Call]:
    waiting = Notification.objects.calls_to_make().order_by("priority", "due_at")[:MOST_SHOWN]
    return [
        Call(
            number=call.recipient,
            about=call.kind.replace("_", " "),
            url=reverse("admin:notifications_notification_change", args=[call.pk]),
        )
        for call in waiting
    ]


def _low_products(windows: list[DeliveryWindow]) -> list[LowProduct]:
    of_the_day = Q(lines__order__window__in=windows, lines__order__status__in=WITH_HOLD)
    low = Product.objects.filter(IS_LOW, is_active=True).annotate(ordered=Sum("lines__quantity", filter=of_the_day))
    names = low.order_by("stock", "name").values_list("pk", "name", "stock", "ordered")
    return [
        LowProduct(name, stock, ordered or 0, reverse("admin:delivery_product_change", args=[pk]))
        for pk, name, stock, ordered in names[:MOST_SHOWN]
    ]
