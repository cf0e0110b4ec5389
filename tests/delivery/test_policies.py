"""New terms of delivery: they are set in advance after a preview, and windows without orders follow them."""

from calendar import FRIDAY, MONDAY, SATURDAY, SUNDAY, WEDNESDAY
from datetime import date, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from delivery import actions, rules
from delivery.models import DeliveryPolicy, DeliveryWindow, Order
from delivery.reference import POLICIES
from tests import factories
from tests.certification import forms
from tests.shared import shared

pytestmark = pytest.mark.django_db
SET = "/admin/delivery/deliverypolicy/set/"


@shared
def manager():
    return factories.staff("Manager")


@shared
def client(manager):
    return factories.client_for(manager)


@shared
def second():
    """Return the first day of the new terms: the second Wednesday."""
    return factories.next_wednesday(1)


def set_policy(by, day, **over):
    terms = {**POLICIES[0], **over, "effective_date": day}
    return actions.set_policy(**terms, reason="Agreed in the meeting.", by=by)


def standing(day):
    """Return the starting time and the places of the windows from that day on."""
    return [(window.starts, window.capacity) for window in DeliveryWindow.objects.filter(date=day)]


# --- Terms ----------------------------------------------------------------------------------------------------------


def test_set_policy_holds_from_its_day_on_and_leaves_placed_orders_alone(manager, second):
    order = factories.order(into=factories.window(second))

    set_policy(manager, second, minimum_cents=9000, lead_hours=48)

    assert rules.policy_on(second - timedelta(days=1)).minimum_cents == 7500
    assert rules.policy_on(second).minimum_cents == 9000
    unchanged = Order.objects.select_related("policy", "window").get(pk=order.pk)
    assert (unchanged.policy.minimum_cents, unchanged.window.date, unchanged.status) == (7500, second, "placed")
    assert Event.objects.get(action="policy.set", outcome="done").reason == "Agreed in the meeting."


def test_set_policy_for_the_same_day_replaces_the_terms(manager, second):
    for minimum_cents in (9000, 8000):
        set_policy(manager, second, minimum_cents=minimum_cents)
    assert DeliveryPolicy.objects.get(effective_date=second).minimum_cents == 8000


@pytest.mark.parametrize("days", [0, -1, -400])
def test_check_begins_later_than_today(manager, days):
    with pytest.raises(rules.PolicyError, match="tomorrow or later"):
        set_policy(manager, timezone.localdate() + timedelta(days=days))
    assert DeliveryPolicy.objects.count() == 1


@pytest.mark.parametrize(
    ("windows", "sentence"),
    [
        ([], "at least one window"),
        ([["13:30", "09:30"]], "end after it starts"),
        ([["09:30", "09:30"]], "end after it starts"),
        ([["09:30", "13:30"], ["13:00", "16:30"]], "overlap"),
        ([["13:30", "16:30"], ["09:30", "13:30"]], "not in order"),
    ],
)
def test_check_hours(windows, sentence):
    with pytest.raises(rules.PolicyError, match=sentence):
        rules.check_hours(windows)
    rules.check_hours(POLICIES[0]["windows"])


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"capacity": 0}, "capacity"),
        ({"lead_hours": 337}, "lead_hours"),
        ({"allotment_days": 0}, "allotment_days"),
        ({"radius_miles": 0, "origin_zip": "06510"}, "radius_miles"),
        ({"radius_miles": 10}, "origin_zip"),
        ({"radius_miles": 10, "origin_zip": "10001"}, "origin_zip"),
        ({"radius_miles": 10, "origin_zip": "06390"}, "origin_zip"),
    ],
)
def test_check_policy_names_the_figure(manager, second, over, field):
    with pytest.raises(rules.PolicyError) as refused:
        set_policy(manager, second, **over)
    assert refused.value.field == field
    assert not DeliveryPolicy.objects.filter(effective_date=second).exists()


# --- Windows --------------------------------------------------------------------------------------------------------


def test_windows_under_other_places_are_never_fewer_than_booked(manager, second):
    window = factories.order(into=factories.window(second)).window
    factories.order(into=window)

    set_policy(manager, second, capacity=1)

    assert standing(second) == [(time(9, 30), 2), (time(13, 30), 1)]
    assert standing(factories.next_wednesday()) == [(time(9, 30), 20), (time(13, 30), 20)]


def test_windows_under_other_hours_go_and_windows_with_orders_keep_only_their_orders(manager, second):
    order = factories.order(into=factories.window(second))

    set_policy(manager, second, windows=[["12:00", "15:00"], ["15:00", "18:00"]])

    assert standing(second) == [(time(9, 30), 1), (time(15), 20)]
    assert standing(factories.next_wednesday(2)) == [(time(12), 20), (time(15), 20)]
    with pytest.raises(rules.WindowError, match="filled"):
        factories.order(into=order.window)


@pytest.mark.parametrize("weekdays", [{FRIDAY}, {MONDAY, FRIDAY}, {WEDNESDAY, SUNDAY}])
def test_windows_under_other_weekdays_follow(manager, second, weekdays):
    factories.window()
    set_policy(manager, second, weekdays=sum(1 << weekday for weekday in weekdays))
    days = set(DeliveryWindow.objects.filter(date__gte=second).values_list("date", flat=True))
    assert {day.weekday() for day in days} == weekdays


def test_windows_of_later_terms_and_windows_added_by_hand_stay(manager, second):
    factories.window()
    later = factories.next_wednesday(3)
    set_policy(manager, later, capacity=7)
    actions.add_window(day=second, starts=time(18), ends=time(20), capacity=3, by=manager)

    set_policy(manager, second, capacity=9)

    assert standing(second) == [(time(9, 30), 9), (time(13, 30), 9), (time(18), 3)]
    assert standing(later) == [(time(9, 30), 7), (time(13, 30), 7)]


def test_drop_policy_goes_back_to_the_terms_before(manager, second):
    factories.window()
    policy = set_policy(manager, second, windows=[["12:00", "15:00"]], minimum_cents=9000)

    actions.drop_policy(policy=policy, reason="Typed wrongly.", by=manager)

    assert rules.policy_on(second).minimum_cents == 7500
    assert standing(second) == [(time(9, 30), 20), (time(13, 30), 20)]


def test_drop_policy_that_is_in_force_is_refused(manager):
    with pytest.raises(rules.PolicyError, match="tomorrow or later"):
        actions.drop_policy(policy=rules.policy_on(timezone.localdate()), reason="Old.", by=manager)
    assert DeliveryPolicy.objects.count() == 1


def test_a_window_that_new_terms_deleted_gets_a_sentence_at_checkout(manager, second):
    window = factories.window(second)
    patient = factories.patient()
    factories.cart(patient)
    set_policy(manager, second, windows=[["12:00", "15:00"]])
    with pytest.raises(rules.WindowError, match="any more"):
        factories.order(patient, into=window)
    assert Order.objects.carts().filter(patient=patient).exists()


# --- The page of the manager ----------------------------------------------------------------------------------------


def typed(day, **over):
    terms = {
        "weekdays": ["2"], "windows": "9:30 am to 1:30 pm\n1:30 pm - 4:30 pm", "minimum_cents": "80.00",
        "lead_hours": "24", "capacity": "20", "radius_miles": "", "origin_zip": "", "allotment_days": "30",
        "reason": "Agreed in the meeting.",
    }  # fmt: skip
    return {**forms.date_boxes("effective_date", day), **terms, **over}


def test_the_page_begins_with_what_is_in_force(client):
    page = client.get(SET).content.decode()
    assert 'value="75.00"' in page and "9:30 a.m. to 1:30 p.m." in page


def test_new_terms_are_set_after_a_preview(client, second):
    order = factories.order(into=factories.window(second))
    answers = typed(second, weekdays=["5", "2"], windows="12 pm to 3 pm")

    preview = client.post(SET, answers).content.decode()
    assert "Wednesday, Saturday" in preview
    assert "$75.00" in preview and "$80.00" in preview and "noon to 3 p.m." in preview
    assert "what is booked (1) stays" in preview and not DeliveryPolicy.objects.filter(effective_date=second).exists()

    response = client.post(SET, {**answers, "agreed": "1"}, follow=True)
    assert "Set new terms: done." in response.content.decode()
    assert rules.policy_on(second).windows == [["12:00", "15:00"]]
    assert rules.policy_on(second).days_of_week == [WEDNESDAY, SATURDAY]
    assert Order.objects.get(pk=order.pk).status == "placed"


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"windows": "half past nine"}, "Write one window a line"),
        ({"windows": "25:00 to 26:00"}, "Write one window a line"),
        ({"windows": " \n"}, "Enter windows"),
        ({"windows": "1 pm to 9 am"}, "end after it starts"),
        ({"minimum_cents": "-1"}, "Enter a price"),
        ({"capacity": "1e9"}, "Enter a whole number"),
        ({"weekdays": ["9"]}, "Choose one of the answers"),
        ({"weekdays": ["2", "two"]}, "Choose one of the answers"),
        ({"weekdays": []}, "Choose an answer: delivery days"),
        ({"radius_miles": "10", "origin_zip": "10001"}, "ZIP code in Connecticut"),
        ({"effective_date_year": "2020"}, "tomorrow or later"),
        ({"reason": ""}, "Enter a reason."),
        ({"windows": "\x00"}, "Write one window a line"),
    ],
)
def test_bad_terms_get_a_sentence_and_stay_typed(client, second, over, sentence):
    page = client.post(SET, {**typed(second), **over, "agreed": "1"}).content.decode()
    assert sentence in page and "80.00" in (page if "minimum_cents" not in over else "80.00")
    assert DeliveryPolicy.objects.count() == 1


def test_terms_not_yet_in_force_are_deleted_on_their_page(client, manager, second):
    policy = set_policy(manager, second, minimum_cents=9000)
    client.post(reverse("admin:delivery_deliverypolicy_step", args=[policy.pk, "drop"]), {"reason": "Typed wrongly."})
    assert not DeliveryPolicy.objects.filter(pk=policy.pk).exists()
    first = DeliveryPolicy.objects.get()
    step = reverse("admin:delivery_deliverypolicy_step", args=[first.pk, "drop"])
    assert client.get(step).status_code == 302 and first.effective_date == date(2020, 1, 1)
