"""The driver's pages: the own open runs, and the sheet of one run. No page of a driver names a product."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.models import User
from certification.models import Caregiver, Certification, Patient, PatientToday
from certification.rules import is_guarded
from delivery import rules
from delivery.models import DeliveryWindow, DoorAttempt, HandOver, IdDifference, Order, OrderLine, Run

MAPS = "https://www.google.com/maps/search/?"
S = Order.Status


@dataclass(frozen=True)
class RunRow:
    """An open run of the driver: how many orders it has, and how many of them are done."""

    run: Run
    orders: int
    done: int
    is_today: bool


@dataclass(frozen=True)
class Receiver:
    """A person who may take the order, as `HandOver.ReceivedBy` calls them, with what their card and photo ID say."""

    value: str
    name: str
    birth_date: date
    card_number: str

    @property
    def label(self) -> str:
        return f"{self.name} ({HandOver.ReceivedBy(self.value).label.lower()})"


@dataclass(frozen=True)
class Stop:
    """An order on the sheet. `refusal` says why it must not be delivered, or is empty.

    `place` is the number of its door in the run, from 1, and `same_door` whether the order before it goes to that door
    too. `before` is when nobody was home last. `recalled` are sentences about what must stay in the bag;
    `is_recalled` is whether all of it must.
    """

    order: Order
    place: int
    receivers: list[Receiver]
    for_patient: str
    refusal: str
    valid_through: date | None
    lines: list[OrderLine]
    standing: list[IdDifference]
    before: datetime | None
    same_door: bool
    recalled: list[str] = field(default_factory=list)
    is_recalled: bool = False

    @property
    def items(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def name(self) -> str:
        return self.receivers[0].name if self.receivers else self.order.patient.name

    @property
    def differences(self) -> list[IdDifference]:
        """The last difference of a photo ID for each receiver that has one, decided or not."""
        found = (rules.difference_of(self.standing, receiver.value) for receiver in self.receivers)
        return [each for each in found if each is not None]

    @property
    def planned_at(self) -> datetime | None:
        """Return when the driver is expected at the door, or None for a run without planned times."""
        return getattr(self.order, "planned_at", None)

    @property
    def expected_by(self) -> datetime:
        return rules.expected_by(self.order, self._window)

    @property
    def late_from(self) -> datetime:
        """Return from when on the driver is late while this is the next stop."""
        return rules.late_from(self.order, self._window)

    @property
    def _window(self) -> DeliveryWindow:
        assert self.order.run  # it stands on the sheet of its run
        return self.order.run.window

    @property
    def map_url(self) -> str:
        return MAPS + urlencode({"api": 1, "query": f"{self.order.street}, {self.order.town}"})

    @property
    def is_at_hand(self) -> bool:
        return self.order.status == S.OUT_FOR_DELIVERY

    @property
    def is_done(self) -> bool:
        return self.order.status in (S.DELIVERED, S.RETURNED)

    @property
    def hand_over(self) -> HandOver | None:
        return getattr(self.order, "hand_over", None)


@dataclass(frozen=True)
class RunSheet:
    """The sheet of a run: the stop at hand, those that come next, those that have not left, and the last done first."""

    run: Run
    current: Stop | None
    next: list[Stop]
    not_left: list[Stop]
    done: list[Stop]

    @property
    def stops(self) -> list[Stop]:
        return [*([self.current] if self.current else []), *self.next, *self.not_left, *self.done]

    @property
    def total(self) -> int:
        return len(self.stops)

    @property
    def doors(self) -> int:
        """Return how many doors the run has."""
        return len({stop.place for stop in self.stops})

    @property
    def done_doors(self) -> int:
        """Return at how many doors every order is done."""
        return self.doors - len({stop.place for stop in self.stops if not stop.is_done})

    @property
    def at_hand(self) -> list[Stop]:
        """Return the orders that are with the driver, in the order of the run."""
        with_driver = [stop for stop in self.stops if stop.is_at_hand]
        return sorted(with_driver, key=lambda stop: stop.order.position or 0)

    def minutes_late(self, *, now: datetime) -> int | None:
        """Return by how many minutes the driver is late, 0 for on time; None when no stop is still to come."""
        with_driver = self.at_hand
        return rules.minutes_late(with_driver[0].order, self.run.window, now=now) if with_driver else None

    @property
    def can_leave(self) -> bool:
        """Return whether a packed order waits to leave with the driver."""
        return any(stop.order.status == S.PACKED for stop in self.not_left)


def runs_of(driver: User, *, today: date) -> list[RunRow]:
    """Return the driver's open runs, today's first, then the others by day."""
    done = Q(orders__status__in=(S.DELIVERED, S.RETURNED))
    runs = Run.objects.open().driven_by(driver).select_related("window")
    counted = runs.annotate(all_orders=Count("orders"), done_orders=Count("orders", filter=done))
    rows = [RunRow(run, run.all_orders, run.done_orders, run.window.date == today) for run in counted]
    return sorted(rows, key=lambda row: not row.is_today)


def run_sheet(run: Run, *, today: date, chosen: str = "") -> RunSheet:
    """Return the sheet of a run; `chosen` is the number of the order whose card is open, by default the next one."""
    stops = list(_stops(run, today))
    at_hand = [stop for stop in stops if stop.is_at_hand]
    current = next((stop for stop in at_hand if stop.order.number == chosen), at_hand[0] if at_hand else None)
    return RunSheet(
        run=run,
        current=current,
        next=[stop for stop in at_hand if stop is not current],
        not_left=[stop for stop in stops if not stop.is_at_hand and not stop.is_done],
        done=sorted((stop for stop in stops if stop.is_done), key=_ended, reverse=True),
    )


def _ended(stop: Stop) -> datetime:
    assert stop.order.ended_at
    return stop.order.ended_at


@dataclass
class OrderWithCard:
    """An order with its lines and the differences of its photo IDs that stand."""

    order: Order
    lines: dict[int, OrderLine]
    differences: dict[int, IdDifference]


def _stops(run: Run, today: date) -> Iterable[Stop]:
    return stops_on(with_cards(run.orders.order_by("position")), day=max(today, run.window.date))


def stops_on(orders: Sequence[OrderWithCard], *, day: date) -> Iterable[Stop]:
    """Yield a stop for each of the orders as they are on this day, numbered by door; their people are read at once."""
    people, place, before = _people_of([each.order for each in orders]), 0, None
    recalled = _recalled_of(orders)
    for each in orders:
        person, door = people[each.order.patient_id], rules.door_key(each.order)
        each.order.patient = person.patient
        place += door != before
        stop = _stop(each, person, day, place, same_door=door == before)
        yield _without_recalled(stop, recalled.get(each.order.pk, []))
        before = door


def with_cards(orders: QuerySet[Order]) -> list[OrderWithCard]:
    """Return the orders with all that their cards show, in one query."""
    joins: dict[str, Any] = {
        "joined_line": FilteredRelation("lines"),
        "joined_difference": FilteredRelation("id_differences", condition=Q(id_differences__withdrawn_at=None)),
    }
    tried = DoorAttempt.objects.filter(order=OuterRef("pk")).order_by("-stated_at").values("stated_at")[:1]
    rows: Any = orders.annotate(**joins, tried_at=Subquery(tried), has_recalled=rules.holds_recalled())
    found: dict[int, OrderWithCard] = {}
    for row in rows.select_related("hand_over", "run__window", "run__driver", *joins).defer("joined_difference__words"):
        joined = found.setdefault(row.pk, OrderWithCard(row, {}, {}))
        for of_order, each in ((joined.lines, "joined_line"), (joined.differences, "joined_difference")):
            if (part := getattr(row, each, None)) is not None:
                of_order[part.pk] = part
    return list(found.values())


def _recalled_of(orders: Sequence[OrderWithCard]) -> dict[int, list[rules.RecalledItems]]:
    holding = [each.order for each in orders if getattr(each.order, "has_recalled", False) and each.order.has_hold]
    return rules.recalled_items(holding) if holding else {}


def _without_recalled(stop: Stop, items: list[rules.RecalledItems]) -> Stop:
    """Return the stop with what must not be delivered: all of it, or what the driver keeps of each line."""
    if not items or stop.refusal:
        return stop
    if sum(each.quantity for each in items) == stop.items:
        return replace(stop, refusal=_("Do not deliver: all of it was recalled"), is_recalled=True)
    place_of = {line.product_id: place for place, line in enumerate(stop.lines, start=1)}
    words = [rules.keep_recalled(place_of[each.product_id], each.lot, each.quantity) for each in items]
    return replace(stop, recalled=words)


def _people_of(orders: Sequence[Order]) -> dict[int, PatientToday]:
    patients = Patient.objects.filter(pk__in=[order.patient_id for order in orders])
    return {each.patient.pk: each for each in patients.read_today()}


def _stop(joined: OrderWithCard, person: PatientToday, day: date, place: int, *, same_door: bool) -> Stop:
    certification = person.certification
    is_valid = certification is not None and certification.is_valid_on(day)
    guarded = is_guarded(person.patient, today=day)
    return Stop(
        order=joined.order,
        place=place,
        receivers=_receivers(person, guarded=guarded),
        for_patient=person.patient.name if guarded else "",
        refusal="" if is_valid else _refusal(certification),
        valid_through=certification.valid_through if certification and is_valid else None,
        lines=[line for _pk, line in sorted(joined.lines.items())],
        standing=list(joined.differences.values()),
        before=getattr(joined.order, "tried_at", None),
        same_door=same_door,
    )


def _refusal(certification: Certification | None) -> str:
    if certification is None:
        return _("Do not deliver: the certification ended")
    return _("Do not deliver: the card is not valid today")


def _receivers(person: PatientToday, *, guarded: bool) -> list[Receiver]:
    """Return who may take the order: the patient first, or the caregiver alone where a guardian decides."""
    found = [] if guarded else [_receiver(HandOver.ReceivedBy.PATIENT, person.patient)]
    if person.assignment is not None and person.assignment.affirmed_at is not None:
        found.append(_receiver(HandOver.ReceivedBy.CAREGIVER, person.assignment.caregiver))
    return found


def _receiver(value: str, person: Patient | Caregiver) -> Receiver:
    return Receiver(value, person.name, person.birth_date, person.number)
