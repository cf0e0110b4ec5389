"""Moving an order, declining a delivery, and the calendar file."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.urls import reverse
from icalendar import Calendar

from audit.models import Event
from delivery import actions, rules
from delivery.models import DeliveryWindow, Order
from notifications.actions import send_due
from tests import factories
from tests.delivery import people
from tests.delivery.people import url, words_of
from tests.shared import shared

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@shared
def order():
    return factories.order()


@shared
def later():
    return factories.window(factories.next_wednesday(1), starts="13:30")


@shared
def client(order):
    return factories.client_for(order.placed_by)


def booked(window):
    return DeliveryWindow.objects.get(pk=window.pk).booked


def stays(order):
    """Assert that the order and its window are unchanged."""
    now = Order.objects.get(pk=order.pk)
    assert (now.window, now.moves, booked(order.window)) == (order.window, 0, 1)


# --- Moving ---------------------------------------------------------------------------------------------------------


def test_moving_releases_the_place_and_takes_another(order, later):
    moved = actions.move_order(order=order, window=later, by=order.placed_by)
    assert (moved.window, moved.moves, moved.status) == (later, 1, "placed")
    assert (booked(order.window), booked(later)) == (0, 1)
    assert (moved.subtotal_cents, order.movements.count()) == (8000, 1)
    assert (list(rules.stock_mismatches()), list(rules.window_mismatches())) == ([], [])
    assert Event.objects.filter(action="order.move", subject_id=order.pk, outcome="done").count() == 1


def test_moving_to_its_own_window_changes_nothing(order):
    actions.move_order(order=order, window=order.window, by=order.placed_by)
    stays(order)


def test_each_move_is_mailed_without_product_words(order, later):
    for window in (later, order.window):
        actions.move_order(order=order, window=window, by=order.placed_by)
        send_due(by=None)
    first, second = [message for message in mail.outbox if "new time" in message.subject]
    assert first.subject == f"Your order {order.number} has a new time"
    assert "Wednesday, December 2, 2026, 1:30 p.m. to 4:30 p.m. Eastern" in first.body
    assert "Wednesday, November 25, 2026, 9:30 a.m." in second.body
    assert "Tincture" not in first.body + first.alternatives[0][0]


def test_check_fits_refuses_a_move_by_every_rule_of_the_new_window(order, later, monday):
    people.fill(later)
    refusals = [(later, rules.WindowError)]
    closed = factories.window(factories.next_wednesday(2))
    people.close(closed)
    refusals.append((closed, rules.WindowError))
    for window, error in refusals:
        with pytest.raises(error):
            actions.move_order(order=order, window=window, by=order.placed_by)
    with pytest.raises(rules.OrdererError):
        actions.move_order(order=order, window=factories.window(starts="13:30"), by=factories.user())
    stays(order)


def test_moving_past_the_end_of_the_certification_is_refused():
    patient = factories.certification(on=date(2025, 12, 1)).patient  # valid through November 30, 2026
    order = factories.order(patient)
    with pytest.raises(rules.CertificationNotValid):
        actions.move_order(order=order, window=factories.window(factories.next_wednesday(1)), by=patient.user)
    stays(order)


def test_moving_counts_the_allotment_without_the_order_itself(later):
    patient, big = factories.patient(), factories.product(price_cents=8000, amount_mg=90_000)
    order = factories.order(patient, lines=[(big, 1)])
    assert actions.move_order(order=order, window=later, by=patient.user).window == later
    pharmacist = factories.staff("Pharmacist")
    actions.record_allotment_entry(
        patient=patient, day=date(2026, 11, 2), amount_mg=9_500, origin="counter", reason="Counter.", by=pharmacist
    )
    with pytest.raises(rules.AllotmentError):
        actions.move_order(order=order, window=factories.window(starts="13:30"), by=patient.user)
    assert Order.objects.get().window == later


def test_moving_an_inhaled_product_before_the_eighteenth_birthday_is_refused(later):
    made = factories.certification(
        profile=factories.profile(birth_date=date(2008, 12, 1), email="", has_no_email=True),
        condition=factories.condition(condition_codes=["severe-epilepsy"]),
        caregiver=factories.caregiver(),
        joined=False,
    )
    caregiver = factories.join(made.patient.current_assignment.caregiver)
    pen = factories.product(is_inhaled=False)
    order = factories.order(made.patient, by=caregiver.user, into=later, lines=[(pen, 2)])
    actions.save_product(sku=pen.sku, is_inhaled=True, is_active=False, by=None)
    with pytest.raises(rules.ProductError, match="under 18"):
        actions.move_order(order=order, window=factories.window(), by=caregiver.user)
    still_fits = factories.window(factories.next_wednesday(2))
    assert actions.move_order(order=order, window=still_fits, by=caregiver.user).window == still_fits


def test_moving_until_the_cut_off_and_staff_later(order, later, monday):
    monday.move_to(order.window.starts_at - timedelta(hours=24) + SECOND)
    with pytest.raises(rules.WindowError):
        actions.move_order(order=order, window=later, by=order.placed_by)
    stays(order)
    assert actions.move_order(order=order, window=later, by=factories.staff("Manager")).window == later


def test_the_page_moves_and_says_when_we_come(client, order, later):
    words = words_of(client.get(url("order-move", order.number)))
    assert "Now: Wednesday, November 25, 2026, 9:30 a.m. to 1:30 p.m. Eastern" in words
    assert f'value="{order.window.code}"'.encode() not in client.get(url("order-move", order.number)).content
    response = client.post(url("order-move", order.number), {"window": later.code}, follow=True)
    assert response.redirect_chain == [(url("order-detail", order.number), 302)]
    assert "Moved: we come on Wednesday, December 2, 2026." in words_of(response)


@pytest.mark.parametrize("typed", ["", "2026-11-25-0931", "\0", "🌿", "x" * 100_000])
def test_an_unknown_window_gets_a_sentence(client, order, typed):
    response = client.post(url("order-move", order.number), {"window": typed})
    assert response.status_code == 200
    assert "<title>Error: Move this order" in response.content.decode()
    stays(order)


def test_a_window_that_filled_meanwhile_gets_a_sentence_and_the_free_windows(client, order, later):
    people.fill(later)
    words = words_of(client.post(url("order-move", order.number), {"window": later.code}))
    assert "This window filled a moment ago." in words
    assert "Next free:" in words
    stays(order)


def test_moving_after_the_cut_off_leads_back(order, monday):
    monday.move_to(order.window.starts_at - timedelta(hours=24) + SECOND)
    client = factories.client_for(order.placed_by)
    response = client.get(url("order-move", order.number), follow=True)
    assert response.redirect_chain == [(url("order-detail", order.number), 302)]
    assert "Move to another window" not in words_of(response)


# --- Nobody can take it ---------------------------------------------------------------------------------------------


@pytest.fixture
def late_client(order, monday):
    monday.move_to(order.window.starts_at - timedelta(hours=2))
    return factories.client_for(order.placed_by)


def test_an_orderer_who_cannot_take_the_delivery_marks_it_for_staff(late_client, order):
    assert "I can’t take it" in words_of(late_client.get(url("order-detail", order.number)))
    assert "Nobody can take the delivery?" in words_of(late_client.get(url("order-decline", order.number)))
    for _time in range(2):
        response = late_client.post(url("order-decline", order.number), follow=True)
    assert "You told us on Wednesday, November 25, 2026, 7:30 a.m. Eastern" in words_of(response)
    marked = Order.objects.get()
    assert (marked.status, booked(order.window)) == ("placed", 1)
    assert Event.objects.filter(action="order.decline", outcome="done").count() == 1
    words = words_of(
        factories.client_for(factories.staff("Pharmacist")).get(reverse("admin:delivery_order_changelist"))
    )
    assert "Cannot take it" in words and "Placed, to review" in words


def test_before_the_cut_off_the_page_offers_to_cancel_instead(client, order):
    response = client.post(url("order-decline", order.number), follow=True)
    assert "You can still cancel or move this order" in words_of(response)
    assert Order.objects.get().declined_at is None


def test_a_stranger_declines_nothing(order, monday):
    monday.move_to(order.window.starts_at)
    with pytest.raises(rules.OrdererError):
        actions.decline_order(order=order, by=factories.user())


# --- The calendar ---------------------------------------------------------------------------------------------------


def event_of(client, order):
    response = client.get(url("order-calendar", order.number))
    assert response.headers["Content-Type"] == "text/calendar"
    assert f'filename="{order.number}.ics"' in response.headers["Content-Disposition"]
    assert b"Tincture" not in response.content
    calendar = Calendar.from_ical(response.content)
    assert calendar.walk("VTIMEZONE")
    return calendar.walk("VEVENT")[0]


def test_the_calendar_file_says_when_and_what_to_have_ready(client, order):
    event = event_of(client, order)
    assert event.decoded("dtstart") == order.window.starts_at
    assert event.decoded("dtend") == order.window.ends_at
    assert event["uid"] == f"{order.number}@testserver"
    assert "exactly $80.00 in cash" in event["description"]
    assert event["location"] == "40 Orange Street, New Haven, CT 06510"
    assert order.patient.last_name not in str(event.to_ical())


def test_its_uid_stays_and_its_sequence_grows_when_moved_and_cancelled(client, order, later):
    before = event_of(client, order)
    actions.move_order(order=order, window=later, by=order.placed_by)
    moved = event_of(client, order)
    factories.confirm(order, by=factories.staff("Pharmacist"))
    confirmed = event_of(client, order)
    actions.cancel_order(order=order, by=order.placed_by)
    cancelled = event_of(client, order)
    events = (before, moved, confirmed, cancelled)
    assert len({event["uid"] for event in events}) == 1
    assert [event["sequence"] for event in events] == [0, 1, 2, 3]
    assert moved.decoded("dtstart") == later.starts_at
    assert [event["status"] for event in events] == ["TENTATIVE", "TENTATIVE", "CONFIRMED", "CANCELLED"]
    assert cancelled["description"] == "This order is not delivered. Nothing is charged."


def test_a_debit_card_is_named_where_it_is_the_payment():
    order = factories.order(payment_method="debit", idempotency_key=uuid4())
    assert "a debit card for $80.00" in event_of(factories.client_for(order.placed_by), order)["description"]
