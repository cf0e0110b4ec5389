"""What a hand-over needs: the checks, the receiver and the money. Each `check_` raises a DeliveryError."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from certification.models import Caregiver, CaregiverAssignment, Certification, Patient
from certification.rules import is_guarded
from delivery.models import DoorAttempt, HandOver, IdDifference, Order, OrderLine, Run
from delivery.rules.cards import check_card
from delivery.rules.errors import CertificationNotValid, HandOverError, RunError, TransitionError, refusal_of
from delivery.rules.moves import check_move
from delivery.rules.photo_ids import check_id_difference, check_id_is_current
from delivery.rules.refused_lines import check_refused, due_cents
from delivery.rules.signatures import check_signature
from ui.templatetags.portal import clock, long_date, money

TIP_ASKED_AGAIN_CENTS = 20_00
MOST_TAKEN_CENTS = 9_999_99
ID_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9 -]{2,24}")
STATE = re.compile(r"[A-Z]{2}")
CLOCKS_DIFFER = timedelta(minutes=2)
R = HandOver.ReceivedBy


@dataclass(frozen=True)
class DoorAnswers:
    """The driver's entries at the door. The cash is with the tip.

    `card` is the number of the card or what its code says. `id_differs` is that the driver sees another name or birth
    date than our record has. `refused` are pairs of a line id and how many of it were refused.
    """

    received_by: str
    card_checked: bool
    photo_id_checked: bool
    photo_id_kind: str
    id_state: str
    id_number: str
    cash_cents: int
    debit_cents: int
    tip_agreed_cents: int | None = None
    card: str = ""
    id_expires_date: date | None = None
    id_differs: bool = False
    signed: str = ""
    signature: str = ""
    refused: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class AtDoor:
    """The order at a door: its lines, the patient's open assignment or None, and what differed on a photo ID."""

    order: Order
    lines: Sequence[OrderLine]
    assignment: CaregiverAssignment | None
    difference: IdDifference | None

    def receiver(self, received_by: str) -> Patient | Caregiver:
        """Return who takes the order; `received_by` was checked."""
        return self.assignment.caregiver if self.assignment and received_by == R.CAREGIVER else self.order.patient


def check_answers(answers: DoorAnswers, door: AtDoor, *, at: datetime) -> None:
    """Card and photo ID fit who took the order, which is paid and signed for. Raises HandOverError."""
    check_was_checked(card_checked=answers.card_checked, photo_id_checked=answers.photo_id_checked)
    check_receiver(door.order.patient, answers.received_by, door.assignment, at=at)
    check_card(answers.card, door.receiver(answers.received_by))
    check_photo_id(answers.photo_id_kind, tidy_id(answers.id_state), tidy_id(answers.id_number))
    check_id_is_current(answers.id_expires_date, day=timezone.localdate(at))
    check_id_difference(door.difference, is_stated=answers.id_differs)
    check_refused(door.lines, dict(answers.refused))
    due = due_cents(door.order, door.lines, dict(answers.refused))
    check_money(due, cash_cents=answers.cash_cents, debit_cents=answers.debit_cents)
    check_tip(answers.cash_cents + answers.debit_cents - due, answers.tip_agreed_cents)
    check_signature(answers.signed, answers.signature)


def check_may_leave(order: Order, *, now: datetime) -> None:
    """The order is packed, in a run with a driver, and its day has come. Raises TransitionError or RunError."""
    if order.status in (Order.Status.PLACED, Order.Status.CONFIRMED):
        raise TransitionError(_("It is not packed yet."))
    check_move("dispatch", order)
    if order.run is None or order.run.driver_id is None:
        raise RunError(_("Put order %(number)s into a run with a driver first.") % {"number": order.number})
    assert order.window
    if timezone.localdate(now) < order.window.date:
        raise RunError(_("This order leaves on %(day)s, not earlier.") % {"day": long_date(order.window.date)})


def certification_at(patient: Patient, at: datetime) -> Certification | None:
    """Return the certification that was valid at this moment, or None.

    One that ended later was still valid when a hand-over happened that is recorded hours late.
    """
    day = timezone.localdate(at)
    valid = patient.certification_on(day)
    if valid is not None:
        return valid
    ended_later = patient.certifications.filter(certified_at__lte=at, expires_date__gt=day, ended_at__gt=at)
    return ended_later.order_by("-certified_at").first()


def check_is_certified(patient: Patient, at: datetime) -> None:
    """A certification was valid at the moment of the hand-over; raises CertificationNotValid."""
    if certification_at(patient, at) is None:
        words = _("Do not deliver: no certification is valid on %(day)s.")
        raise CertificationNotValid(words % {"day": long_date(timezone.localdate(at))})


def check_is_in_run(order: Order, run: Run) -> None:
    """The order goes with this run; raises RunError."""
    if order.run_id != run.pk:
        raise RunError(_("Order %(number)s is not in this run any more. Do not deliver it.") % {"number": order.number})


def check_is_not_undone(number: str, run: Run) -> None:
    """The order was not cancelled, refused or lapsed after the sheet of this window was shown; raises RunError."""
    undone = (Order.Status.CANCELLED, Order.Status.REFUSED, Order.Status.LAPSED)
    if Order.objects.filter(number=number, window=run.window_id, run=None, status__in=undone).exists():
        raise RunError(_("Order %(number)s was cancelled. Do not deliver it: bring it back.") % {"number": number})


def check_receiver(patient: Patient, received_by: str, assignment: CaregiverAssignment | None, *, at: datetime) -> None:
    """The patient or the current caregiver takes it; the caregiver alone where a guardian decides.

    `assignment` is the patient's open one, or None. Raises HandOverError.
    """
    if received_by == R.PATIENT:
        if is_guarded(patient, today=timezone.localdate(at)):
            raise HandOverError(_("For this patient, only the caregiver may take the order."), field="received_by")
        return
    if received_by != R.CAREGIVER:
        raise HandOverError(_("Choose who took the order."), field="received_by")
    if assignment is None or assignment.affirmed_at is None:
        raise HandOverError(_("This patient has no caregiver who may take the order."), field="received_by")


def receivers_of(patient: Patient, *, at: datetime) -> dict[str, Patient | Caregiver]:
    """Return who may take an order of the patient, by `HandOver.ReceivedBy`."""
    assignment = patient.current_assignment
    people: dict[str, Patient | Caregiver] = {R.PATIENT: patient}
    if assignment is not None:
        people[R.CAREGIVER] = assignment.caregiver
    return {by: who for by, who in people.items() if not refusal_of(check_receiver, patient, by, assignment, at=at)}


def check_was_checked(*, card_checked: bool, photo_id_checked: bool) -> None:
    """The card and the photo ID were seen; raises HandOverError."""
    if not card_checked:
        words = _("Look at the medical marijuana card, then tick it. Without it, choose “No medical marijuana card”.")
        raise HandOverError(words, field="card_checked")
    if not photo_id_checked:
        words = _("Look at the photo ID, then tick it. If it does not match, choose “The photo ID does not match”.")
        raise HandOverError(words, field="photo_id_checked")


def tidy_id(text: str) -> str:
    """Return the number or the state of a photo ID in capitals, with single spaces."""
    return " ".join(text.upper().split())


def check_photo_id(kind: str, state: str, number: str) -> None:
    """The kind and number of the photo ID are there, and the state of a license or a state ID; raises HandOverError."""
    if kind not in HandOver.PhotoId.values:
        raise HandOverError(_("Choose which photo ID you saw."), field="photo_id_kind")
    if kind != HandOver.PhotoId.PASSPORT and not STATE.fullmatch(state):
        raise HandOverError(_("Enter the state of the photo ID as two letters, like CT."), field="id_state")
    if not ID_NUMBER.fullmatch(number):
        words = _("Enter the number of the photo ID: 3 to 25 letters and digits.")
        raise HandOverError(words, field="id_number")


def check_money(due_cents: int, *, cash_cents: int, debit_cents: int) -> None:
    """Cash and debit reach what is due; the card pays no more, because a tip is cash. Raises HandOverError."""
    if debit_cents > due_cents:
        words = _("The card pays %(due)s at most. A tip is given in cash.")
        raise HandOverError(words % {"due": money(due_cents)}, field="debit_cents")
    short = due_cents - cash_cents - debit_cents
    if short > 0:
        words = _(
            "%(paid)s is %(short)s less than the %(due)s that is due. If there is no more, choose “Not enough money”."
        )
        figures = {"paid": money(cash_cents + debit_cents), "short": money(short), "due": money(due_cents)}
        raise HandOverError(words % figures, field="cash_cents" if cash_cents or not debit_cents else "debit_cents")


def check_tip(tip_cents: int, agreed_cents: int | None) -> None:
    """A tip over $20 was confirmed in exactly this amount; raises HandOverError."""
    if tip_cents > TIP_ASKED_AGAIN_CENTS and agreed_cents != tip_cents:
        words = _("That leaves a tip of %(tip)s. Correct the cash, or tick that the tip is right.")
        raise HandOverError(words % {"tip": money(tip_cents)}, field="tip_agreed_cents")


def check_stated_at(stated_at: datetime, run: Run, *, now: datetime) -> None:
    """It happened after the run left, and not in the future; raises HandOverError."""
    if stated_at > now:
        words = _("%(time)s has not come yet. Enter when it happened.")
        raise HandOverError(words % {"time": clock(timezone.localtime(stated_at))}, field="stated_at")
    if run.opened_at is None or stated_at < run.opened_at - CLOCKS_DIFFER:
        words = _("The run had not left at %(time)s. Enter when it happened.")
        raise HandOverError(words % {"time": clock(timezone.localtime(stated_at))}, field="stated_at")


def check_is_same_hand_over(found: HandOver, run: Run, answers: DoorAnswers) -> None:
    """A hand-over that is sent again says the same as the one that is recorded; raises HandOverError."""
    sent = (run.pk, answers.received_by, answers.cash_cents, answers.debit_cents)
    if (found.run_id, found.received_by, found.cash_cents, found.debit_cents) != sent:
        raise already_handed_over(found, run)


def already_handed_over(found: HandOver, run: Run) -> HandOverError:
    """Return the refusal that says when an order was handed over, and by whom where that was not this run's driver."""
    paid = money(found.cash_cents + found.debit_cents)
    shown = {"time": clock(timezone.localtime(found.stated_at)), "paid": paid}
    words = _("This order was handed over at %(time)s already, for %(paid)s. A Manager can correct that.")
    if found.by_id != run.driver_id:
        shown["driver"] = found.by.first_name or found.by.email
        words = _("%(driver)s handed this order over at %(time)s, for %(paid)s. A Manager can correct that.")
    return HandOverError(words % shown)


def check_is_same_attempt(found: DoorAttempt, order: Order, *, outcome: str, comes_back: bool) -> None:
    """A form that is sent again says the same as what was recorded from it; raises HandOverError."""
    if (found.order_id, found.outcome, found.comes_back) != (order.pk, outcome, comes_back):
        words = _("“%(outcome)s” was entered from this form already. Open the sheet again, and enter what happened.")
        raise HandOverError(words % {"outcome": found.get_outcome_display()})


def moment_of(typed: time, run: Run, *, now: datetime) -> datetime:
    """Return the moment of a local time that was typed at the door: of the run's day, also when it is typed later."""
    return timezone.make_aware(datetime.combine(min(timezone.localdate(now), run.window.date), typed))


def moment_at_door(typed: time | None, measured: datetime | None, run: Run, *, now: datetime) -> datetime | None:
    """Return when it happened, or None for now: the time that was typed, or else what the phone measured.

    The phone measures from the portal's clock, so a little more than now is the time of the way here.
    """
    if typed is not None:
        return moment_of(typed, run, now=now)
    return now if measured is not None and now < measured <= now + CLOCKS_DIFFER else measured


def check_drives(run: Run, user_id: int) -> None:
    """The account is the driver of the run; raises RunError."""
    if run.driver_id != user_id:
        raise RunError(_("Another driver drives this run."))


def check_may_take_in(order: Order, *, by_id: int) -> None:
    """The order, or some of it, came back, and who takes it in is not the driver. Raises HandOverError.

    What was taken in already passes, so that the same call again changes nothing.
    """
    if order.status != Order.Status.RETURNED and not order.returned_items.exists():
        raise HandOverError(_("This order has not come back."))
    if order.run is not None and order.run.driver_id == by_id:
        raise HandOverError(_("Who drove this order does not take it in: another member of staff counts it."))


def comes_back(order: Order) -> bool:
    """Return whether the order, or some of it, is still with the driver and has to be taken in."""
    if order.status == Order.Status.RETURNED and order.taken_in_at is None:
        return True
    return order.returned_items.with_driver().exists()
