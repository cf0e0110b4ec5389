"""Who may order, what an order needs, and how it may be changed. Each `check_` raises a DeliveryError."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.permissions import may_as_staff
from certification.models import Caregiver, CaregiverAssignment, Certification, Patient
from certification.rules import needs_guardian
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, OrderLine
from delivery.rules.allotment import allotment_left_mg, check_allotment_left
from delivery.rules.errors import (
    CallerError,
    CertificationNotValid,
    ChangedError,
    MinimumError,
    OrdererError,
    PaymentError,
    RepeatedWithOtherContent,
    WindowError,
)
from delivery.rules.moves import check_move, not_possible
from delivery.rules.products import check_product_fits_age
from delivery.rules.windows import check_lead_time, check_window_has_room, closes_at
from ui.search_terms import SearchTerm
from ui.text import search_name

if TYPE_CHECKING:
    from accounts.models import User


def totals(lines: Iterable[OrderLine]) -> tuple[int, int]:
    """Return the subtotal in cents and the amount in mg, at today's prices and amounts of the products."""
    lines = list(lines)
    return (
        sum(line.quantity * line.product.price_cents for line in lines),
        sum(line.quantity * line.product.amount_mg for line in lines),
    )


def check_orderer(
    patient: Patient,
    *,
    user: "User",
    today: date,
    caller: Patient | Caregiver | None = None,
    assignment: CaregiverAssignment | None = None,
) -> None:
    """The account may order for the patient: it is the patient's or the caregiver's, and has affirmed.

    For a minor or a patient without legal capacity only the caregiver orders. During a call the caller must be such a
    person, and the account belongs to staff who take calls. `assignment` is the patient's open one where it has been
    read already; otherwise it is read where the answer depends on it. Raises OrdererError.
    """
    if caller is not None:
        _check_caller_may_order(patient, caller, user, today, assignment)
    elif patient.user_id == user.pk:
        _check_patient_may_order(patient, today)
    else:
        _check_caregiver_may_order(assignment or patient.current_assignment, user)


def _check_patient_may_order(patient: Patient, today: date) -> None:
    if needs_guardian(birth_date=patient.birth_date, has_legal_capacity=patient.has_legal_capacity, day=today):
        raise OrdererError(_("For this patient, the caregiver orders and receives."))
    if patient.affirmed_at is None:
        raise OrdererError(_("Confirm your patient’s statement first; then you can order."))


def _check_caregiver_may_order(assignment: CaregiverAssignment | None, user: "User") -> None:
    if assignment is None or assignment.caregiver.user_id != user.pk:
        raise OrdererError(_("Only the patient or the patient’s caregiver can order."))
    if assignment.affirmed_at is None:
        raise OrdererError(_("Confirm your caregiver’s statement first; then you can order."))


def _check_caller_may_order(
    patient: Patient,
    caller: Patient | Caregiver,
    user: "User",
    today: date,
    assignment: CaregiverAssignment | None,
) -> None:
    if not may_as_staff(user, "delivery.add_order"):
        raise OrdererError(_("Only staff can order for a caller."))
    if isinstance(caller, Caregiver):
        assignment = assignment or patient.current_assignment
        if assignment is None or assignment.caregiver_id != caller.pk:
            raise OrdererError(_("Only the patient or the patient’s caregiver can order."))
        if assignment.affirmed_at is None:
            raise OrdererError(_("The caregiver has to confirm the caregiver’s statement first."))
        return
    if caller.pk != patient.pk:
        raise OrdererError(_("Only the patient or the patient’s caregiver can order."))
    if needs_guardian(birth_date=patient.birth_date, has_legal_capacity=patient.has_legal_capacity, day=today):
        raise OrdererError(_("For this patient, the caregiver orders and receives."))
    if patient.affirmed_at is None and not patient.has_no_email:
        raise OrdererError(_("The patient has to confirm the patient’s statement first: it waits in the mail."))


def card_number_parts(number: str) -> tuple[str, ...]:
    """Return the letter and both halves of a card number as people type it, or an empty tuple.

    For example, `g 7kq4 m2xp` gives G, 7KQ4 and M2XP.
    """
    found = SearchTerm(number).numbers("PG")
    return tuple(found.pop().split("-")) if found else ()


def check_caller(person: Patient | Caregiver | None, *, name: str, birth_date: date) -> None:
    """The first and last name and the birth date are those of the card; raises CallerError.

    The error does not say which answer is wrong.
    """
    if person is not None and person.birth_date == birth_date:
        said, known = set(search_name(name).split()), set(person.search_name.split())
        needed = set(search_name(person.first_name, person.last_name).split())
        if needed <= said <= known:
            return
    raise CallerError(_("No card fits these three answers. Ask again, or call back at the number on file."))


def check_certification_covers(certification: Certification | None, window: DeliveryWindow) -> None:
    """A certification is valid on the delivery day; raises CertificationNotValid."""
    if certification is None or not certification.is_valid_on(window.date):
        raise CertificationNotValid(
            _("No certification is valid on %(day)s. Choose an earlier day, or ask the physician for a renewal.")
            % {"day": date_format(window.date, "LONG_DAY_FORMAT")},
            field="window",
        )


def check_minimum(subtotal_cents: int, policy: DeliveryPolicy) -> None:
    """The subtotal, in cents, reaches the minimum [docs/domain.md#delivery]; raises MinimumError."""
    short = policy.minimum_cents - subtotal_cents
    if short > 0:
        raise MinimumError(
            _("You are $%(short)s short of the $%(minimum)s minimum for delivery. Add something to your cart.")
            % {"short": _dollars(short), "minimum": _dollars(policy.minimum_cents)}
        )


def _dollars(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02d}"


def check_payment(payment_method: str) -> None:
    """The payment is cash or debit [docs/domain.md#at-the-door]; raises PaymentError."""
    if payment_method not in Order.PaymentMethod.values:
        raise PaymentError(_("Choose cash or debit card."), field="payment_method")


def check_subtotal_is_as_seen(subtotal_cents: int, seen_cents: int) -> None:
    """The total is what the page showed, both in cents; raises ChangedError."""
    if subtotal_cents != seen_cents:
        raise ChangedError(
            _("Your cart or a price changed: the total is now $%(total)s. Look at it once more before you order.")
            % {"total": _dollars(subtotal_cents)}
        )


def check_same_request(order: Order, digest: str) -> None:
    """A form that is sent again has the same content; raises RepeatedWithOtherContent."""
    if order.request_digest != digest:
        raise RepeatedWithOtherContent(_("This form was sent before with other content. Start again from your cart."))


def check_may_move(order: Order, *, by_staff: bool, now: datetime) -> None:
    """The order has not left, and its cut-off has not passed or staff move it.

    Raises TransitionError or WindowError.
    """
    check_is_before_departure(order)
    assert order.window and order.policy
    if not by_staff and now > closes_at(order.window, order.policy):
        raise WindowError(_("It is too late to move it here. Please call us."))


def check_fits(order: Order, window: DeliveryWindow, certification: Certification | None, *, now: datetime) -> None:
    """An open order can go to `window` under its own terms; it keeps its stock. Raises a DeliveryError."""
    policy = order.policy
    assert policy
    check_lead_time(window, policy, now=now)
    check_certification_covers(certification, window)
    check_window_has_room(window)
    for line in order.lines.select_related("product"):
        check_product_fits_age(line.product, order.patient, day=window.date)
    left_mg = allotment_left_mg(
        patient=order.patient,
        day=window.date,
        certification=certification,
        days=policy.allotment_days,
        without=order,
    )
    check_allotment_left(order.amount_mg, left_mg)


def check_may_decline(order: Order, *, now: datetime) -> None:
    """The order is open, its cut-off has passed and its window has not ended.

    Raises TransitionError or WindowError.
    """
    _check_is_open(order)
    assert order.window and order.policy
    if now <= closes_at(order.window, order.policy):
        raise WindowError(_("You can still cancel or move this order: do that instead."))
    if now >= order.window.ends_at:
        raise WindowError(_("The delivery window is over. Please call us."))


def _check_is_open(order: Order) -> None:
    if not order.is_open:
        raise not_possible(order)


def check_is_before_departure(order: Order) -> None:
    """The order is open and has not left for its delivery; raises TransitionError."""
    if not order.is_before_departure:
        raise not_possible(order)


def check_may_cancel(order: Order, *, by_staff: bool, now: datetime) -> None:
    """The order has not left, and its cut-off has not passed or staff cancel it.

    Raises TransitionError or WindowError.
    """
    check_move("cancel", order)
    assert order.window and order.policy
    if not by_staff and now > closes_at(order.window, order.policy):
        raise WindowError(_("It is too late to cancel here. Please call us."))
