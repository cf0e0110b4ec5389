"""Who may order, what an order needs, and what may become of it. Each `check_` raises a DeliveryError."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.permissions import may_as_staff
from certification.models import Caregiver, Certification, Patient
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
    TransitionError,
    WindowError,
)
from delivery.rules.products import check_product_fits_age
from delivery.rules.windows import check_lead_time, check_window_has_room, closes_at
from ui.text import search_name

if TYPE_CHECKING:
    from accounts.models import User

CARD_NUMBER = re.compile(r"([PG])([2-9A-HJ-NP-Z]{4})([2-9A-HJ-NP-Z]{4})")
S = Order.Status
ALLOWED_TRANSITIONS = {
    S.CART: {S.PLACED},
    S.PLACED: {S.CONFIRMED, S.CANCELLED, S.REFUSED, S.LAPSED},
    S.CONFIRMED: {S.CANCELLED, S.REFUSED},
    S.CANCELLED: set(),
    S.REFUSED: set(),
    S.LAPSED: set(),
}


def totals(lines: Iterable[OrderLine]) -> tuple[int, int]:
    """Subtotal in cents and amount in mg at today's prices of the products."""
    lines = list(lines)
    return (
        sum(line.quantity * line.product.price_cents for line in lines),
        sum(line.quantity * line.product.amount_mg for line in lines),
    )


def check_transition(order: Order, to: str) -> None:
    """`to` may follow the order's status; raises TransitionError."""
    if to not in ALLOWED_TRANSITIONS[Order.Status(order.status)]:
        raise TransitionError(
            _("This order is %(status)s; that is no longer possible.") % {"status": order.get_status_display().lower()}
        )


def check_orderer(patient: Patient, *, user: "User", today: date, caller: Patient | Caregiver | None = None) -> None:
    """The patient, or the caregiver, who affirmed; for a minor or a patient without capacity the caregiver alone.

    On the phone it is the caller who may, and staff who do it for her. Raises OrdererError.
    """
    if caller is not None:
        _check_caller_may_order(patient, caller, user, today)
        return
    assignment = patient.current_assignment
    if assignment is not None and assignment.caregiver.user_id == user.pk:
        if assignment.affirmed_at is None:
            raise OrdererError(_("Confirm your caregiver’s statement first; then you can order."))
        return
    if patient.user_id != user.pk:
        raise OrdererError(_("Only the patient or the patient’s caregiver can order."))
    if needs_guardian(birth_date=patient.birth_date, has_legal_capacity=patient.has_legal_capacity, day=today):
        raise OrdererError(_("For this patient, the caregiver orders and receives."))
    if patient.affirmed_at is None:
        raise OrdererError(_("Confirm your patient’s statement first; then you can order."))


def _check_caller_may_order(patient: Patient, caller: Patient | Caregiver, user: "User", today: date) -> None:
    if not may_as_staff(user, "delivery.add_order"):
        raise OrdererError(_("Only staff order for somebody who calls."))
    if isinstance(caller, Caregiver):
        assignment = patient.current_assignment
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
    """The letter and both halves of a number as it is read aloud, or nothing: `g 7kq4 m2xp` is G, 7KQ4, M2XP."""
    match = CARD_NUMBER.fullmatch(re.sub(r"[\s-]", "", number.upper()))
    return match.groups() if match else ()


def check_caller(person: Patient | Caregiver | None, *, name: str, birth_date: date) -> None:
    """First and last name and the birth date are those of the card; raises CallerError, the same for any of them."""
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
    """The subtotal reaches the minimum in cents [docs/domain.md#delivery]; raises MinimumError."""
    short = policy.minimum_cents - subtotal_cents
    if short > 0:
        raise MinimumError(
            _("You are $%(short)s short of the $%(minimum)s minimum for delivery. Add something to your cart.")
            % {"short": _dollars(short), "minimum": _dollars(policy.minimum_cents)}
        )


def _dollars(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02d}"


def check_payment(payment_method: str) -> None:
    """Cash or debit [docs/domain.md#at-the-door]; raises PaymentError."""
    if payment_method not in Order.PaymentMethod.values:
        raise PaymentError(_("Choose cash or debit card."), field="payment_method")


def check_subtotal_is_as_seen(subtotal_cents: int, seen_cents: int) -> None:
    """The total is what the page showed; raises ChangedError."""
    if subtotal_cents != seen_cents:
        raise ChangedError(
            _("Your cart or a price changed: the total is now $%(total)s. Look at it once more before you order.")
            % {"total": _dollars(subtotal_cents)}
        )


def check_same_request(order: Order, digest: str) -> None:
    """A repeated form has the content it had; raises RepeatedWithOtherContent."""
    if order.request_digest != digest:
        raise RepeatedWithOtherContent(_("This form was sent before with other content. Start again from your cart."))


def check_may_move(order: Order, *, by_staff: bool, now: datetime) -> None:
    """Placed or confirmed, until its window's cut-off; staff at any time. Raises TransitionError or WindowError."""
    _check_is_open(order)
    assert order.window and order.policy
    if not by_staff and now > closes_at(order.window, order.policy):
        raise WindowError(_("It is too late to move it here. Please call us."))


def check_fits(order: Order, window: DeliveryWindow, certification: Certification | None, *, now: datetime) -> None:
    """A placed order, under its own terms, can go to `window`; its stock is kept. Raises a DeliveryError."""
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
    """Placed or confirmed, after the cut-off and before the window ends. Raises TransitionError or WindowError."""
    _check_is_open(order)
    assert order.window and order.policy
    if now <= closes_at(order.window, order.policy):
        raise WindowError(_("You can still cancel or move this order: do that instead."))
    if now >= order.window.ends_at:
        raise WindowError(_("The delivery window is over. Please call us."))


def _check_is_open(order: Order) -> None:
    if order.status not in Order.HOLDING:
        raise TransitionError(
            _("This order is %(status)s; that is no longer possible.") % {"status": order.get_status_display().lower()}
        )


def check_may_cancel(order: Order, *, by_staff: bool, now: datetime) -> None:
    """Until the window's cut-off; staff at any time. Raises TransitionError or WindowError."""
    check_transition(order, Order.Status.CANCELLED)
    assert order.window and order.policy
    if not by_staff and now > closes_at(order.window, order.policy):
        raise WindowError(_("It is too late to cancel here. Please call us."))
