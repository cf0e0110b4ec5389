"""What a driver's phone asks and posts when it keeps the sheet: times that it measured, posts hours late or twice."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certification.actions import revoke_certification
from delivery import actions, rules
from delivery.models import DoorAttempt, HandOver, Order
from tests import factories
from tests.delivery import door, people
from tests.delivery.test_run_sheet import url
from tests.shared import shared

pytestmark = pytest.mark.django_db
JSON = {"headers": {"accept": "application/json"}}


@shared
def order():
    return factories.order()


@shared
def run(order, monday):
    return door.under_way(door.run_of(order), monday)


def phone(run):
    return factories.client_for(run.driver)


def post(run, order, **over):
    return phone(run).post(url("hand-over", run, order.number), door.typed(order, **over), **JSON)


def test_a_post_hours_late_and_twice_is_one_hand_over_with_both_times(run, order, monday):
    happened = timezone.now() + timedelta(minutes=6)
    monday.shift(timedelta(hours=3))
    for _time in range(2):
        answer = post(run, order, happened_at=happened.isoformat())
        assert answer.json() == {"said": f"Order {order.number} is handed over."}
    made = HandOver.objects.get()
    assert (made.stated_at, made.recorded_at) == (happened, timezone.now())


def test_control_without_the_measured_time_a_late_post_states_its_arrival(run, order, monday):
    monday.shift(timedelta(hours=3))
    post(run, order)
    assert HandOver.objects.get().stated_at == timezone.now()


def test_what_was_typed_wins_over_what_the_phone_measured(run, order, monday):
    monday.shift(timedelta(hours=1))
    post(run, order, happened_at=timezone.now().isoformat(), stated_at="9:45 am")
    assert timezone.localtime(HandOver.objects.get().stated_at).strftime("%H:%M") == "09:45"


@pytest.mark.parametrize(
    ("ahead", "expected"), [(timedelta(0), 0), (timedelta(seconds=119), 0), (timedelta(minutes=-30), -1800)]
)
def test_moment_at_door_takes_a_little_ahead_as_now(run, ahead, expected):
    now = timezone.now()
    assert rules.moment_at_door(None, now + ahead, run, now=now) == now + timedelta(seconds=expected)
    assert rules.moment_at_door(None, None, run, now=now) is None


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        ("soon", "This form is broken"),
        ("2026-11-25T09:30:00", "This form is broken"),
        ("2026-11-26T14:30:00Z", "has not come yet"),
        ("2026-11-24T14:30:00Z", "The run had not left"),
    ],
)
def test_a_wrong_time_of_a_phone_gets_a_sentence_and_the_card(run, order, happened, sentence):
    answer = post(run, order, happened_at=happened)
    assert answer.status_code == 422 and not HandOver.objects.exists()
    assert sentence in answer.json()["sentences"][0]
    assert 'value="123456780"' in answer.json()["card"]


def test_what_arrives_after_the_certification_ended(run, order, monday):
    """A hand-over before the end counts; one after it is refused, and the card says what to do."""
    before = timezone.now() + timedelta(minutes=5)
    monday.shift(timedelta(minutes=30))
    revoke_certification(
        certification=order.patient.certifications.get(), reason="Not eligible.", by=factories.staff("Registrar")
    )
    monday.shift(timedelta(hours=1))
    answer = post(run, order, happened_at=timezone.now().isoformat())
    assert answer.status_code == 422 and "Do not deliver" in answer.json()["sentences"][0]
    assert "bring it back" in answer.json()["card"]
    assert post(run, order, happened_at=before.isoformat()).status_code == 200


def test_an_order_that_was_cancelled_says_so(order, monday):
    other = factories.order()
    run = door.run_of(order, other)
    actions.cancel_order(order=other, reason="Nobody is there.", by=factories.staff("Manager"))
    run = door.under_way(run, monday)
    answer = post(run, other)
    assert answer.status_code == 422 and "was cancelled. Do not deliver it" in answer.json()["sentences"][0]


def test_an_order_that_was_handed_over_differently_has_no_card(run, order):
    post(run, order)
    answer = post(run, order, cash_cents="90")
    assert answer.status_code == 422 and answer.json()["card"] == ""
    assert "already, for $80.00" in answer.json()["sentences"][0]


def test_an_attempt_of_the_phone_counts_once(run, order):
    sent = {"outcome": "nobody_home", "entry_key": uuid4(), "later": "", "happened_at": timezone.now().isoformat()}
    for _time in range(2):
        answer = phone(run).post(url("attempt", run, order.number), sent, **JSON)
        assert answer.json()["said"] == f"Order {order.number} comes once more, at the end."
    assert DoorAttempt.objects.count() == 1


def test_a_phone_that_is_signed_out_is_led_to_sign_in_and_keeps_its_entry(run, order):
    for address in (url("state", run), url("copy", run)):
        assert Client().get(address, **JSON).status_code == 302
    assert Client().post(url("hand-over", run, order.number), door.typed(order), **JSON).status_code == 302
    assert Order.objects.get().status == "out_for_delivery"


def test_the_copy_has_a_card_for_each_of_40_stops(order, monday, django_assert_max_num_queries):
    run = door.under_way(door.run_of(order), monday)
    people.copy(Order.objects.get(pk=order.pk), times=39)
    client = phone(run)
    client.get(reverse("delivery:run-list"))
    with django_assert_max_num_queries(8):
        copy = client.get(url("copy", run), **JSON)
    assert len(copy.json()["cards"]) == 40
    assert all('data-keep="hand-over"' in card for card in copy.json()["cards"].values())
    packed = client.get(url("copy", run), headers={"accept": "application/json", "accept-encoding": "gzip"})
    assert len(packed.content) <= 60_000


def test_the_phone_learns_the_time_of_the_portal_and_a_token(run):
    answer = phone(run).get(url("state", run), **JSON).json()
    assert answer["now"] == timezone.now().isoformat() and len(answer["token"]) == 64


def test_what_a_phone_installs_is_public_and_names_nobody(run, client):
    worker = client.get(reverse("delivery:run-worker"))
    assert (
        worker.headers["Content-Type"].startswith("text/javascript") and "no-cache" in worker.headers["Cache-Control"]
    )
    files = json.loads(worker.content.decode().split("const FILES = ")[1].split(";\n")[0])
    for file in files:
        answer = client.get(file)
        assert answer.status_code == 200 and answer.getvalue(), file
    manifest = client.get(reverse("delivery:run-manifest")).json()
    assert manifest["scope"] == manifest["start_url"] == reverse("delivery:run-list")
    for icon in manifest["icons"]:
        answer = client.get(icon["src"])
        assert answer.status_code == 200 and answer.getvalue()
    assert run.driver.email not in phone(run).get(reverse("delivery:run-worker")).content.decode()


def test_the_page_that_stands_in_loads_no_file_that_the_worker_does_not_keep(client):
    page = client.get(reverse("delivery:run-away")).content.decode()
    worker = client.get(reverse("delivery:run-worker")).content.decode()
    wanted = {part.split('"')[0] for start in ('src="', 'href="') for part in page.split(start)[1:]}
    assert {file for file in wanted if file.startswith("/static/")} <= set(worker.split('"'))
