"""Whether orders agree with their lines, places and stock, and mails with the outbox, after everything."""

from collections import Counter
from datetime import UTC, datetime

from django.db.models import Sum
from django.utils import timezone

from delivery import rules
from delivery.models import DeliveryWindow, Order, StockMovement
from delivery.tasks import check_counts
from notifications.emails import message_id_for
from notifications.models import Notification
from rehearsal.load import Ledger
from rehearsal.post import Post
from tests.guard import unguarded

UNFINISHED = (Notification.Status.QUEUED, Notification.Status.SENDING)


def half_orders() -> list[str]:
    """Return in words which orders, products and windows do not agree; an empty list when all do."""
    wrong = [f"stock of {product.sku}" for product in rules.stock_mismatches()]
    wrong += [f"places of {window.code}" for window in rules.window_mismatches()]
    for order in Order.objects.placed().prefetch_related("lines"):
        lines = list(order.lines.all())
        of_lines = (sum(line.total_cents for line in lines), sum(line.amount_mg * line.quantity for line in lines))
        if not lines or of_lines != (order.subtotal_cents, order.amount_mg):
            wrong.append(f"order {order.number} and its lines")
        taken = StockMovement.objects.filter(order=order).aggregate(Sum("quantity"))["quantity__sum"] or 0
        held = -sum(line.quantity for line in lines) if order.counts else 0
        if taken != held:
            wrong.append(f"order {order.number} and the stock it took")
    if check_counts():
        wrong.append("the nightly count")
    return wrong


def orders_not_as_answered(ledger: Ledger) -> list[str]:
    """Return in words which answers name no order, which key made two orders, and which orders no answer named."""
    answered = {order_try.key: order_try.number for order_try in ledger.order_tries if order_try.number}
    sent = {order_try.key for order_try in ledger.order_tries}
    made = list(Order.objects.placed().filter(idempotency_key__in=sent).values_list("idempotency_key", "number"))
    wrong = [
        f"{number} was in an answer and does not exist" for key, number in answered.items() if (key, number) not in made
    ]
    wrong += [f"{key} made {count} orders" for key, count in Counter(key for key, _ in made).items() if count > 1]
    return wrong + [f"{number} exists and was in no answer" for key, number in made if key not in answered]


def unfinished(*, until: float | None = None, but_in_hand: bool = False) -> int:
    """Return how many messages wait to be sent or are claimed by a worker (these not with `but_in_hand`).

    With `until` (time.time()) only messages count that were written by then.
    """
    states = UNFINISHED[:1] if but_in_hand else UNFINISHED
    waiting = Notification.objects.filter(channel=Notification.Channel.EMAIL, status__in=states)
    written = {"created_at__lte": datetime.fromtimestamp(until, UTC)} if until else {}
    return waiting.filter(due_at__lte=timezone.now(), **written).count()


def cut_leases_short() -> int:
    """End the leases of messages that a killed worker had claimed, so that they are sent now; return how many."""
    with unguarded():
        abandoned = Notification.objects.filter(status=Notification.Status.SENDING)
        later = Notification.objects.filter(status=Notification.Status.QUEUED, due_at__gt=timezone.now())
        return abandoned.update(lease_until=timezone.now()) + later.update(due_at=timezone.now())


def mails_of(post: Post) -> dict[str, list]:
    """Return the mails that are wrong, and those that a killed worker had sent and not marked.

    `lost`: never sent, or marked as sent and never arrived. `unexpected`: arrived and not in the outbox. `doubled`:
    orders with two messages. `again`: arrived twice. `outdated`: arrived, and later marked as no longer true.
    """
    arrived = post.counts()
    rows = Notification.objects.filter(channel=Notification.Channel.EMAIL)
    sent = _message_ids(rows.filter(status=Notification.Status.SENT))
    cancelled = _message_ids(
        rows.filter(status=Notification.Status.CANCELLED)
    )  # no longer true when they were to be sent
    open_rows = rows.exclude(status__in=[Notification.Status.SENT, Notification.Status.CANCELLED])
    ours = {message_id for message_id in arrived if message_id.startswith("<notification-")}
    placed = rows.filter(kind="order_placed").values_list("context__order", flat=True)
    return {
        "lost": [f"{row.kind} {row.status}" for row in open_rows] + sorted(sent - set(arrived)),
        "unexpected": sorted(ours - sent - cancelled),
        "doubled": [order for order, count in Counter(placed).items() if count > 1],
        "again": sorted(message_id for message_id, count in arrived.items() if count > 1),
        "outdated": sorted(message_id for message_id in ours & cancelled if arrived[message_id] == 1),
    }


def _message_ids(rows) -> set[str]:
    return {message_id_for(row) for row in rows.only("pk")}


def doubled_by_two_beats() -> list[str]:
    """Return in words which reminders and windows exist twice; an empty list when none does."""
    reminders = Notification.objects.filter(kind="renewal_reminder")
    reminded = Counter(reminders.values_list("recipient", "context__certification", "context__reminder"))
    windows = Counter(DeliveryWindow.objects.values_list("date", "starts"))
    found = [f"reminder to {key[0]}" for key, count in reminded.items() if count > 1]
    found += [f"window of {key[0]}" for key, count in windows.items() if count > 1]
    return found if reminded else ["no reminder was due, so nothing was tried"]
