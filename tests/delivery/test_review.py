"""Confirming: the review in the monitoring program, and 1 or 200 orders at once."""

import re
import time
from datetime import timedelta

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from delivery import actions, rules
from delivery.models import DeliveryWindow, Order, StockMovement
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.delivery.people import review, words_of
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
ORDERS = reverse("admin:delivery_order_changelist")


@shared
def pharmacist():
    return factories.staff("Pharmacist")


def step(order, name):
    return reverse("admin:delivery_order_step", args=[order.pk, name])


def chosen(name, orders, **more):
    """Return what the menu of the list posts; with `perform`, what the page of the action posts."""
    return {"action": name, ACTION_CHECKBOX_NAME: [getattr(order, "pk", order) for order in orders], **more}


def statuses(orders):
    return list(
        Order.objects.filter(pk__in=[order.pk for order in orders]).order_by("pk").values_list("status", flat=True)
    )


# --- One order ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_ago", "sentence"),
    [
        (0, ""),
        (7, ""),
        (8, "A review before November 16, 2026 is too old."),
        (-1, "in the future"),
        (None, "Enter the day"),
    ],
)
def test_check_monitoring_review(days_ago, sentence):
    today = timezone.localdate()
    reviewed = None if days_ago is None else today - timedelta(days=days_ago)
    refusal = rules.refusal_of(rules.check_monitoring_review, reviewed, today=today)
    assert sentence in refusal and bool(sentence) is bool(refusal)


def test_the_review_is_kept_on_the_order_and_in_the_trail(pharmacist):
    order, day = factories.order(), timezone.localdate() - timedelta(days=1)
    confirmed = actions.confirm_order(order=order, monitoring_reviewed_date=day, by=pharmacist)
    assert confirmed.monitoring_reviewed_date == Order.objects.get().monitoring_reviewed_date == day
    event = Event.objects.get(action="order.confirm")
    assert (event.subject_id, event.reason) == (order.pk, "monitoring program reviewed on 2026-11-22")


def test_an_order_is_not_confirmed_without_a_review_of_today(pharmacist):
    order = factories.order()
    with pytest.raises(rules.ReviewError):
        actions.confirm_order(order=order, monitoring_reviewed_date=None, by=pharmacist)
    assert Order.objects.get().status == "placed"
    assert Event.objects.get(action="order.confirm").outcome == "refused"


def test_an_order_that_was_confirmed_before_the_review_was_asked_stays_possible():
    order = factories.order()
    with unguarded():
        Order.objects.update(status="confirmed", confirmed_at=order.placed_at, predates_review=True)
    assert Order.objects.get().monitoring_reviewed_date is None


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"reviewed": ""}, "Tick this once you have reviewed the patient"),
        ({"monitoring_reviewed_date": "31/12/2026"}, "Enter the day as month/day/year"),
        ({"monitoring_reviewed_date": "12/24/2026"}, "This day is in the future."),
        ({"monitoring_reviewed_date": "\x00"}, "Enter the day as month/day/year"),
        ({"monitoring_reviewed_date": ""}, "Enter the day on which you reviewed"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(pharmacist, over, sentence):
    order = factories.order()
    client = factories.client_for(pharmacist)
    page = client.post(step(order, "confirm"), review(**over)).content.decode()
    assert sentence in page
    assert "checked" in page or not over.get("reviewed", "on")
    assert Order.objects.get().status == "placed"


def test_a_tick_is_never_set_before(pharmacist):
    page = factories.client_for(pharmacist).get(step(factories.order(), "confirm")).content.decode()
    assert 'name="reviewed"' in page
    assert "checked" not in page


# --- Many orders ----------------------------------------------------------------------------------------------------


def test_many_are_confirmed_and_those_that_cannot_be_are_named(pharmacist):
    orders = people.orders_of_many(5)
    actions.refuse_order(order=orders[1], reason="A shop.", by=pharmacist)
    factories.confirm(orders[2], by=pharmacist)
    today = timezone.localdate()

    refusals = actions.confirm_orders(orders=orders, monitoring_reviewed_date=today, by=pharmacist)

    assert statuses(orders) == ["confirmed", "refused", "confirmed", "confirmed", "confirmed"]
    assert {pk: str(refusal) for pk, refusal in refusals.items()} == {
        orders[1].pk: "This order is refused; that is no longer possible."
    }
    assert Notification.objects.filter(kind="order_confirmed").count() == 4
    done = Event.objects.filter(action="order.confirm").order_by("pk").values_list("subject_id", "outcome")
    assert sorted(done) == sorted([(order.pk, "refused" if order == orders[1] else "done") for order in orders])
    assert not rules.stock_mismatches()


def test_the_order_placed_first_takes_the_oldest_lot_and_no_item_is_taken_twice(pharmacist):
    orders = people.orders_of_many(4, units=3)
    product = orders[0].lines.get().product
    with unguarded():
        StockMovement.objects.filter(lot="LOT-1").update(quantity=7)
    actions.confirm_orders(orders=orders[::-1], monitoring_reviewed_date=timezone.localdate(), by=pharmacist)
    lots = [rules.lots_of(order.lines.get()) for order in orders]
    assert lots == [[("LOT-1", 3)], [("LOT-1", 3)], [("LOT-1", 1), ("LOT-2", 2)], [("LOT-2", 3)]]
    assert rules.lots_with_stock(product) == [("LOT-2", 12 - 5)]


def test_200_orders_cost_few_statements_and_little_time(pharmacist, django_assert_max_num_queries):
    orders = people.orders_of_many(200)
    begun = time.process_time()
    with django_assert_max_num_queries(70):
        actions.confirm_orders(orders=orders, monitoring_reviewed_date=timezone.localdate(), by=pharmacist)
    assert time.process_time() - begun < 2
    assert set(statuses(orders)) == {"confirmed"}


# --- The page for many ----------------------------------------------------------------------------------------------


def hidden_fields_of(page):
    """Return the hidden fields of the page's form as a browser posts them."""
    posted = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.content.decode()):
        posted.setdefault(name, []).append(value)
    return posted


def test_200_of_the_whole_list_are_confirmed_but_the_3_that_cannot_be(pharmacist):
    orders, client = people.orders_of_many(200), factories.client_for(pharmacist)
    actions.refuse_order(order=orders[7], reason="A shop.", by=pharmacist)
    actions.cancel_order(order=orders[90], reason="Away.", by=pharmacist)
    actions.cancel_order(order=orders[199], reason="Away.", by=pharmacist)
    left_out = {orders[7]: "refused", orders[90]: "cancelled", orders[199]: "cancelled"}
    whole_list = f"{ORDERS}?status=all"

    page = client.post(whole_list, chosen("confirm", orders[:50], select_across="1"))  # a page of the list has 50 rows
    words = words_of(page)
    assert "Confirm: 197 orders" in words and "3 are left out" in words
    for order, status in left_out.items():
        assert f"{order.number}, Rosa Delgado This order is {status}; that is no longer possible." in words

    begun = time.process_time()
    answer = client.post(whole_list, {**hidden_fields_of(page), **review()})
    spent = time.process_time() - begun

    assert spent <= 3, f"{spent:.2f} s of processor time"
    words = words_of(client.get(answer.url))
    assert "Confirm: 197 done." in words
    for order, status in left_out.items():
        assert f"not done for {order.number}, Rosa Delgado. This order is {status};" in words
    assert [status for status in statuses(orders) if status != "confirmed"] == list(left_out.values())
    assert Notification.objects.filter(kind="order_confirmed").count() == 197


def test_the_page_names_what_will_change_and_what_cannot_and_then_does_it(pharmacist):
    orders, client = people.orders_of_many(4), factories.client_for(pharmacist)
    actions.cancel_order(order=orders[3], reason="Away.", by=pharmacist)
    words = words_of(client.post(ORDERS, chosen("confirm", orders)))
    assert "Confirm: 3 orders" in words
    assert "1 is left out" in words
    assert f"{orders[3].number}, Rosa Delgado This order is cancelled; that is no longer possible." in words
    assert set(statuses(orders)) == {"placed", "cancelled"}

    actions.refuse_order(order=orders[2], reason="A shop.", by=pharmacist)  # a second before the button is pressed
    posted = chosen("confirm", orders[:3], perform="1", left_out=[orders[3].pk], **review())
    words = words_of(client.post(ORDERS, posted, follow=True))

    assert statuses(orders) == ["confirmed", "confirmed", "refused", "cancelled"]
    assert "Confirm: 2 done." in words
    for order, status in ((orders[2], "refused"), (orders[3], "cancelled")):
        assert (
            f"not done for {order.number}, Rosa Delgado. This order is {status}; that is no longer possible." in words
        )


def test_a_page_sent_twice_acts_once(pharmacist):
    orders, client = people.orders_of_many(2), factories.client_for(pharmacist)
    for _twice in range(2):
        words = words_of(client.post(ORDERS, chosen("confirm", orders, perform="1", **review()), follow=True))
        assert "Confirm: 2 done." in words
    assert Notification.objects.filter(kind="order_confirmed").count() == 2


def test_without_the_tick_nothing_happens_and_the_date_stays(pharmacist):
    orders, client = people.orders_of_many(2), factories.client_for(pharmacist)
    posted = chosen("confirm", orders, perform="1", **review(reviewed="", monitoring_reviewed_date="11/20/2026"))
    response = client.post(ORDERS, posted)
    assert "Tick this once you have reviewed each of the patients" in words_of(response)
    assert 'value="11/20/2026"' in response.content.decode()
    posted = chosen("confirm", orders, perform="1", **review(monitoring_reviewed_date="11/01/2026"))
    assert "is too old" in words_of(client.post(ORDERS, posted))
    assert set(statuses(orders)) == {"placed"}


@pytest.mark.parametrize(
    ("name", "ids", "sentence"),
    [
        ("confirm", [], "Select at least one row first."),
        ("confirm", ["abc", "-1", "9" * 40, "\x00", "٣"], "Select at least one row first."),
        ("confirm", [987654321], "One more that you selected is not on your list any more."),
        ("", [1], "Choose what to do with the selected rows"),
        ("lot", [1], "Choose what to do with the selected rows"),
        ("confirm", range(1, 202), "Select at most 200 rows at a time."),
    ],
)
def test_a_choice_that_cannot_be_is_answered_with_a_sentence(pharmacist, name, ids, sentence):
    client = factories.client_for(pharmacist)
    assert sentence in words_of(client.post(ORDERS, chosen(name, ids), follow=True))


def test_who_may_not_confirm_is_not_offered_it_and_gets_403():
    orders = people.orders_of_many(1)
    for group in ("Technician", "Manager"):
        client = factories.client_for(factories.staff(group))
        page = client.get(ORDERS, {"status": "placed"}).content.decode()
        assert 'value="confirm"' not in page and 'value="refuse"' in page
        assert client.post(ORDERS, chosen("confirm", orders, perform="1", **review())).status_code == 403
        assert client.post(step(orders[0], "confirm"), review()).status_code == 403
    driver = factories.client_for(factories.staff("Driver"))
    assert driver.post(ORDERS, chosen("cancel", orders, perform="1", reason="x")).status_code == 403
    assert factories.client_for(factories.staff("Registrar")).post(ORDERS, chosen("confirm", orders)).status_code == 403
    assert statuses(orders) == ["placed"]


def test_many_are_refused_and_cancelled_with_one_reason(pharmacist):
    orders, client = people.orders_of_many(4), factories.client_for(pharmacist)
    for name, some in (("refuse", orders[:2]), ("cancel", orders[2:])):
        assert "Enter a reason." in words_of(client.post(ORDERS, chosen(name, some, perform="1", reason="")))
        client.post(ORDERS, chosen(name, some, perform="1", reason="A storm."))
    assert statuses(orders) == ["refused", "refused", "cancelled", "cancelled"]
    assert set(Order.objects.values_list("ended_reason", flat=True)) == {"A storm."}


def test_many_are_moved_until_the_window_is_full(pharmacist):
    orders, client = people.orders_of_many(3), factories.client_for(pharmacist)
    later = factories.window(factories.next_wednesday(1))
    with unguarded():
        DeliveryWindow.objects.filter(pk=later.pk).update(booked=later.capacity - 2)
    words = words_of(client.post(ORDERS, chosen("move", orders, perform="1", window=later.pk), follow=True))
    assert "Move: 2 done." in words
    assert f"not done for {orders[2].number}, Rosa Delgado. This window filled a moment ago." in words
    assert list(Order.objects.order_by("pk").values_list("window", flat=True)) == [
        later.pk, later.pk, orders[2].window_id,
    ]  # fmt: skip


def test_many_are_put_into_a_run_but_for_an_order_of_another_window():
    orders, manager = people.orders_of_many(4), factories.staff("Manager")
    client, run = factories.client_for(manager), actions.make_run(window=orders[0].window, by=manager)
    actions.move_order(order=orders[1], window=factories.window(factories.next_wednesday(1)), by=manager)
    actions.cancel_order(order=orders[3], reason="Away.", by=manager)

    words = words_of(client.post(f"{ORDERS}?status=all", chosen("assign", orders)))
    assert "Put into a run: 3 orders" in words and "1 is left out" in words
    assert f"{orders[3].number}, Rosa Delgado This order is cancelled; that is no longer possible." in words
    words = words_of(client.post(ORDERS, chosen("assign", orders[:3], perform="1", run=run.pk), follow=True))

    assert "Put into a run: 2 done." in words
    assert f"not done for {orders[1].number}, Rosa Delgado. Order {orders[1].number} is for another window." in words
    placed = Order.objects.order_by("pk").values_list("run", "position")
    assert list(placed) == [(run.pk, 1), (None, None), (run.pk, 2), (None, None)]
    assert Event.objects.filter(action="order.join_run", outcome="done").count() == 2


def test_many_are_taken_out_of_their_runs_when_no_run_is_chosen():
    orders, manager = people.orders_of_many(3), factories.staff("Manager")
    run = actions.make_run(window=orders[0].window, orders=orders, by=manager)
    client = factories.client_for(manager)
    gone = client.post(ORDERS, chosen("assign", orders, perform="1", run="999999"))
    assert "Choose one of the answers in the list." in words_of(gone)
    assert run.orders.count() == 3
    words = words_of(client.post(ORDERS, chosen("assign", orders[:2], perform="1", run=""), follow=True))
    assert "Put into a run: 2 done." in words
    assert list(run.orders.values_list("pk", flat=True)) == [orders[2].pk]


def test_who_may_not_plan_runs_is_not_offered_to_put_orders_into_one():
    orders, manager = people.orders_of_many(1), factories.staff("Manager")
    run = actions.make_run(window=orders[0].window, by=manager)
    for group in ("Pharmacist", "Technician", "Driver"):
        client = factories.client_for(factories.staff(group))
        assert 'value="assign"' not in client.get(ORDERS).content.decode()
        assert client.post(ORDERS, chosen("assign", orders, perform="1", run=run.pk)).status_code == 403
    assert 'value="assign"' in factories.client_for(manager).get(ORDERS).content.decode()
    assert not run.orders.exists()
