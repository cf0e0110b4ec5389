"""The driver's pages: own open runs alone, and a sheet that is small enough for a phone on a slow network."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.actions import revoke_certification
from delivery import actions, rules
from delivery.models import DoorAttempt, HandOver, Order, Run
from tests import factories
from tests.delivery import door, people
from tests.delivery.people import words_of
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
RUNS = reverse("delivery:run-list")


@shared
def order():
    return factories.order()


@shared
def run(order, monday):
    return door.under_way(door.run_of(order), monday)


@shared
def client(run):
    return factories.client_for(run.driver)


def url(name, run, *numbers):
    return reverse(f"delivery:run-{name}", args=[run.uuid, *numbers])


def hand_over(client, run, order, **over):
    return client.post(url("hand-over", run, order.number), door.typed(order, **over))


def test_a_driver_sees_own_open_runs_todays_first(client, run, monday):
    later = actions.make_run(
        window=factories.window(factories.next_wednesday(weeks=1)), driver=run.driver, by=run.driver
    )
    page = words_of(client.get(RUNS))
    assert page.index("Morning 1, today") < page.rindex("Morning 1")
    foreign = actions.make_run(window=run.window, driver=factories.staff("Driver"), by=run.driver)
    assert client.get(url("detail", later)).status_code == 200
    assert client.get(url("detail", foreign)).status_code == 404
    for account in (factories.patient().user, factories.staff("Manager"), factories.staff("Pharmacist")):
        other = factories.client_for(account)
        assert (other.get(RUNS).status_code, other.get(url("detail", run)).status_code) == (404, 404)


def test_a_settled_run_is_closed_to_its_driver(client, run, order):
    hand_over(client, run, order)
    actions.settle_run(run=run, cash_counted_cents=8000, by=factories.staff("Manager"))
    assert client.get(url("detail", run)).status_code == 404
    assert "no open run" in words_of(client.get(RUNS))


def test_the_sheet_shows_what_a_driver_needs_and_no_product(client, run, order):
    page = client.get(url("detail", run)).content.decode()
    patient = order.patient
    for shown in (patient.name, patient.number, "40 Orange Street", "$80.00", "tel:+12035550142", "google.com/maps"):
        assert str(shown) in page
    assert order.lines.get().product.name not in page and order.lines.get().product.sku not in page


def test_a_guardian_is_the_name_on_the_card(monday):
    caregiver, child = people.guardian_of_a_child()
    factories.affirm_all(caregiver)
    order = factories.order(child, by=caregiver.user)
    run = door.under_way(door.run_of(order), monday)
    client = factories.client_for(run.driver)
    page = words_of(client.get(url("detail", run)))
    assert "Nora Hart" in page and f"For {child.name}: the caregiver alone takes it" in page
    assert "The patient" not in page
    assert "Choose" in words_of(hand_over(client, run, order))  # the patient is no choice here
    hand_over(client, run, order, received_by="caregiver")
    assert HandOver.objects.get().assignment == child.current_assignment


def test_a_stop_whose_certification_ended_says_do_not_deliver(client, run, order):
    revoke_certification(
        certification=order.patient.certifications.get(), reason="Not eligible.", by=factories.staff("Registrar")
    )
    page = words_of(client.get(url("detail", run)))
    assert "Do not deliver: the certification ended" in page and "Hand over" not in page
    assert "Do not deliver" in words_of(hand_over(client, run, order))
    client.post(url("attempt", run, order.number), {"outcome": "not_certified", "entry_key": uuid4(), "stated_at": ""})
    assert Order.objects.get().status == "returned"


def test_a_hand_over_from_the_card_is_one_however_often_it_is_sent(client, run, order):
    for _tap in range(2):
        response = hand_over(client, run, order, cash_cents="85")
        assert response.url == url("detail", run)
    made = HandOver.objects.get()
    assert (made.cash_cents, made.tip_cents, made.by) == (8500, 500, run.driver)
    assert "Handed over 9:30 a.m." in words_of(client.get(url("detail", run)))
    assert "already, for $85.00" in words_of(
        client.post(url("hand-over", run, order.number), door.typed(order), follow=True)
    )


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"cash_cents": "79.99"}, "$79.99 is $0.01 less than the $80.00 that is due."),
        ({"cash_cents": "-80"}, "Enter dollars and cents"),
        ({"cash_cents": "1e6"}, "Enter dollars and cents"),
        ({"cash_cents": "$800.00"}, "That leaves a tip of $720.00."),
        ({"cash_cents": "", "debit_cents": "90"}, "The card pays $80.00 at most."),
        ({"card_checked": ""}, "Look at the medical marijuana card"),
        ({"id_number": ""}, "Enter the number of the photo ID"),
        ({"received_by": ""}, "Choose who took the order."),
        ({"stated_at": "11 pm"}, "has not come yet"),
        ({"stated_at": "8:00 am"}, "The run had not left"),
        ({"stated_at": "soon"}, "Enter a time"),
    ],
)
def test_wrong_input_at_the_door_gets_a_sentence_and_is_kept(client, run, order, over, sentence):
    response = hand_over(client, run, order, **over)
    page = words_of(response)
    assert response.status_code == 200 and sentence in page
    assert 'value="123456780"' in response.content.decode() or "id_number" in over
    assert (HandOver.objects.count(), Order.objects.get().status) == (0, "out_for_delivery")


def test_a_large_tip_is_asked_about_once_more(client, run, order):
    page = hand_over(client, run, order, cash_cents="110").content.decode()
    assert 'name="tip_agreed_cents"' in page and 'value="3000"' in page
    hand_over(client, run, order, cash_cents="110", tip_agreed_cents="3000")
    assert HandOver.objects.get().tip_cents == 3000


def test_the_card_says_what_is_still_to_check(client, run, order):
    checks = "card, number of the card, photo ID, number of the ID, when the ID expires, signature, money"
    assert f"Still to check: {checks} Nobody" in words_of(client.get(url("detail", run)))
    assert "Still to check: photo ID Nobody" in words_of(hand_over(client, run, order, photo_id_checked=""))


def test_what_happened_hours_ago_is_entered_with_its_time(run, order, monday):
    monday.move_to(timezone.now() + timedelta(hours=15), tick=False)  # after midnight
    hand_over(factories.client_for(run.driver), run, order, stated_at="10:15 am")
    assert timezone.localtime(HandOver.objects.get().stated_at).strftime("%d %H:%M") == "25 10:15"


def test_nobody_home_comes_later_and_anything_else_comes_back(client, run, order):
    key = uuid4()
    for _tap in range(2):
        client.post(url("attempt", run, order.number), {"outcome": "nobody_home", "entry_key": key, "later": ""})
    assert "Nobody home at 9:30 a.m." in words_of(client.get(url("detail", run)))
    assert DoorAttempt.objects.count() == 1
    page = words_of(client.post(url("attempt", run, order.number), {"outcome": "?", "entry_key": "x"}))
    assert "Choose one of the answers" in page
    client.post(url("attempt", run, order.number), {"outcome": "no_card", "entry_key": uuid4(), "later": ""})
    assert Order.objects.get().status == "returned"  # only where nobody is home there is a later
    assert "Comes back with you" in words_of(client.get(url("detail", run)))


def test_an_order_of_another_run_is_not_found(order, monday):
    theirs, run = factories.order(), door.under_way(door.run_of(order), monday)
    client = factories.client_for(run.driver)
    for name in ("hand-over", "attempt"):
        assert client.post(url(name, run, theirs.number), door.typed(theirs)).status_code == 404
        assert client.get(url(name, run, theirs.number)).status_code == 405


def test_nothing_is_offered_to_leave_before_something_is_packed():
    order = factories.order()
    run = actions.make_run(
        window=order.window, orders=[order], driver=factories.staff("Driver"), by=factories.staff("Manager")
    )
    page = words_of(factories.client_for(run.driver).get(url("detail", run)))
    assert "No order of this run is packed yet" in page and "Leave with the packed orders" not in page


def test_the_orders_leave_from_the_sheet(monday):
    order = factories.order()
    run = door.run_of(order)
    client = factories.client_for(run.driver)
    page = words_of(client.get(url("detail", run)))
    assert "Not left yet" in page and "Leave with the packed orders" in page
    assert "not earlier" in words_of(client.post(url("leave", run), follow=True))
    monday.move_to(run.window.starts_at, tick=False)
    client = factories.client_for(run.driver)
    assert "1 order has left with you." in words_of(client.post(url("leave", run), follow=True))
    assert "Nothing more was waiting to leave" in words_of(client.post(url("leave", run), follow=True))


def test_the_sheet_of_40_stops_is_small_and_read_in_8_queries(monday, django_assert_max_num_queries):
    run = door.under_way(door.run_of_many(40), monday)
    client = factories.client_for(run.driver)
    client.get(RUNS)
    with django_assert_max_num_queries(8):
        response = client.get(url("detail", run))
    sheet = response.context["sheet"]
    patients = {stop.order.patient.number for stop in sheet.stops}
    assert (sheet.total, sheet.doors, len(patients)) == (40, 36, 40)
    assert {len(stop.receivers) for stop in sheet.stops} == {1, 2} == {len(stop.lines) - 1 for stop in sheet.stops}
    assert response.content.count(b" Orange Street") == 41  # a row for each, and the open card
    assert len(response.content) <= 60_000, len(response.content)


@pytest.mark.parametrize(
    ("planned", "now", "late"),
    [
        ("10:00", "10:15", 0),
        ("10:00", "10:16", 16),
        ("13:20", "13:30", 0),
        ("13:20", "13:31", 11),  # nobody is on time after the window
        ("14:00", "13:31", 1),  # kept by hand where it is too late
        ("", "13:30", 0),
        ("", "13:31", 1),
    ],
)
def test_minutes_late_begin_a_quarter_of_an_hour_after_the_planned_time_and_with_the_windows_end(
    run, order, planned, now, late
):
    day = run.window.date
    order.planned_at = people.at(day, planned) if planned else None
    assert rules.minutes_late(order, run.window, now=people.at(day, now)) == late
    assert (people.at(day, now) > rules.late_from(order, run.window)) == bool(late)


def test_the_sheet_says_whether_the_driver_is_on_time(client, run, order, monday):
    page = words_of(client.get(url("detail", run)))
    assert "0 of 1 stop done , on time" in page
    expected = Order.objects.get().planned_at or run.window.ends_at
    monday.move_to(expected + timedelta(minutes=20), tick=False)
    client = factories.client_for(run.driver)
    assert "0 of 1 stop done , 20 min late" in words_of(client.get(url("detail", run)))
    hand_over(client, run, order)
    page = words_of(client.get(url("detail", run)))
    assert "min late" not in page and "on time" not in page


def test_a_driver_stays_signed_in_on_the_pages_of_drivers_alone(client, run, order, monday):
    client.get(url("detail", run))
    monday.shift(timedelta(hours=2))
    assert hand_over(client, run, order).status_code == 302
    monday.shift(timedelta(hours=1))
    page = client.get(url("detail", run))
    assert page.status_code == 200 and b"data-idle-seconds" not in page.content
    away = client.get(reverse("delivery:home"))
    assert away.url.startswith(reverse("account_login")) and "_auth_user_id" not in client.session


def test_a_driver_stays_signed_in_until_four_hours_after_the_window(client, run, monday):
    client.get(url("detail", run))
    monday.move_to(run.window.ends_at + timedelta(hours=4) - timedelta(seconds=1), tick=False)
    assert client.get(url("detail", run)).status_code == 200
    monday.shift(timedelta(seconds=1))
    assert client.get(url("detail", run)).url.startswith(reverse("account_login"))


@pytest.mark.parametrize(("cookie", "is_erased"), [("", True), ("1", False)])
def test_signing_out_erases_the_phone_unless_something_waits_to_be_sent(client, run, cookie, is_erased):
    client.get(url("detail", run))
    client.cookies["run-unsent"] = cookie
    response = client.post(reverse("account_logout"))
    assert response.headers.get("Clear-Site-Data") == ('"storage"' if is_erased else None)


def test_staff_take_in_and_settle_in_the_admin(client, run, order):
    client.post(url("attempt", run, order.number), {"outcome": "refused", "entry_key": uuid4()})
    technician = factories.client_for(factories.staff("Technician"))
    address = reverse("admin:delivery_order_step", args=[order.pk, "take-in"])
    assert "quarantine" in words_of(technician.get(address))
    technician.post(address)
    assert Order.objects.get().taken_in_at is not None
    manager = factories.client_for(factories.staff("Manager"))
    address = reverse("admin:delivery_run_step", args=[run.pk, "settle"])
    assert "Cash to count, without the tips $0.00" in words_of(manager.get(address))
    assert "more than the $0.00 expected" in words_of(manager.post(address, {"cash_counted_cents": "5"}))
    manager.post(address, {"cash_counted_cents": "5", "reason": "A found bill."})
    assert Run.objects.get().cash_counted_cents == 500
