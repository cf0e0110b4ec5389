"""The home of a patient or caregiver: each patient with deliveries and status, and what comes next."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from certification.models import Certification, Patient, PatientRequest, PatientToday
from certification.models.people import PatientQuerySet, in_hands_today
from certification.presenters.status_on_day import StatusOnDay, status_on_day
from certification.rules import obtain_another_by, renewal_can_be_asked_from
from delivery import rules
from delivery.models import Order, OrderLine
from delivery.presenters.ledger import Ledger, ledger_of
from delivery.presenters.waiting import WaitingPlace, places_of
from ui.prepared import Prepared, attach

LINES_NAMED = 2  # of the last order


class Step(StrEnum):
    """The next thing for a person to do: the one filled button of the page, or none of them."""

    AFFIRM = "affirm"
    RENEW = "renew"
    AGAIN = "again"
    ORDER = "order"
    NONE = "none"


@dataclass(frozen=True)
class PatientCard:
    """A patient's latest certification, its status today, and why the account cannot order, or empty.

    `orders` are those still to be delivered, the next first; `last_order` is the last that was delivered.
    """

    read: PatientToday
    certification: Certification
    status_on_day: StatusOnDay
    is_own: bool
    refusal: str
    another_by: date | None  # until when another certification may be obtained after a withdrawal
    can_ask_for_renewal: bool
    has_asked_for_renewal: bool
    orders: list[Order]
    last_order: Order | None
    ledger: Ledger | None  # of a certification that runs, where this is the main patient of the page

    @property
    def patient(self) -> Patient:
        return self.read.patient

    @property
    def can_order(self) -> bool:
        return not self.refusal and self.status_on_day.days_left is not None

    @property
    def last_lines(self) -> list[OrderLine]:
        """The first lines of the last order."""
        return list(self.last_order.lines.all())[:LINES_NAMED] if self.last_order else []

    @property
    def lines_left_out(self) -> int:
        return max(len(self.last_order.lines.all()) - LINES_NAMED, 0) if self.last_order else 0

    @property
    def needs_renewal(self) -> bool:
        """Whether the certification has ended or ends soon, and its physician can renew it."""
        certification, status = self.certification, self.status_on_day
        is_active = certification.status == Certification.Status.ACTIVE and not certification.physician.left_date
        return is_active and (status.can_renew or status.days_left is None)

    @property
    def step(self) -> Step:
        """The next step of this patient: first the renewal of what ends, then an order."""
        if self.needs_renewal and self.can_ask_for_renewal and not self.has_asked_for_renewal:
            return Step.RENEW
        if not self.can_order:
            return Step.NONE
        return Step.AGAIN if self.last_order and not self.orders else Step.ORDER


@dataclass(frozen=True)
class Home:
    """The main patient (the account's own, or the only one) in full, the others as rows, and the waiting lists."""

    main: PatientCard | None
    rows: list[PatientCard]
    waiting: list[WaitingPlace]
    step: Step

    @property
    def cards(self) -> list[PatientCard]:
        return [self.main, *self.rows] if self.main else self.rows

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever ordered for any of the patients."""
        return not any(card.orders or card.last_order for card in self.cards)


def home_of(user: User, *, today: date, to_affirm: bool) -> Home:
    """Return the home of the account, its own patient first. `to_affirm`: a statement waits for it."""
    patients = in_hands_today(user)
    own_or_only = [each for each in patients if each.patient.user_id == user.pk] or patients[:1] * (len(patients) == 1)
    main_pk = own_or_only[0].patient.pk if own_or_only else None
    latest = _latest_of(patients)
    orders = _orders_of(patients, today=today)
    asked = _asked_for_renewal(patients, latest, today=today)
    cards = [
        _card(
            each,
            latest[each.patient.pk],
            user,
            today,
            orders=orders[each.patient.pk],
            has_asked=each.patient.pk in asked,
            is_main=each.patient.pk == main_pk,
        )
        for each in patients
    ]
    main = next((card for card in cards if card.patient.pk == main_pk), None)
    step = Step.AFFIRM if to_affirm else main.step if main else Step.NONE
    return Home(main, [card for card in cards if card is not main], places_of(user), step)


def _latest_of(patients: Iterable[PatientToday]) -> Mapping[int, Certification]:
    """Return the latest certification of each patient, by the key of the patient."""
    keys = [each.patient.pk for each in patients]
    return {signed.patient_id: signed for signed in _signed.rows(patients=keys)} if keys else {}


def _signed_for(*, patients: list[int]) -> QuerySet[Certification]:
    """Return the certifications of these patients, the latest last."""
    signed = Certification.objects.filter(patient__in=patients).select_related("physician")
    return signed.defer(*PatientQuerySet.SEALED, "allotment_reason").order_by("certified_at")


_signed = Prepared(_signed_for)


def _card(
    of: PatientToday,
    certification: Certification,
    user: User,
    today: date,
    *,
    orders: list[Order],
    has_asked: bool,
    is_main: bool,
) -> PatientCard:
    patient = of.patient
    another_by = obtain_another_by(certification)
    status = status_on_day(certification, today=today)
    is_running = status.days_left is not None
    return PatientCard(
        read=of,
        certification=certification,
        status_on_day=status,
        is_own=patient.user_id == user.pk,
        refusal=rules.refusal_of(rules.check_orderer, patient, user=user, today=today, assignment=of.assignment),
        another_by=another_by if another_by and today <= another_by else None,
        can_ask_for_renewal=renewal_can_be_asked_from(certification, today=today) is None,
        has_asked_for_renewal=has_asked,
        orders=[order for order in orders if order.is_open],
        last_order=next((order for order in orders if not order.is_open), None),
        ledger=ledger_of(patient, certification, now=timezone.now()) if is_running and is_main else None,
    )


def _orders_of(patients: Iterable[PatientToday], *, today: date) -> Mapping[int, list[Order]]:
    """Return by the key of the patient: the open orders from today on, the next first, and the last delivered one."""
    found: dict[int, list[Order]] = defaultdict(list)
    keys = [each.patient.pk for each in patients]
    if not keys:
        return found
    orders = sorted(_shown.rows(patients=keys, today=today), key=_begins)
    last = [order for order in orders if not order.is_open]
    attach(last, "lines", _lines.rows(orders=[order.pk for order in last]) if last else [], by="order_id")
    for order in orders:
        found[order.patient_id].append(order)
    return found


def _begins(order: Order) -> tuple[date, time, int]:
    assert order.window is not None  # anything but a cart has one
    return order.window.date, order.window.starts, order.pk


def _coming_and_last(*, patients: list[int], today: date) -> QuerySet[Order]:
    """Return the open orders from today on, and the last delivered one of each patient, which an index finds."""
    coming = Order.objects.open().filter(window__date__gte=today, patient__in=patients).select_related("window")
    delivered = Order.objects.filter(status=Order.Status.DELIVERED, patient=OuterRef("pk"))
    last = Subquery(delivered.order_by("-placed_at", "-pk").values("pk")[:1])
    keys = Patient.objects.filter(pk__in=patients).annotate(last=last).values("last")
    return coming.union(Order.objects.filter(pk__in=keys).select_related("window"), all=True)


_shown = Prepared(_coming_and_last)
_lines = Prepared(lambda *, orders: OrderLine.objects.filter(order__in=orders).select_related("product").order_by("pk"))


def _asked_for_renewal(
    patients: Iterable[PatientToday], latest: Mapping[int, Certification], *, today: date
) -> set[int]:
    """Return the keys of the patients for whom a renewal was asked that waits; no query where none can be asked."""
    keys = [each.patient.pk for each in patients]
    could = [key for key in keys if renewal_can_be_asked_from(latest[key], today=today) is None]
    if not could:
        return set()
    waiting = PatientRequest.objects.open().filter(patient__in=could, kind=PatientRequest.Kind.RENEWAL)
    return set(waiting.values_list("patient", flat=True))
