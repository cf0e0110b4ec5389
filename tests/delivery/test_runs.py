"""Runs: which orders go with which driver, and in which order their doors come."""

from contextlib import suppress

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from delivery import actions, rules
from delivery.models import Order, Run
from tests import factories
from tests.delivery import people
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db

NEW_HAVEN, MILFORD, HARTFORD = "06510", "06460", "06106"


@shared
def manager():
    return factories.staff("Manager")


def order_to(zip_code=NEW_HAVEN, street="40 Orange Street", **over):
    return factories.order(address=factories.address(zip_code=zip_code, street=street), **over)


def route(run):
    return list(run.orders.order_by("position").values_list("pk", flat=True))


def pks(*orders):
    return [order.pk for order in orders]


def reread(order):
    return Order.objects.get(pk=order.pk)


def test_orders_of_a_run_stand_by_door_and_nearest_next(manager):
    far, near = order_to(HARTFORD), order_to(MILFORD)
    first, same_door = order_to(), order_to(street="40 orange st.")
    run = actions.make_run(window=far.window, orders=[far, near, first, same_door], by=manager)
    assert rules.nearest_next([far, near, first, same_door], start_zip=NEW_HAVEN) == [first, same_door, near, far]
    assert route(run) == pks(far, first, same_door, near)  # no terms say where it begins: what was placed first leads
    assert (run.number, str(run), run.name) == (1, f"{far.window.code}-1", "Morning 1")


def test_what_is_put_in_later_keeps_the_order_by_hand(manager):
    one, two, three = order_to(MILFORD), order_to(HARTFORD), order_to()
    run = actions.make_run(window=one.window, orders=[one, two, three], by=manager)
    actions.save_run(run=run, driver=None, vehicle="Van 2", positions={three.pk: 1, one.pk: 2, two.pk: 3}, by=manager)
    neighbor, new_door = order_to(MILFORD, street="40 Orange Street"), order_to(street="7 Elm Street")
    actions.assign_run(orders=[new_door, neighbor], run=run, by=manager)
    assert route(run) == pks(three, one, neighbor, two, new_door)
    actions.assign_run(orders=[new_door, neighbor], run=run, by=manager)
    assert route(run) == pks(three, one, neighbor, two, new_door)
    assert Run.objects.get(pk=run.pk).vehicle == "Van 2"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [({}, "abcd"), ({"d": 2}, "adbc"), ({"a": 3}, "bcad"), ({"b": 9}, "acdb"), ({"c": 1}, "cabd")],
)
@pytest.mark.once
def test_a_typed_position_moves_one_order(typed, expected):
    orders = [Order(pk=ord(name), position=place) for place, name in enumerate("abcd", start=1)]
    moved = rules.sorted_by_hand(orders, {ord(name): place for name, place in typed.items()})
    assert "".join(chr(order.pk) for order in moved) == expected


def test_an_order_that_moves_or_ends_leaves_its_run(manager):
    moved, cancelled, stays = order_to(), order_to(MILFORD), order_to(HARTFORD)
    run = actions.make_run(window=stays.window, orders=[moved, cancelled, stays], by=manager)
    actions.move_order(order=moved, window=factories.window(starts="13:30"), by=manager)
    actions.cancel_order(order=cancelled, by=manager)
    assert route(run) == [stays.pk]
    assert (reread(moved).run, reread(moved).position, reread(cancelled).run) == (None, None, None)


def test_orders_are_taken_out_and_go_with_another_run(manager):
    one, two = order_to(), order_to(MILFORD)
    first = actions.make_run(window=one.window, orders=[one, two], by=manager)
    second = actions.make_run(window=one.window, orders=[two], by=manager)
    assert (route(first), route(second), second.number) == ([one.pk], [two.pk], 2)
    actions.assign_run(orders=[one, two], run=None, by=manager)
    assert (route(first), route(second)) == ([], [])


def test_check_fits_run(manager):
    morning, afternoon = order_to(), order_to(into=factories.window(starts="13:30"))
    run = actions.make_run(window=morning.window, by=manager)
    with pytest.raises(rules.RunError, match="is for another window"):
        actions.assign_run(orders=[morning, afternoon], run=run, by=manager)
    assert route(run) == []  # all or none
    actions.cancel_order(order=morning, by=manager)
    with pytest.raises(rules.TransitionError, match="This order is cancelled"):
        actions.assign_run(orders=[morning], run=run, by=manager)


def test_check_can_change_run():
    with pytest.raises(rules.TransitionError):
        rules.check_can_change_run(Order(status="cancelled"))


def test_check_can_drive(manager):
    driver, window = factories.staff("Driver"), factories.window()
    run = actions.make_run(window=window, driver=driver, by=manager)
    rules.check_can_drive(driver, window, run=run)
    with pytest.raises(rules.RunError, match="another run in this window"):
        actions.make_run(window=window, driver=driver, by=manager)
    for other in (manager, factories.user()):
        with pytest.raises(rules.RunError, match="not a driver"):
            rules.check_can_drive(other, window)


@pytest.mark.once
def test_check_keeps_driver():
    rules.check_keeps_driver(Run(), None)
    with pytest.raises(rules.RunError, match="it needs a driver"):
        rules.check_keeps_driver(Run(opened_at=people.timezone.now()), None)


@pytest.mark.once
def test_check_run_is_open():
    with pytest.raises(rules.RunError, match="is settled"):
        rules.check_run_is_open(Run(closed_at=people.timezone.now()))


def test_the_database_keeps_runs_whole(manager):
    one, two = order_to(), order_to(MILFORD)
    run = actions.make_run(window=one.window, orders=[one, two], by=manager)
    broken = [
        lambda: Order.objects.filter(pk=one.pk).update(position=None),
        lambda: Order.objects.filter(pk=one.pk).update(position=reread(two).position),
        lambda: Order.objects.filter(pk=one.pk).update(status="cancelled", ended_at=people.timezone.now()),
        lambda: Run.objects.filter(pk=run.pk).update(opened_at=people.timezone.now()),
        lambda: Run.objects.filter(pk=run.pk).update(closed_at=people.timezone.now()),
        lambda: Run.objects.create(window=run.window, number=1),
    ]
    for write in broken:
        with unguarded(), suppress(IntegrityError), transaction.atomic():
            write()
            pytest.fail("The database took it.")


# --- The page on which a Manager plans ------------------------------------------------------------------------------


def plan_of(window):
    return reverse("admin:delivery_run_plan", args=[window.pk])


def test_a_manager_plans_a_window_on_one_page(manager):
    client, driver = factories.client_for(manager), factories.staff("Driver")
    one, two = order_to(MILFORD), order_to()
    address = plan_of(one.window)
    assert b"Put into the run" in client.get(address).content
    client.post(address, {"do": "assign", "orders": [one.pk, two.pk], "run": "new"})
    run = Run.objects.get()
    assert sorted(route(run)) == sorted(pks(one, two))
    typed = {f"run{run.pk}-driver": driver.pk, f"run{run.pk}-vehicle": "Van 1", f"run{run.pk}-position_{two.pk}": "1"}
    response = client.post(address, {"do": f"save-{run.pk}", **typed}, follow=True)
    assert "Morning 1 is saved." in people.words_of(response)
    assert (route(run), Run.objects.get().driver) == (pks(two, one), driver)
    client.post(address, {"do": "take-out", "orders": [one.pk]})
    assert route(run) == [two.pk]
    assert client.get(reverse("admin:delivery_run_change", args=[run.pk])).status_code == 200
    assert b"Morning 1" in client.get(reverse("admin:delivery_run_changelist")).content


def test_the_planning_page_answers_wrong_input_with_sentences(manager):
    client, order = factories.client_for(manager), order_to()
    address = plan_of(order.window)
    run = actions.make_run(window=order.window, orders=[order], by=manager)
    for posted, sentence in [
        ({"do": "assign", "run": "new"}, "Tick at least one order."),
        ({"do": "assign", "orders": [order.pk], "run": "x" * 99}, "Choose a run."),
        ({"do": "assign", "orders": ["x"], "run": "new"}, "not in this window any more"),
        ({"do": "free", "orders": ["9" * 20]}, "not in this window any more"),
        ({"do": f"save-{run.pk}", f"run{run.pk}-driver": manager.pk}, "Choose a driver from the list."),
        ({"do": f"save-{run.pk}", f"run{run.pk}-position_{order.pk}": "first"}, "Enter a whole number"),
    ]:
        response = client.post(address, posted)
        assert (response.status_code, sentence in people.words_of(response)) == (200, True), posted
    assert client.get(reverse("admin:delivery_run_plan", args=[0])).status_code == 404
    assert client.post(address, {"do": "nothing"}).status_code == 200


def test_an_order_is_put_into_a_run_from_its_own_page(manager):
    client, order = factories.client_for(manager), order_to()
    run = actions.make_run(window=order.window, by=manager)
    address = reverse("admin:delivery_order_step", args=[order.pk, "assign"])
    assert "Morning 1" in people.words_of(client.get(address))
    client.post(address, {"run": run.pk})
    assert reread(order).run == run
    client.post(address, {"run": ""})
    assert reread(order).run is None
