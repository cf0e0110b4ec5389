"""The staff's start page: the next delivery day and the last one, and what waits for whom and since when."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, Count, IntegerField, Min, Model, Q, QuerySet, Sum, Value
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import ngettext_lazy

from accounts.models import Decision, MFAReset, Physician, PhysicianApplication, Proof, User
from accounts.rules import LAPSED, with_lapses
from certification.models import Certification, Patient, PatientRequest
from delivery.models import DeliveryWindow, HandOver, ItemReport, Lot, Order, Product, ReturnedItem, Run, WaitingEntry
from delivery.models.product_texts import full_name
from delivery.models.questions import ENDS_BEFORE_DELIVERY, IS_LOW, OPEN
from dispensing.models import Destruction, RecalledPerson, ReportAnswer, ReportFile, ReportRecord
from notifications.models import Notification, TextReceived
from notifications.presenters import outbox
from notifications.presenters.outbox import ANY_CAUSE, FAILED
from notifications.rules import late_since
from pages.models import ContactMessage
from pages.start_days import (
    Figure,
    LastDay,
    RunRow,
    WindowCard,
    cards,
    last_day,
    list_url,
    next_windows,
    order_counts,
    runs,
)

MOST_SHOWN = 5  # calls and products; a link leads to the others
LATE_DAYS = 3  # what has waited for longer is marked
ORDERS = "delivery.view_order"
CHANGE_MESSAGES = "notifications.change_notification"  # who may send a message again, or cancel it
ANYBODY = "Anybody"
CALLS = {"status__exact": Notification.Status.QUEUED, "channel__exact": Notification.Channel.PHONE}


@dataclass(frozen=True)
class Work:
    """Rows that wait for staff of one group, since when the oldest of them waits, and what the page offers to do.

    `late_days` is for how many days, when that is too long, or 0.
    """

    figure: Figure
    since: datetime
    late_days: int = 0
    button: str = ""


@dataclass(frozen=True)
class WorkOfGroup:
    """The work that waits for one group of staff."""

    group: str
    is_readers_own: bool
    works: list[Work]


@dataclass(frozen=True)
class Call:
    """A call to make: the phone number, the kind of message, and the page on which it is entered.

    `person` is whom it is about, where the reader may see that name on another page, or "".
    """

    number: str
    about: str
    url: str
    person: str = ""


@dataclass(frozen=True)
class LowProduct:
    """A product of which few are left; `ordered` is how many the orders of the next delivery day take."""

    name: str
    stock: int
    ordered: int
    url: str
    orders_url: str


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
    runs: list[RunRow]
    runs_url: str  # of the list, for whoever plans them
    last: LastDay | None
    primary: Work | None  # the first work of the reader's own groups that has a button


@dataclass(frozen=True)
class Queue:
    """Rows that wait for staff of a group, the column that says since when, and the filters of the list with them.

    Staff of the groups in `also` do it as well, and find it among their own.
    """

    group: str
    noun: Any
    rows: QuerySet[Any]
    since: str
    query: Mapping[str, str]
    permission: str = ""  # "" for the one to view the model
    button: Any = None
    also: tuple[str, ...] = ()

    def group_for(self, groups: Collection[str]) -> str:
        """Return under which group somebody of these groups finds it."""
        own = [group for group in (self.group, *self.also) if group in groups]
        return own[0] if own else self.group

    def is_shown_to(self, user: User) -> bool:
        return user.has_perm(self.permission or _view_permission(self.rows.model))


def queues(day: date | None, *, now: datetime) -> list[Queue]:
    """Return what waits for staff, the most urgent first; `day` is the next delivery day."""
    orders, status = Order.objects.all(), Order.Status
    pending, unanswered = {"status__exact": Decision.PENDING}, {"answered_at__isempty": "1"}
    confirmed = orders.filter(status=status.CONFIRMED, window__date=day) if day else orders.none()
    return [
        Queue("Pharmacist",
              ngettext_lazy("person to reach about a recall", "people to reach about a recall", "count"),
              RecalledPerson.objects.waiting().of_open_recalls(), "told_at", {},
              button=ngettext_lazy("Reach %(count)d person", "Reach %(count)d people", "count")),
        Queue("Pharmacist",
              ngettext_lazy("unit not reported in time", "units not reported in time", "count"),
              ReportRecord.objects.late(now), "happened_at", {"todo": "late"},
              button=ngettext_lazy("Report %(count)d unit", "Report %(count)d units", "count")),
        Queue("Pharmacist",
              ngettext_lazy("unit in error in the report", "units in error in the report", "count"),
              ReportRecord.objects.to_correct(), "happened_at", {"todo": "correct"},
              button=ngettext_lazy("Correct %(count)d report", "Correct %(count)d reports", "count")),
        Queue("Pharmacist",
              ngettext_lazy("monitoring report to hand in", "monitoring reports to hand in", "count"),
              ReportFile.objects.to_hand_in(), "made_at", {"status__exact": ReportFile.Status.MADE},
              button=ngettext_lazy("Hand in %(count)d report", "Hand in %(count)d reports", "count")),
        Queue("Pharmacist",
              ngettext_lazy("answer to the monitoring report to look at",
                            "answers to the monitoring report to look at", "count"),
              ReportAnswer.objects.to_read(), "received_at", {"todo": "read"}),
        Queue("Pharmacist", ngettext_lazy("order to review", "orders to review", "count"),
              orders.filter(status=status.PLACED), "placed_at", {"status": status.PLACED}, ORDERS,
              ngettext_lazy("Review %(count)d order", "Review %(count)d orders", "count")),
        Queue("Pharmacist",
              ngettext_lazy("order after its certification ends", "orders after their certification ends", "count"),
              orders.before_departure().filter(ENDS_BEFORE_DELIVERY, window__date__gte=localdate()), "placed_at",
              {"status": "ends-before"}, ORDERS),
        Queue("Pharmacist", ngettext_lazy("report of a wrong item", "reports of wrong items", "count"),
              ItemReport.objects.waiting(), "created_at", {},
              button=ngettext_lazy("Answer %(count)d report", "Answer %(count)d reports", "count")),
        Queue("Pharmacist",
              ngettext_lazy("returned item for a second person", "returned items for a second person", "count"),
              ReturnedItem.objects.waiting(), "taken_in_at", {},
              button=ngettext_lazy("Decide about %(count)d item", "Decide about %(count)d items", "count")),
        Queue("Pharmacist", ngettext_lazy("destruction for a witness", "destructions for a witness", "count"),
              Destruction.objects.waiting(), "proposed_at", {"state": "waiting"}),
        Queue("Technician", ngettext_lazy("returned order to take in", "returned orders to take in", "count"),
              orders.filter(status=status.RETURNED, taken_in_at__isnull=True), "ended_at",
              {"status": status.RETURNED, "taken_in_at__isempty": "1"}, ORDERS,
              ngettext_lazy("Take in %(count)d order", "Take in %(count)d orders", "count")),
        Queue("Technician", ngettext_lazy("confirmed order to pack", "confirmed orders to pack", "count"),
              confirmed, "confirmed_at", {"status": status.CONFIRMED, "window__date": str(day)}, ORDERS,
              ngettext_lazy("Pack %(count)d order", "Pack %(count)d orders", "count")),
        Queue("Technician", ngettext_lazy("lot without its details", "lots without their details", "count"),
              Lot.objects.without_details(), "created_at", {"lots": "missing"},
              button=ngettext_lazy("Describe %(count)d lot", "Describe %(count)d lots", "count")),
        Queue("Registrar", ngettext_lazy("application", "applications", "count"),
              PhysicianApplication.objects.filter(status=Decision.PENDING), "created_at", pending,
              button=ngettext_lazy("Verify %(count)d application", "Verify %(count)d applications", "count")),
        Queue("Registrar", ngettext_lazy("proof to verify", "proofs to verify", "count"),
              Proof.objects.filter(status=Decision.PENDING, physician__isnull=False), "entered_at", pending),
        Queue("Registrar",
              ngettext_lazy("physician with a registration that has ended",
                            "physicians with a registration that has ended", "count"),
              with_lapses(Physician.objects.all(), today=localdate(now)), "lapsed_at", {LAPSED: "1"}),
        Queue("Registrar",
              ngettext_lazy("request to a physician who has left", "requests to physicians who have left", "count"),
              PatientRequest.objects.filter(answered_at__isnull=True, physician__status="left"), "created_at",
              {**unanswered, "physician__status__exact": "left"}),
        Queue("Manager", ngettext_lazy("lost phone", "lost phones", "count"),
              MFAReset.objects.filter(status=MFAReset.Status.WAITING), "asked_at",
              {"status__exact": MFAReset.Status.WAITING}, also=("Registrar",)),
        Queue("Manager", ngettext_lazy("message to answer", "messages to answer", "count"),
              ContactMessage.objects.filter(answered_at__isnull=True), "created_at", unanswered,
              button=ngettext_lazy("Answer %(count)d message", "Answer %(count)d messages", "count")),
        Queue(ANYBODY, ngettext_lazy("message that failed", "messages that failed", "count"),
              Notification.objects.failed_since(outbox.failures_count_from(now)), "created_at",
              {FAILED: ANY_CAUSE}, CHANGE_MESSAGES),
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


def staff_start(user: User, groups: Collection[str], *, now: datetime) -> StaffStart:
    """Return what the start page shows to an account of these groups: only figures of lists that it may open."""
    windows = next_windows(now)
    day = windows[0].date if windows else None
    sees_orders = user.has_perm(ORDERS)
    shown = [queue for queue in queues(day, now=now) if queue.is_shown_to(user)]
    rows: list[tuple[QuerySet[Any], str]] = [(queue.rows, queue.since) for queue in shown]
    waiting = windows if sees_orders else []
    rows += [(WaitingEntry.objects.live().filter(window=window), "created_at") for window in waiting]
    found = _count_all(rows)
    waits = {window.pk: found[at][0] for at, window in enumerate(waiting, start=len(shown)) if at in found}
    works = _works(shown, found, groups, now)
    own = [work for group in works if group.is_readers_own for work in group.works if work.button]
    counts = order_counts(windows, now) if sees_orders else []
    calls, low = user.has_perm(_view_permission(Notification)), user.has_perm(_view_permission(Product))
    return StaffStart(
        now=now,
        day=day,
        days_ahead=(day - localdate(now)).days if day else 0,
        cards=cards(windows, counts, waits, now) if sees_orders else [],
        works=works,
        calls=_calls(user) if calls else [],
        calls_url=list_url(Notification, **CALLS) if calls else "",
        low=_low_products(windows) if low else [],
        low_url=list_url(Product, stock="low") if low else "",
        runs=runs(windows, counts, now) if user.has_perm(_view_permission(Run)) else [],
        runs_url=list_url(Run) if user.has_perm("delivery.change_run") else "",
        last=last_day(windows, counts, sees_hand_overs=user.has_perm(_view_permission(HandOver))),
        primary=own[0] if own else None,
    )


def works_of_reader(user: User, groups: Iterable[str], *, now: datetime) -> list[Work]:
    """Return what waits for these groups of the account, and for anybody, as far as the account may open it."""
    windows = next_windows(now)
    own = list(groups)
    wanted = {*own, ANYBODY}
    shown = [queue for queue in queues(windows[0].date if windows else None, now=now) if queue.group_for(own) in wanted]
    shown = [queue for queue in shown if queue.is_shown_to(user)]
    works = _works(shown, _count_all([(queue.rows, queue.since) for queue in shown]), own, now)
    return [work for of_group in works for work in of_group.works]


def _view_permission(model: type[Model]) -> str:
    return f"{model._meta.app_label}.view_{model._meta.model_name}"


def _works(
    shown: list[Queue], found: Mapping[int, tuple[int, datetime]], groups: Collection[str], now: datetime
) -> list[WorkOfGroup]:
    """Return what waits, the reader's own groups first; a queue without rows is left out."""
    works: dict[str, list[Work]] = {}
    for place, queue in enumerate(shown):
        if place in found:
            works.setdefault(queue.group_for(groups), []).append(_work(queue, *found[place], now))
    in_order = sorted(works, key=lambda group: group not in groups)
    return [WorkOfGroup(group, group in groups, works[group]) for group in in_order]


def _work(queue: Queue, count: int, since: datetime, now: datetime) -> Work:
    words = {"count": count}
    days = (localdate(now) - localdate(since)).days
    return Work(
        figure=Figure(count, queue.noun % words, list_url(queue.rows.model, **queue.query)),
        since=since,
        late_days=days if days > LATE_DAYS else 0,
        button=str(queue.button % words) if queue.button else "",
    )


def _count_all(rows: list[tuple[QuerySet[Any], str]]) -> dict[int, tuple[int, datetime]]:
    """Return the number of rows and the oldest time of each that has rows, by its place, with one query for all."""
    counts = [
        found.order_by()
        .annotate(queue_place=Value(place, IntegerField()))
        .values_list("queue_place")
        .annotate(count=Count("pk"), oldest=Min(since))
        for place, (found, since) in enumerate(rows)
    ]
    found = counts[0].union(*counts[1:], all=True) if counts else []
    return {place: (count, since) for place, count, since in found if count}


def _calls(user: User) -> list[Call]:
    waiting = list(Notification.objects.calls_to_make().order_by("priority", "due_at")[:MOST_SHOWN])
    people = _people(waiting, user)
    return [
        Call(
            number=call.recipient,
            about=call.kind.replace("_", " "),
            url=reverse("admin:notifications_notification_change", args=[call.pk]),
            person=next((people[key] for key in call.context.items() if key in people), ""),
        )
        for call in waiting
    ]


def _people(calls: list[Notification], user: User) -> dict[tuple[str, Any], str]:
    """Return the names of the patients whom the calls are about, by key and id of their context, by one query.

    Only rows count whose page shows that name to this account.
    """
    sources = [
        ("order", Order, "patient__", ORDERS),
        ("certification", Certification, "patient__", "certification.view_certification"),
        ("patient", Patient, "", "certification.view_patient"),
    ]
    named: list[QuerySet[Any, Any]] = []
    for key, model, path, permission in sources:
        pks = [call.context[key] for call in calls if key in call.context]
        if pks and user.has_perm(permission):
            rows = model._base_manager.filter(pk__in=pks).order_by().annotate(key=Value(key, CharField()))
            named.append(rows.values_list("key", "pk", f"{path}first_name", f"{path}last_name"))
    found = named[0].union(*named[1:], all=True) if named else []
    return {(key, pk): f"{first} {last}" for key, pk, first, last in found}


def _low_products(windows: list[DeliveryWindow]) -> list[LowProduct]:
    of_the_day = Q(lines__order__window__in=windows, lines__order__status__in=OPEN)
    low = Product.objects.filter(IS_LOW, is_active=True).annotate(ordered=Sum("lines__quantity", filter=of_the_day))
    names = low.order_by("stock", "name").values_list("pk", "name", "detail", "stock", "ordered")
    of_day = {"window__date": str(windows[0].date)} if windows else {}
    return [
        LowProduct(
            name=full_name(name, detail),
            stock=stock,
            ordered=ordered or 0,
            url=reverse("admin:delivery_product_change", args=[pk]),
            orders_url=list_url(Order, status="open", lines__product=str(pk), **of_day),
        )
        for pk, name, detail, stock, ordered in names[:MOST_SHOWN]
    ]
