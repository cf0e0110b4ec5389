"""Tomorrow's delivery: who is told on the evening before, once, also by a late run."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from delivery import actions
from delivery.actions import announce_deliveries
from delivery.emails import receipt_of
from delivery.models import DeliveryWindow
from delivery.rules import announced_at, is_time_to_announce
from delivery.writes.messages import notify_orderer
from notifications import emails, kinds
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.mails import delivered

pytestmark = pytest.mark.django_db
EVENING = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)  # Tuesday, 5 p.m. in New York
MINUTE = timedelta(minutes=1)


def announced():
    rows = Notification.objects.filter(kind="order_tomorrow").order_by("pk")
    return [(row.recipient, row.channel) for row in rows]


def announce(now=EVENING):
    return announce_deliveries(now=now, by=None)


def test_announce_deliveries_tells_each_orderer_once_from_five_in_the_evening():
    order = factories.order()
    assert (announce(EVENING - MINUTE), announced()) == (0, [])
    assert (announce(), announce(), announce(EVENING + 3 * MINUTE)) == (1, 1, 1)
    assert announced() == [(order.placed_by.email, "email")]


def test_a_late_run_still_tells_until_the_window_begins(monday):
    order = factories.order()
    starts_at = order.window.starts_at
    assert (announce(starts_at), announced()) == (0, [])
    monday.move_to(starts_at - MINUTE)
    assert announce(starts_at - MINUTE) == 1
    message = next(mail for mail in delivered() if "comes" in mail.subject)
    assert message.subject == f"Your order {order.number} comes today"


def test_an_order_that_moves_is_announced_again_for_its_new_window():
    order = factories.order()
    announce()
    actions.move_order(order=order, window=factories.window(factories.next_wednesday(1)), by=order.placed_by)
    announce(EVENING + timedelta(weeks=1))
    assert len(announced()) == 2


def test_only_open_orders_of_tomorrow_are_announced():
    cancelled, later = factories.order(), factories.order(into=factories.window(factories.next_wednesday(1)))
    actions.cancel_order(order=cancelled, by=cancelled.placed_by)
    assert (announce(), announced()) == (0, [])
    assert later.has_hold


@pytest.mark.parametrize(
    ("method", "asked"), [("cash", "exactly $80.00 in cash"), ("debit", "your debit card, for $80.00")]
)
def test_the_mail_says_what_to_have_ready(method, asked, monday):
    order = factories.order(payment_method=method)
    factories.confirm(order, by=factories.staff("Pharmacist"))
    announce()
    monday.move_to(EVENING)
    message = delivered()[-1]
    assert message.subject == f"Your order {order.number} comes tomorrow"
    for part in (message.body, message.alternatives[0].content.replace("<strong>", "").replace("</strong>", "")):
        assert asked in " ".join(part.split()) and "a photo ID" in part and "your card" in part
        assert "have not confirmed" not in part and "You can cancel" not in part
        assert f"/delivery/orders/{order.number}/" in part


def test_who_has_no_address_is_called():
    patient = factories.certification(profile=factories.profile(email="", has_no_email=True), joined=False).patient
    order = factories.order(patient, by=factories.staff("Pharmacist"), caller=patient)
    announce()
    call = Notification.objects.get(kind="order_tomorrow")
    assert (call.recipient, call.channel) == (patient.phone.as_e164, "phone")
    said = emails.build(call, kinds.get(call.kind).context_for(call)).body
    assert "we call again when they have" in said and order.number in said and "http" not in said


def test_the_number_of_queries_does_not_grow_with_the_orders(django_assert_max_num_queries):
    factories.order()
    with django_assert_max_num_queries(30) as few:
        announce()
    for _more in range(2):
        factories.order(people.patient_with_caregiver()[0])
    with django_assert_max_num_queries(len(few)):
        assert announce() == 3


@pytest.mark.once
@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_is_time_to_announce_begins_at_five_on_the_wall_in_both_weeks_of_a_clock_change(day):
    window = DeliveryWindow(date=date.fromisoformat(day), starts=time(9, 30))
    first = announced_at(window)
    assert f"{first:%a %H:%M}" == "Sat 17:00"
    assert [is_time_to_announce(window, now=first + step) for step in (-MINUTE, 0 * MINUTE)] == [False, True]
    assert not is_time_to_announce(window, now=window.starts_at)


# --- On the way, delivered, returned --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["order_out_for_delivery", "order_delivered", "order_returned"])
def test_a_mail_about_the_day_itself_is_dropped_when_the_order_is_elsewhere(kind):
    order, figures = factories.order(), {"cash_cents": 8500}
    notify_orderer(order, kind, by=None, reason="Nobody was home", figures=figures)
    row = Notification.objects.get(kind=kind)
    assert (row.recipient, kinds.get(kind).context_for(row)) == (order.placed_by.email, None)
    assert row.context == {"order": order.pk, "reason": "Nobody was home", **figures}


@pytest.mark.once
def test_a_receipt_has_what_the_context_has():
    paid = {"handed_over_at": "2026-11-25T15:12:00+00:00", "cash_cents": 8500, "tip_cents": 500}
    at = datetime(2026, 11, 25, 15, 12, tzinfo=UTC)
    cents = {"due_cents": None, "cash_cents": 8500, "debit_cents": None, "tip_cents": 500}
    assert receipt_of(paid) == {"handed_over_at": at, **cents}
    assert set(receipt_of({}).values()) == {None}
