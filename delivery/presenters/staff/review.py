"""The page of one order for staff: who receives it, the evidence, what to pack, and what happened."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from audit.secret_columns import without_secrets
from certification.models import Certification
from certification.presenters.told import told_by
from delivery import rules
from delivery.models import Order, OrderLine, Product, StockMovement
from delivery.presenters.staff.evidence import Evidence, Facts, Sight, evidence_of
from delivery.presenters.staff.order_list import flags_of, known_of, window_of
from delivery.presenters.staff.receivers import (
    KNOW,
    Flag,
    Receiver,
    StatusInWords,
    open_assignments,
    receiver_of,
    status_in_words,
)
from delivery.presenters.staff.timeline import Moment, timeline_of
from delivery.writes.messages import is_told_by_phone

MOST_TOLD = 3  # self-assessments beside an order
MOST_WAITING = 500  # orders to review among which the next is looked for
LISTED = ("reserved", "released", "sold", "returned")  # movements that say from which lot an order takes


@dataclass(frozen=True)
class PackLine:
    """A line to pack, with the lots it comes from; empty before the order is confirmed."""

    name: str
    details: str
    lots: str
    amount_mg: int
    quantity: int
    total_cents: int


@dataclass(frozen=True)
class Place:
    """Where the order stands among those of its window that wait for a review, and the key of the next one."""

    number: int  # 0 for an order that waits no more
    of: int
    next_pk: int | None


@dataclass(frozen=True)
class OrderReview:
    order: Order
    now: datetime
    status: StatusInWords
    receiver: Receiver
    flags: tuple[Flag, ...]
    evidence: list[Evidence]
    lines: list[PackLine]
    quantity: int
    timeline: list[Moment]
    place: Place
    is_told_by_phone: bool
    shows_told: bool  # whether a self-assessment of the patient is shown
    has_evidence: bool  # more than what the door and the bag need


def order_review(order: Order, *, sight: Sight, now: datetime) -> OrderReview:
    """Return the page. The order comes with window, patient, policy, certification and the accounts that placed it."""
    day = window_of(order).date
    assignment = open_assignments([order.patient_id]).get(order.patient_id)
    receiver = receiver_of(order.patient, assignment, day=day)
    lines = list(order.lines.select_related("product"))
    lots = _lots_of(order)
    same_stop = without_secrets(rules.orders_of_same_stop(order), joined=["patient"])
    same_door = list(same_stop) if order.is_open else []
    certification = _certification_on(order, day, sight)
    facts = Facts(
        order=order,
        lines=lines,
        held={product: sum(taken for _lot, taken in pairs) for product, pairs in lots.items()},
        certification=certification,
        assignment=assignment,
        receiver=receiver,
        last_review=_last_review(order) if sight.certification else None,
        left_before_mg=_left_before(order, certification, day) if sight.allotment else 0,
        same_door=same_door,
        was_short=_was_short(order),
        told=told_by(order.patient, most=MOST_TOLD, with_words=sight.assessment_words) if sight.assessments else [],
    )
    return OrderReview(
        order=order,
        now=now,
        status=status_in_words(order),
        receiver=receiver,
        flags=_flags(order, same_door, sight),
        evidence=evidence_of(facts, sight),
        lines=[_pack_line(line, lots.get(line.product_id, [])) for line in lines],
        quantity=sum(line.quantity for line in lines),
        timeline=timeline_of(order, now=now),
        place=_place_of(order),
        is_told_by_phone=is_told_by_phone(order),
        shows_told=bool(facts.told),
        has_evidence=sight.certification or sight.allotment,
    )


def _certification_on(order: Order, day: date, sight: Sight) -> Certification | None:
    if not (sight.certification or sight.allotment):
        return None
    valid: QuerySet[Certification] = Certification.objects.valid_on(day).filter(patient=order.patient_id)
    shown = ["directions"] if sight.directions else []
    return without_secrets(valid, joined=["physician"], shown=shown).first()


def _was_short(order: Order) -> bool:
    """Return whether a shortage may be why the total is below the minimum; nothing is asked of an order above it."""
    assert order.policy is not None  # anything but a cart has one
    return order.subtotal_cents < order.policy.minimum_cents and order.shortages.exists()


def _left_before(order: Order, certification: Certification | None, day: date) -> int:
    assert order.policy is not None  # anything but a cart has one
    return rules.allotment_left_mg(
        patient=order.patient,
        day=day,
        certification=certification,
        days=order.policy.allotment_days,
        without=order,
    )


def _last_review(order: Order) -> date | None:
    reviewed = Order.objects.filter(patient=order.patient_id, monitoring_reviewed_date__isnull=False)
    dates = reviewed.exclude(pk=order.pk).order_by("-monitoring_reviewed_date")
    return dates.values_list("monitoring_reviewed_date", flat=True).first()


def _lots_of(order: Order) -> dict[int, list[tuple[str, int]]]:
    """Return by product id from which lots the order takes how many; the lot "" is one that is not chosen yet."""
    moved = StockMovement.objects.filter(order=order, kind__in=LISTED).order_by()
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for product, lot, total in moved.values_list("product", "lot").annotate(total=Sum("quantity")):
        if total < 0:
            found[product].append((lot, -total))
    return {product: sorted(pairs) for product, pairs in found.items()}


def _pack_line(line: OrderLine, lots: list[tuple[str, int]]) -> PackLine:
    named = [(lot, quantity) for lot, quantity in lots if lot]
    return PackLine(
        name=line.product.full_name,
        details=_details(line.product),
        lots=named[0][0] if len(named) == 1 else ", ".join(f"{lot} × {quantity}" for lot, quantity in named),
        amount_mg=line.total_mg,
        quantity=line.quantity,
        total_cents=line.total_cents,
    )


def _details(product: Product) -> str:
    words = {"form": product.get_form_display(), "thc": product.thc_mg, "cbd": product.cbd_mg}
    return _("%(form)s, %(thc)d mg THC, %(cbd)d mg CBD") % words


def _flags(order: Order, same_door: list[Order], sight: Sight) -> tuple[Flag, ...]:
    known = known_of([order], shows_allotment=sight.allotment)
    flags = flags_of(order, known)
    more = [Flag(_("%(count)d orders to this door") % {"count": len(same_door) + 1}, KNOW)] if same_door else []
    return (*flags, *more)


def _place_of(order: Order) -> Place:
    """Return the order's place; orders stand as in the list, by window and then by the time they were placed."""
    waiting = Order.objects.filter(status=Order.Status.PLACED).order_by(
        "window__date", "window__starts", "placed_at", "pk"
    )
    pairs = list(waiting.values_list("pk", "window")[:MOST_WAITING])
    keys = [pk for pk, _window in pairs]
    if order.pk not in keys:
        return Place(0, 0, keys[0] if keys else None)
    of_window = [pk for pk, window in pairs if window == order.window_id]
    following = keys[keys.index(order.pk) + 1 :] or [pk for pk in keys if pk != order.pk]
    return Place(of_window.index(order.pk) + 1, len(of_window), following[0] if following else None)
