"""The runs of a window are proposed: whole seconds, windows kept, what people decided stays, and the rest is named."""

import json
import sys
from datetime import timedelta
from itertools import pairwise

import pytest
from django.urls import reverse

from delivery import actions, rules
from delivery.models import Order, Run, WindowPlan
from delivery.rules import Door, Problem
from delivery.rules.addresses import miles_between
from tests import factories
from tests.delivery import people
from tests.delivery.door import run_of, under_way
from tests.shared import shared
from ui.bounded import refusals
from ui.bounded.refusals import Refusal
from ui.bounded.run import MEGABYTE, run_bounded

pytestmark = pytest.mark.django_db

NEW_HAVEN, MILFORD, HARTFORD, BRANFORD, STONINGTON = "06510", "06460", "06106", "06405", "06378"
FOUR_HOURS = 4 * 3600
Why = WindowPlan.Why


def solved(problem, **over):
    """Return the tours that VROOM finds in a process of its own."""
    asked = json.dumps(rules.vroom_problem(problem, **over)).encode()
    return json.loads(run_bounded("ui.bounded.routes:solve", asked, memory=512 * MEGABYTE).content)


def problem(*doors, runs=1, seconds=FOUR_HOURS, start=NEW_HAVEN):
    return Problem(start, seconds, (None,) * runs, doors)


def doors(*zip_codes):
    return [Door((number,), zip_code) for number, zip_code in enumerate(zip_codes, start=1)]


# --- Road times -----------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_road_seconds_are_whole_and_never_too_few():
    seconds = rules.road_seconds(NEW_HAVEN, MILFORD)
    miles = miles_between(NEW_HAVEN, MILFORD)
    assert type(seconds) is int
    assert 0 <= seconds - miles * 1.609344 * 1.4 / 45 * 3600 < 1
    assert rules.road_seconds(NEW_HAVEN, NEW_HAVEN) == 120  # two doors of one ZIP code


@pytest.mark.once
def test_arrivals_count_the_drives_and_the_time_at_the_doors():
    drive = rules.road_seconds(NEW_HAVEN, MILFORD)
    stops = [(MILFORD, 2), (NEW_HAVEN, 1), (NEW_HAVEN, 1)]
    expected = [drive, 2 * drive + 420, 2 * drive + 420 + 300 + 120]  # two orders at one door take 7 minutes
    assert rules.arrivals(stops, start_zip=NEW_HAVEN) == expected
    assert rules.arrivals(stops, start_zip="")[0] == 0


# --- The proposal ---------------------------------------------------------------------------------------------------


@pytest.mark.once
def test_vroom_plans_shorter_than_the_nearest_next():
    """West Haven is the nearest to New Haven; going there first means passing New Haven again."""
    asked = problem(*doors("06516", "06512", "06405", MILFORD, "06460", "06437"))
    tours = [[rules.plannable(asked)[job] for job in tour] for tour in solved(asked)["tours"]]
    assert driven(asked, tours) < driven(asked, rules.nearest_tours(asked))
    assert sorted(tours[0]) == list(range(6))


def driven(asked, tours):
    stops = [[asked.start_zip, *(asked.doors[index].zip_code for index in tour), asked.start_zip] for tour in tours]
    return sum(rules.road_seconds(here, there) for stop in stops for here, there in pairwise(stop))


@pytest.mark.once
def test_vroom_is_given_no_fractions():
    asked = rules.vroom_problem(problem(*doors(MILFORD)))
    asked["seconds"][0][1] += 0.5
    with pytest.raises(Refusal) as error:
        run_bounded("ui.bounded.routes:solve", json.dumps(asked).encode(), memory=512 * MEGABYTE)
    assert error.value.why == refusals.UNREADABLE


@pytest.mark.once
@pytest.mark.parametrize("is_solved", [True, False])
def test_no_stop_is_planned_late_and_each_left_out_is_named(is_solved):
    """In 80 minutes a driver serves some of ten doors in Milford; the drive to Stonington takes 158."""
    asked = problem(*doors(*[MILFORD] * 10, STONINGTON, "99999"), seconds=80 * 60)
    proposed = rules.proposal(asked, solved(asked)["tours"] if is_solved else rules.nearest_tours(asked))
    served = len(proposed.tours[0])
    assert rules.arrivals([(MILFORD, 1)] * served, start_zip=NEW_HAVEN)[-1] + 300 <= asked.seconds
    assert rules.arrivals([(MILFORD, 1)] * (served + 1), start_zip=NEW_HAVEN)[-1] + 300 > asked.seconds
    whys = [why for _pk, why in proposed.unserved]
    assert whys == [*[Why.NO_TIME] * (10 - served), Why.TOO_FAR, Why.UNKNOWN_ZIP]


@pytest.mark.once
def test_what_people_decided_stays_and_the_rest_is_planned_around_it():
    kept = [Door((1,), BRANFORD, 1), Door((2,), HARTFORD, 0, 0), Door((3,), MILFORD, 0, 2)]
    asked = problem(*kept, *[Door((number,), NEW_HAVEN) for number in range(4, 9)], runs=2)
    for tours in (solved(asked)["tours"], rules.nearest_tours(asked), [[], []]):
        proposed = rules.proposal(asked, tours)
        assert proposed.tours[0][0] == 2
        assert 1 in proposed.tours[1]
        if len(proposed.tours[0]) > 2:
            assert proposed.tours[0][2] == 3
    assert rules.proposal(asked, [[], []]).tours == [[2, 3], [1]]


@pytest.mark.once
def test_a_place_by_hand_that_makes_others_late_leaves_them_out():
    """Hartford first and then back: the doors in New Haven are too late. What the person decided stays."""
    asked = problem(Door((1,), HARTFORD, 0, 0), *[Door((n,), NEW_HAVEN) for n in (2, 3)], seconds=100 * 60)
    assert rules.proposal(asked, [[1, 2, 0]]).tours == [[1]]
    assert rules.proposal(problem(Door((1,), STONINGTON, 0, 0), seconds=3600), [[]]).tours == [[1]]


@pytest.mark.once
def test_drivers_share_the_stops():
    asked = problem(*doors(*[NEW_HAVEN] * 12), runs=3)
    assert rules.fair_share(asked) == 6
    tours = solved(asked, most=rules.fair_share(asked))["tours"]
    assert max(len(tour) for tour in tours) <= 6
    kept = problem(*[Door((n,), NEW_HAVEN, 0) for n in range(9)], *doors(MILFORD), runs=2)
    assert rules.fair_share(kept) == 9


# --- The plan of a window -------------------------------------------------------------------------------------------


@shared
def manager():
    return factories.staff("Manager")


@shared
def driver():
    return factories.staff("Driver")


def order_to(zip_code=NEW_HAVEN, street="40 Orange Street", **over):
    return factories.order(address=factories.address(zip_code=zip_code, street=street), **over)


def planned(window, *drivers, by, vehicle="Van 1"):
    actions.ask_plan(window=window, crews=[(driver, vehicle) for driver in drivers], by=by)
    assert actions.plan_windows(by=None) == 1
    return WindowPlan.objects.get(window=window)


def runs_in(window):
    """Return the orders of each run of the window, in order."""
    return [list(run.orders.order_by("position").values_list("pk", flat=True)) for run in window.runs.order_by("pk")]


def reread(order):
    return Order.objects.get(pk=order.pk)


def test_a_window_is_planned_with_times(manager, driver):
    far, near, neighbor = order_to(HARTFORD), order_to(), order_to(street="40 orange st.")
    made = planned(far.window, driver, by=manager)
    run = Run.objects.get()
    assert (run.driver, run.vehicle, made.outcome, made.unserved) == (driver, "Van 1", "shortest", [])
    assert sorted(runs_in(far.window)[0]) == sorted([far.pk, near.pk, neighbor.pk])
    assert reread(near).planned_at == reread(neighbor).planned_at  # one door, one stop
    first, last = run.orders.order_by("position").first(), run.orders.order_by("position").last()
    assert first.planned_at == far.window.starts_at  # the terms say nowhere where the run begins
    assert last.planned_at - first.planned_at >= timedelta(minutes=40)
    assert actions.plan_windows(by=None) == 0


def test_what_a_person_decided_is_kept_when_the_rest_is_planned_again(manager):
    one, two = (factories.staff("Driver") for _number in range(2))
    orders = [order_to(code, street=f"{number} Elm Street") for number, code in enumerate([NEW_HAVEN] * 4 + [MILFORD])]
    window, moved, first = orders[0].window, orders[0], orders[4]
    planned(window, one, two, by=manager)
    run, other = Run.objects.get(driver=one), Run.objects.get(driver=two)
    actions.assign_run(orders=[moved], run=other, by=manager)
    actions.assign_run(orders=[first], run=run, by=manager)
    actions.save_run(run=run, driver=one, vehicle="Van 3", positions={first.pk: 1}, by=manager)
    late = order_to(BRANFORD)
    made = planned(window, one, two, by=manager)
    assert (made.unserved, reread(late).kept, reread(late).run is None) == ([], "", False)
    assert (reread(moved).run, reread(moved).kept) == (other, "run")
    assert (reread(first).run, reread(first).position, reread(first).kept) == (run, 1, "place")
    assert Order.objects.filter(window=window, run=None).count() == 0
    actions.free_orders(window=window, orders=[moved, first], by=manager)
    assert set(Order.objects.values_list("kept", flat=True)) == {""}


def test_runs_of_others_and_those_on_their_way_are_left_alone(manager, driver, time_machine):
    theirs, on_the_way, free = order_to(), order_to(MILFORD), order_to(BRANFORD)
    other = actions.make_run(window=theirs.window, orders=[theirs], driver=factories.staff("Driver"), by=manager)
    left = under_way(run_of(on_the_way), time_machine)
    planned(theirs.window, driver, by=manager)
    assert (reread(theirs).run, reread(on_the_way).run) == (other, left)
    assert reread(free).run.driver == driver


def test_an_order_that_leaves_its_run_loses_its_plan(manager, driver):
    order, cancelled = order_to(), order_to(MILFORD)
    planned(order.window, driver, by=manager)
    assert reread(order).planned_at
    actions.assign_run(orders=[order], run=None, by=manager)
    actions.cancel_order(order=cancelled, by=manager)
    assert {(reread(each).planned_at, reread(each).kept) for each in (order, cancelled)} == {(None, "")}


def test_without_the_package_the_nearest_door_comes_next(manager, driver, monkeypatch):
    far, near = order_to(HARTFORD), order_to()
    monkeypatch.setattr("delivery.actions.planning.find_spec", lambda name: None)
    assert planned(far.window, driver, by=manager).outcome == "nearest"
    assert len(runs_in(far.window)[0]) == 2
    assert near.window.runs.count() == 1


def test_orders_that_change_while_they_are_planned_are_planned_again(manager, driver, monkeypatch):
    """The first try is outdated because somebody orders meanwhile; when each try is, the plan says so."""
    from delivery.actions import planning

    order, find, late = order_to(), planning._solved, []

    def somebody_orders(problem):
        if not late:
            late.append(order_to(MILFORD))
        return find(problem)

    monkeypatch.setattr(planning, "_solved", somebody_orders)
    assert planned(order.window, driver, by=manager).outcome == "shortest"
    assert reread(late[0]).run is not None
    monkeypatch.setattr(planning, "_solved", lambda problem: (order_to(BRANFORD), find(problem))[1])
    assert planned(order.window, driver, by=manager).outcome == "changed"


def test_check_crews(manager, driver, time_machine):
    order = order_to()
    for drivers, words in [([], "Tick at least one driver"), ([manager], "not a driver")]:
        with pytest.raises(rules.RunError, match=words):
            rules.check_crews(drivers, order.window)
    run = under_way(run_of(order, driver=driver), time_machine)
    with pytest.raises(rules.RunError, match="on the way already"):
        rules.check_crews([driver], run.window)


def test_the_package_stays_out_of_the_process_that_plans(manager, driver):
    planned(order_to().window, driver, by=manager)
    assert not {"vroom", "pandas"} & set(sys.modules)


# --- The page -------------------------------------------------------------------------------------------------------


def page_of(window):
    return reverse("admin:delivery_run_plan", args=[window.pk])


def test_a_manager_asks_for_the_runs_on_the_page(manager, driver, django_capture_on_commit_callbacks):
    client, far, near = factories.client_for(manager), order_to("06001", street="1 Elm Street"), order_to()
    address = page_of(far.window)
    typed = {"do": "ask", f"drives_{driver.pk}": "on", f"vehicle_{driver.pk}": "Van 2"}
    client.post(address, typed)
    assert "The runs are being planned" in people.words_of(client.get(address))
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 204
    with django_capture_on_commit_callbacks(execute=True):  # without Redis this process plans
        client.post(address, typed)
    assert client.get(address, headers={"HX-Request": "true"})["HX-Redirect"] == address
    words = people.words_of(client.get(address))
    assert "the shortest routes" in words and "Plan the rest again" in words
    assert reread(near).run.vehicle == "Van 2"


def test_the_page_names_what_no_driver_can_bring(manager, driver):
    far = order_to(STONINGTON, into=factories.window(starts="13:30"))  # 158 of the 180 minutes
    people.policy(far.window.date, origin_zip="06906")
    planned(far.window, driver, by=manager)
    words = people.words_of(factories.client_for(manager).get(page_of(far.window)))
    assert "The drive takes longer than the window." in words and "1 order fits into no run" in words


def test_the_page_refuses_a_plan_without_drivers(manager, driver):
    client, order = factories.client_for(manager), order_to()
    too_long = client.post(page_of(order.window), {"do": "ask", f"vehicle_{driver.pk}": "x" * 41})
    assert "40 characters" in people.words_of(too_long)
    assert "Tick at least one driver." in people.words_of(client.post(page_of(order.window), {"do": "ask"}))
    assert not WindowPlan.objects.exists()


def test_a_page_that_is_open_since_before_a_plan_moves_nothing_back(manager, driver):
    client, one, two = factories.client_for(manager), order_to(), order_to(MILFORD)
    run = actions.make_run(window=one.window, orders=[one, two], driver=driver, by=manager)
    prefix = f"run{run.pk}-position_"
    shown = {f"{prefix}{one.pk}": 1, f"{prefix}{two.pk}": 2}
    actions.save_run(run=run, driver=driver, vehicle="", positions={two.pk: 1}, by=manager)  # somebody else
    old_page = {**shown, **{f"initial-{name}": value for name, value in shown.items()}}
    client.post(page_of(one.window), {"do": f"save-{run.pk}", f"run{run.pk}-driver": driver.pk, **old_page})
    assert runs_in(one.window) == [[two.pk, one.pk]]
    client.post(page_of(one.window), {"do": "free", "orders": [one.pk, two.pk]})
    assert set(Order.objects.values_list("kept", flat=True)) == {""}
