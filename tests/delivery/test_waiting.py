"""The waiting list of a full window: who is on it, and who gets a mail when there is a place."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Event
from certification.actions import end_caregiver
from delivery import actions, rules
from delivery.models import DeliveryWindow, Order, WaitingEntry
from notifications.actions import send_due
from tests import factories
from tests.delivery import people
from tests.delivery.people import url, words_of
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def patient():
    return factories.patient()


@shared
def taken():
    """Return the order that has the last place of the next window."""
    order = factories.order()
    people.fill(order.window)
    with unguarded():
        order.window.capacity = order.window.booked = 1
        order.window.save()
    return order


def join(patient, window, by=None):
    return actions.join_waiting_list(window=window, patient=patient, by=by or patient.user)


def notify():
    """Return how many are notified now, and how many mails of a place go out."""
    mail.outbox.clear()
    notified = actions.notify_waiting_list(now=timezone.now(), by=None)
    send_due(by=None)
    return notified, len(mails())


def mails():
    return [sent for sent in mail.outbox if sent.subject == "A delivery window has room again"]


def cancel(order):
    actions.cancel_order(order=order, by=order.placed_by)


# --- Joining --------------------------------------------------------------------------------------------------------


def test_join_waiting_list_once(patient, taken):
    first, second = join(patient, taken.window), join(patient, taken.window)
    assert first == second and WaitingEntry.objects.count() == 1
    assert Event.objects.filter(action="waiting.join", outcome="done").count() == 1


def test_check_is_full(patient, taken):
    cancel(taken)
    with pytest.raises(rules.WindowError, match="is not full"):
        join(patient, taken.window)
    with pytest.raises(rules.WindowError, match="any more"):
        rules.check_is_full(None)


def test_check_may_wait_is_for_orderers(patient, taken, monday):
    stranger = factories.patient()
    with pytest.raises(rules.OrdererError):
        join(patient, taken.window, by=stranger.user)
    with unguarded():
        patient.certifications.update(expires_date=taken.window.date)
    with pytest.raises(rules.CertificationNotValid):
        join(patient, taken.window)
    monday.shift(timedelta(days=2))
    with pytest.raises(rules.WindowError, match="closed at"):
        join(stranger, taken.window)
    assert not WaitingEntry.objects.exists()


def test_leave_waiting_list_twice(patient, taken):
    entry = join(patient, taken.window)
    for _ in range(2):
        actions.leave_waiting_list(entry=entry, by=patient.user)
    assert Event.objects.filter(action="waiting.leave", outcome="done").count() == 1
    cancel(taken)
    assert notify() == (0, 0)


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"told_at": datetime(2026, 11, 23, tzinfo=UTC)}, "waiting_told_counts"), ({"ended_at": None}, "waiting_once")],
)
def test_database_refuses(patient, taken, fields, name):
    actions.leave_waiting_list(entry=join(patient, taken.window), by=patient.user)
    join(patient, taken.window)
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        WaitingEntry.objects.update(**fields)
    assert name in {constraint.name for constraint in WaitingEntry._meta.constraints}


# --- Messages -------------------------------------------------------------------------------------------------------


def test_every_account_on_the_list_gets_one_mail_when_a_place_opens(patient, taken):
    other = factories.patient()
    for waiting in (patient, other):
        join(waiting, taken.window)
    assert notify() == (0, 0)

    cancel(taken)

    assert notify() == (2, 2) and {sent.to[0] for sent in mails()} == {patient.user.email, other.user.email}
    assert "Whoever orders first gets it." in mails()[0].body
    assert notify() == (0, 0)


def test_six_places_in_one_day_are_one_mail(patient, taken):
    join(patient, taken.window)
    told = 0
    for _ in range(6):
        cancel(taken)
        told += notify()[1]
        taken = factories.order(into=taken.window)
        notify()
    assert told == 1


def test_an_account_that_came_too_late_gets_a_mail_about_a_place_of_the_next_day(patient, taken, monday):
    join(patient, taken.window)
    cancel(taken)
    assert notify() == (1, 1)
    second = factories.order(into=taken.window)
    assert notify() == (0, 0)
    cancel(second)
    assert notify() == (0, 0)
    monday.move_to(datetime(2026, 11, 24, 8, 10, tzinfo=ZoneInfo("America/New_York")))
    assert notify() == (1, 1)
    assert notify() == (0, 0)


def test_who_waits_for_two_patients_gets_one_mail(taken):
    caregiver, child, sibling = people.guardian_of_two()
    for one in (child, sibling):
        join(one, taken.window, by=caregiver.user)
    cancel(taken)
    assert notify() == (1, 1)


def test_leaving_and_joining_again_brings_no_second_mail(patient, taken):
    entry = join(patient, taken.window)
    cancel(taken)
    assert notify() == (1, 1)
    actions.leave_waiting_list(entry=entry, by=patient.user)
    second = factories.order(into=taken.window)
    join(patient, taken.window)
    cancel(second)
    assert notify() == (0, 0)


def test_a_mail_that_was_dropped_does_not_count_for_the_day(patient, taken):
    join(patient, taken.window)
    cancel(taken)
    actions.notify_waiting_list(now=timezone.now(), by=None)
    second = factories.order(into=taken.window)
    assert notify() == (0, 0)
    cancel(second)
    assert notify() == (1, 1)


def test_no_mail_about_a_window_that_the_account_ordered_for_meanwhile(patient, taken):
    join(patient, taken.window)
    cancel(taken)
    with unguarded():
        DeliveryWindow.objects.filter(pk=taken.window_id).update(capacity=2)
    assert actions.notify_waiting_list(now=timezone.now(), by=None) == 1
    factories.order(patient, into=taken.window)
    mail.outbox.clear()
    send_due(by=None)
    assert not mails()


def test_an_account_that_ordered_does_not_wait_any_more(patient, taken):
    entry = join(patient, taken.window)
    cancel(taken)
    factories.order(patient, into=taken.window)
    assert notify() == (0, 0)
    entry.refresh_from_db()
    assert entry.ended_at is not None


@pytest.mark.parametrize(("hour", "notified"), [(7, 0), (8, 1), (20, 1), (21, 0), (2, 0)])
def test_is_time_to_notify_by_day_in_new_york(patient, taken, monday, hour, notified):
    join(patient, taken.window)
    cancel(taken)
    day = 23 if hour > 9 else 24  # orders close on Tuesday at 9:30
    monday.move_to(datetime(2026, 11, day, hour, 10, tzinfo=ZoneInfo("America/New_York")))
    assert notify() == (notified, notified)


def test_nobody_gets_a_mail_after_the_cut_off(patient, taken, monday):
    entry = join(patient, taken.window)
    cancel(taken)
    monday.move_to(taken.window.starts_at - timedelta(hours=24) + timedelta(seconds=1))
    assert notify() == (0, 0)
    entry.refresh_from_db()
    assert entry.ended_at is not None


def test_a_mail_is_dropped_when_the_place_is_gone_before_it_is_sent(patient, taken):
    join(patient, taken.window)
    cancel(taken)
    assert actions.notify_waiting_list(now=timezone.now(), by=None) == 1
    factories.order(into=taken.window)
    mail.outbox.clear()
    send_due(by=None)
    assert not mails()


def test_still_waits_until_the_assignment_of_the_caregiver_ends(taken):
    patient, caregiver = people.patient_with_caregiver()
    join(patient, taken.window, by=caregiver.user)
    certification = patient.certifications.get()
    end_caregiver(certification=certification, reason="Recovered.", by=certification.physician.user)
    cancel(taken)
    assert notify() == (0, 0) and not WaitingEntry.objects.live().exists()


def test_an_opened_day_or_a_larger_window_gives_a_place_too(patient, taken):
    join(patient, taken.window)
    actions.set_capacity(window=taken.window, capacity=2, by=factories.staff("Manager"))
    assert notify() == (1, 1)


# --- Pages ----------------------------------------------------------------------------------------------------------


@shared
def client(patient):
    factories.cart(patient)
    return factories.client_for(patient.user)


def typed(patient, window, **over):
    return {
        "patient": patient.number, "wait_for": window.code, "street": "9 Elm Street", "city": "Hamden",
        "zip_code": "06514", "phone": "203 555 0177", "is_residence": "on", "payment_method": "debit", **over,
    }  # fmt: skip


def test_a_full_window_offers_its_list_and_keeps_what_was_typed(client, patient, taken):
    assert "Tell me when a place opens" in words_of(client.get(url("checkout")))

    response = client.post(url("checkout"), typed(patient, taken.window))

    assert "You are on the waiting list. We write to you when a place opens." in words_of(response)
    page = response.content.decode()
    assert 'value="9 Elm Street"' in page and 'value="203 555 0177"' in page and "Error:" not in page
    assert WaitingEntry.objects.get().orderer == patient.user
    assert Order.objects.carts().filter(patient=patient).exists()


@pytest.mark.parametrize("code", ["", "nope", "\x00", "x" * 5000, "2026-13-45-9999", "2030-01-02-0930"])
def test_an_unknown_window_gets_a_sentence(client, patient, taken, code):
    response = client.post(url("checkout"), typed(patient, taken.window, wait_for=code))
    assert response.status_code == 200 and "any more" in words_of(response)
    assert not WaitingEntry.objects.exists()


def test_a_place_that_opened_meanwhile_gets_a_sentence(client, patient, taken):
    cancel(taken)
    response = client.post(url("checkout"), typed(patient, taken.window))
    assert "This window is not full." in words_of(response)


def test_the_list_is_left_on_the_page_of_orders(client, patient, taken):
    entry = join(patient, taken.window)
    assert "Waiting for a place" in words_of(client.get(url("order-list")))
    response = client.post(url("waiting-leave"), {"entry": entry.pk}, follow=True)
    assert "You are off the waiting list." in words_of(response)
    assert "Waiting for a place" not in words_of(response)


def test_no_other_account_takes_an_entry_off_the_list(patient, taken):
    entry = join(patient, taken.window)
    stranger = factories.client_for(factories.patient().user)
    assert stranger.post(url("waiting-leave"), {"entry": entry.pk}).status_code == 404
    assert WaitingEntry.objects.live().exists()


@pytest.mark.parametrize("entry", ["", "abc", "\x00", "9" * 30, "-1", "٣"])
def test_leaving_an_unknown_entry_gets_404(client, entry):
    assert client.post(url("waiting-leave"), {"entry": entry}).status_code == 404
