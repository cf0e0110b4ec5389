"""What happened to an order, the newest first: its own times, its events, and the messages about it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit import names, words
from audit.models import Event
from audit.secret_columns import without_secrets
from delivery.models import Order
from delivery.presenters.staff.order_list import NOT_RECEIVED, window_of
from delivery.writes.messages import message_key
from notifications.models import Notification
from ui.templatetags.portal import long_date, near_moment

MOST_EVENTS = 30
MESSAGES = ("order_placed", "order_confirmed", "order_moved", "order_refused", "order_cancelled")
IN_WORDS = {
    "order.place": gettext_lazy("Placed"),
    "order.confirm": gettext_lazy("Confirmed"),
    "order.move": gettext_lazy("Moved to another window"),
    "order.change_lot": gettext_lazy("Taken from another lot"),
    "order.decline": gettext_lazy("Nobody can take it, says who ordered"),
    "order.cancelled": gettext_lazy("Cancelled"),
    "order.refused": gettext_lazy("Refused"),
    "order.lapsed": gettext_lazy("Lapsed"),
}


@dataclass(frozen=True)
class Moment:
    """A point of the timeline. `at` is None for what is going on now; `detail` says since when, or who and why."""

    at: datetime | None
    what: str | Promise
    detail: str
    number: str = ""  # of another order of the patient


def timeline_of(order: Order, *, now: datetime) -> list[Moment]:
    """Return the points, the newest first: what waits now, events, messages, and the order before this one."""
    events = _events_of(order)
    moments = [*_from_events(order, events), *_from_times(order, events), *_from_messages(order)]
    moments.sort(key=lambda moment: moment.at or now, reverse=True)
    return [*_now(order, now), *moments, *_order_before(order)]


def _now(order: Order, now: datetime) -> list[Moment]:
    if order.status != Order.Status.PLACED or order.placed_at is None:
        return []
    days = (timezone.localdate(now) - timezone.localdate(order.placed_at)).days
    since = _("since %(time)s") % {"time": near_moment(order.placed_at)}
    waited = ngettext("(%(days)d day)", "(%(days)d days)", days) % {"days": days} if days else ""
    return [Moment(None, _("Waits for a Pharmacist"), f"{since} {waited}".strip())]


def _events_of(order: Order) -> list[Event]:
    done = Event.objects.filter(subject_type=order._meta.label_lower, subject_id=order.pk, outcome=Event.Outcome.DONE)
    told = done.exclude(action__in=[*words.view_events(), "cart.set_line"])
    return list(told.order_by("-pk")[:MOST_EVENTS])


def _from_events(order: Order, events: list[Event]) -> list[Moment]:
    actors = names.actors_of({event.actor_id for event in events if event.actor_id is not None})
    moments = []
    for event in events:
        actor = actors.get(event.actor_id) if event.actor_id else None
        about = [near_moment(event.created_at), actor.name if actor else "", event.reason]
        what = IN_WORDS.get(event.action) or capfirst(words.sentence(event.action))
        if event.action == "order.place" and order.assisted_by_id:
            what = _("Placed by phone")
        moments.append(Moment(event.created_at, what, ", ".join(part for part in about if part)))
    return moments


def _from_times(order: Order, events: list[Event]) -> list[Moment]:
    """Return the order's own times that no event tells: those of orders that are older than the audit trail."""
    told = {event.action for event in events}
    times = {
        "order.place": order.placed_at,
        "order.confirm": order.confirmed_at,
        "order.decline": order.declined_at,
        f"order.{order.status}": order.ended_at,
    }
    return [
        Moment(at, IN_WORDS[action], near_moment(at))
        for action, at in times.items()
        if at is not None and action not in told and action in IN_WORDS
    ]


def _from_messages(order: Order) -> list[Moment]:
    keys = [message_key(order.pk, moves) for moves in range(order.moves + 1)]
    sent = Notification.objects.filter(dedupe_key__in=[f"{kind}:{key}" for kind in MESSAGES for key in keys])
    return [_message(row) for row in sent.defer("secret")]


def _message(row: Notification) -> Moment:
    is_call = row.channel == Notification.Channel.PHONE
    about = {"kind": row.kind.replace("_", " "), "status": row.get_status_display()}
    what = _("Call: %(kind)s, %(status)s") if is_call else _("Message: %(kind)s, %(status)s")
    at = row.sent_at or row.created_at
    return Moment(at, what % about, near_moment(at))


def _order_before(order: Order) -> list[Moment]:
    """Return the patient's last order for an earlier window that did not end undone, or nothing."""
    earlier = Order.objects.filter(patient=order.patient_id, window__date__lt=window_of(order).date)
    latest_first = earlier.exclude(status__in=NOT_RECEIVED).order_by("-window__date", "-pk")
    before = without_secrets(latest_first, joined=["window"]).first()
    if before is None:
        return []
    about = {"status": before.get_status_display().lower(), "day": long_date(window_of(before).date)}
    detail = _("%(status)s, for %(day)s") % about
    return [Moment(None, _("The order before"), detail, number=before.number or "")]
