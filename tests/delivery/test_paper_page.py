"""The page on which staff type in the papers of a run after an outage."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from delivery import actions
from delivery.models import DoorAttempt, HandOver, Order, Run
from tests import factories
from tests.delivery import door
from tests.delivery.people import words_of
from tests.delivery.test_print_pack import pages_of
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@shared
def orders():
    return [factories.order(), factories.order(), factories.order()]


@shared
def run(orders, monday):
    """A run with three packed orders; it is 2 p.m., and the portal was down since 9:25."""
    run = door.run_of(*orders, driver=factories.staff("Driver", first_name="Dan"))
    monday.move_to(run.window.starts_at + timedelta(hours=4, minutes=30), tick=False)
    return run


@shared
def pharmacist(run):
    return factories.staff("Pharmacist")


@shared
def client(pharmacist):
    return factories.client_for(pharmacist)


def page_of(run):
    return reverse("admin:delivery_run_paper", args=[run.pk])


def leave(client, run, orders, at="9:40 am"):
    return client.post(
        page_of(run), {"do": "left", "left_at": at, "orders": [order.pk for order in orders]}, follow=True
    )


def hand_over(client, run, order, **over):
    answers = door.typed(order, stated_at="10:15 am", signed="", signature="", **over)
    return client.post(page_of(run), {"do": "hand-over", "order": order.number, **answers}, follow=True)


def came_back(client, run, order, outcome="refused", at="11:20 am", key=None):
    answers = {"outcome": outcome, "stated_at": at, "entry_key": key or uuid4()}
    return client.post(page_of(run), {"do": "attempt", "order": order.number, **answers}, follow=True)


def test_a_run_is_typed_in_one_paper_after_the_other(client, pharmacist, run, orders):
    first, second, third = orders
    assert "The run left" in words_of(client.get(page_of(run)))
    assert f"{first.number}, {first.patient.name}" in words_of(leave(client, run, orders))
    page = words_of(hand_over(client, run, first, cash_cents="85", tip_agreed_cents="5"))
    assert f"{first.number}: the hand-over is typed in." in page and "Handed over at 10:15 a.m., from paper" in page
    assert f"{second.number}, {second.patient.name}" in page  # the next one
    came_back(client, run, second, "later", at="10:40 am")
    hand_over(client, run, third)
    assert "1 of 3" not in words_of(came_back(client, run, second))
    made = HandOver.objects.order_by("pk").values_list("by", "typed_by", "tip_cents", "signed")
    assert list(made) == [(run.driver_id, pharmacist.pk, 500, "paper"), (run.driver_id, pharmacist.pk, 0, "paper")]
    assert list(DoorAttempt.objects.values_list("outcome", "comes_back").order_by("pk")) == [
        ("nobody_home", False), ("refused", True),
    ]  # fmt: skip
    assert timezone.localtime(Run.objects.get().opened_at).strftime("%H:%M") == "09:40"
    assert "no paper to type in" in words_of(client.get(page_of(run)))


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"stated_at": ""}, "Enter the time on the paper."),
        ({"stated_at": "9:10 am"}, "The run had not left at 9:10 a.m."),
        ({"stated_at": "2:10 pm"}, "has not come yet"),
        ({"stated_at": "soon"}, "Enter a time"),
        ({"cash_cents": "79.99"}, "$79.99 is $0.01 less"),
        ({"cash_cents": "85"}, "the tip you typed is $0.00"),
        ({"cash_cents": "1e6"}, "Enter dollars and cents"),
        ({"card_checked": ""}, "Look at the medical marijuana card"),
        ({"received_by": ""}, "Choose who took the order."),
    ],
)
def test_a_wrong_paper_gets_a_sentence_and_is_kept(client, run, orders, over, sentence):
    leave(client, run, orders)
    answers = {**door.typed(orders[0], stated_at="10:15 am", id_number="CT-77 12"), **over}
    response = client.post(page_of(run), {"do": "hand-over", "order": orders[0].number, **answers})
    assert response.status_code == 200 and sentence in words_of(response)
    assert 'value="CT-77 12"' in response.content.decode()
    assert (HandOver.objects.count(), Order.objects.filter(status="out_for_delivery").count()) == (0, 3)


@pytest.mark.parametrize(
    ("at", "ticked", "sentence"),
    [
        ("", True, "Enter the time on the paper."),
        ("3 pm", True, "has not come yet"),
        ("9:40 am", False, "Tick at least one order."),
    ],
)
def test_a_wrong_departure_gets_a_sentence(client, run, orders, at, ticked, sentence):
    response = leave(client, run, orders if ticked else [], at=at)
    assert sentence in words_of(response)
    assert Run.objects.get().opened_at is None


def test_a_paper_typed_in_twice_is_one_hand_over_and_another_one_says_who(client, run, orders):
    """Two members of staff share the papers: the second sees what the first has typed."""
    leave(client, run, orders)
    hand_over(client, run, orders[0])
    assert f"{orders[0].number}: the hand-over is typed in." in words_of(hand_over(client, run, orders[0]))
    page = words_of(hand_over(client, run, orders[0], cash_cents="90", tip_agreed_cents="10"))
    assert "was handed over at 10:15 a.m. already, for $80.00" in page
    other = actions.make_run(window=run.window, driver=factories.staff("Driver"), by=factories.staff("Manager"))
    page = words_of(hand_over(client, other, orders[0]))
    assert "Dan handed this order over at 10:15 a.m., for $80.00." in page
    assert HandOver.objects.count() == 1


def test_a_number_that_is_not_on_its_way_here_says_why(client, run, orders):
    leave(client, run, orders[:1])
    other = actions.make_run(window=run.window, driver=factories.staff("Driver"), by=factories.staff("Manager"))
    for address, sentence in [
        (f"{page_of(other)}?order={orders[0].number}", "is in Morning 1, not in this run"),
        (f"{page_of(run)}?order={orders[1].number.lower()}", "has not left yet"),
        (f"{page_of(run)}?order=D-2222-2222", "No order has the number"),
    ]:
        assert sentence in words_of(client.get(address)), address


def test_a_settled_run_takes_no_paper(client, run, orders):
    leave(client, run, orders[:1])
    hand_over(client, run, orders[0])
    actions.assign_run(orders=orders[1:], run=None, by=factories.staff("Manager"))
    actions.settle_run(run=run, cash_counted_cents=8000, by=factories.staff("Manager"))
    assert "This run is settled." in words_of(client.get(page_of(run)))
    assert "is settled" in words_of(leave(client, run, []))
    assert "already" in words_of(hand_over(client, run, orders[0], cash_cents="81", tip_agreed_cents="1"))
    assert client.get(page_of(Run(pk=0))).status_code == 404
    assert factories.client_for(factories.staff("Technician")).get(page_of(run)).status_code == 403


# --- Settling -------------------------------------------------------------------------------------------------------


def test_the_settling_sheet_adds_up_before_and_after(client, run, orders):
    """Money received is totals and tips; a run with goods that are not taken in is not settled."""
    first, second, third = orders
    leave(client, run, orders)
    hand_over(client, run, first, cash_cents="85", tip_agreed_cents="5")
    hand_over(client, run, second, cash_cents="10", debit_cents="70")
    came_back(client, run, third)
    manager = factories.client_for(mary := factories.staff("Manager", first_name="Mary"))
    page, sheet = (reverse(f"admin:delivery_run_{name}", args=args) for name, args in (
        ("step", [run.pk, "settle"]), ("settling", [run.pk]),
    ))  # fmt: skip
    words = words_of(manager.get(page))
    assert f"Order {third.number} came back and is not taken in yet. A technician counts it first." in words
    assert "Totals of 2 orders $160.00 Tips $5.00 Money received $165.00" in words
    assert "Cash to count, without the tips $90.00" in words
    (before,) = pages_of(manager.get(sheet).content)
    assert f"{first.number} 10:15 a.m., from paper $80.00 $80.00 $0.00 $5.00" in before and "not yet" in before
    assert "is not taken in yet" in words_of(manager.post(page, {"cash_counted_cents": "90"}))
    actions.take_in(order=third, by=factories.staff("Technician"))
    assert "is $1.00 less than the $90.00 expected" in words_of(manager.post(page, {"cash_counted_cents": "89"}))
    manager.post(page, {"cash_counted_cents": "89", "reason": "A torn bill."})
    (after,) = pages_of(manager.get(sheet).content)
    assert "Cash counted $89.00 Difference -$1.00 A torn bill. Settled by Mary" in after
    assert Run.objects.get().closed_by == mary
    assert "This run is settled." in words_of(manager.post(page, {"cash_counted_cents": "90"}))
    assert first.patient.name not in before + after
