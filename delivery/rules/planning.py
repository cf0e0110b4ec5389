"""Propose the runs of a whole window: which driver brings which order, and in which order the doors come.

The problem holds ids and ZIP codes alone, so that two of them can be compared: one read before the plan was made, and
one read again, with the rows locked, before it is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from delivery.models import Order, WindowPlan
from delivery.rules.routes import arrivals, road_seconds, seconds_at_door, stops_of
from ui.zip_codes import place_of

Why = WindowPlan.Why
KEPT = 100  # the priority of a stop that a person put into its run: of 0 to 100
MOST_STOPS = 1000  # of a vehicle: more than a window has
UNEVEN = 1.5  # a driver gets at most so many times the even share: who chose three drivers wants all three to drive


@dataclass(frozen=True)
class Door:
    """The orders of one stop. `tour` is the run in which a person put it, `place` where, counted in stops from 0."""

    orders: tuple[int, ...]
    zip_code: str
    tour: int | None = None
    place: int | None = None

    @property
    def seconds(self) -> int:
        return seconds_at_door(len(self.orders))


@dataclass(frozen=True)
class Problem:
    """The stops of a window that lasts `seconds`, for `runs` that set out from `start_zip` ("" when not known).

    `runs` are ids, None for a run that has yet to be made. A tour is named by its index there.
    """

    start_zip: str
    seconds: int
    runs: tuple[int | None, ...]
    doors: tuple[Door, ...]


@dataclass(frozen=True)
class Proposal:
    """The orders of each tour in order, and those that no tour can serve, with the reason."""

    tours: list[list[int]]
    unserved: list[tuple[int, Why]]


def problem_of(orders: Sequence[Order], runs: Sequence[int | None], *, start_zip: str, seconds: int) -> Problem:
    """Return the problem of planning these orders: those of the runs, and those without a run.

    Orders to one door are one stop. Where people put orders to one door into several runs, it is a stop in each.
    """
    tours = {run: tour for tour, run in enumerate(runs) if run is not None}
    places = _places(orders, tours)
    doors = list[Door]()
    for stop in stops_of(sorted(orders, key=lambda order: order.pk)):
        by_tour: dict[int | None, list[Order]] = {}
        for order in stop:
            by_tour.setdefault(tours[order.run_id] if order.kept and order.run_id in tours else None, []).append(order)
        free = by_tour.pop(None, [])
        for tour, kept in by_tour.items():
            place = min((places[order.pk] for order in kept if order.kept == Order.Kept.PLACE), default=None)
            together = sorted([*kept, *free], key=lambda order: order.pk)
            doors.append(Door(tuple(order.pk for order in together), stop[0].zip_code, tour, place))
            free = []
        if free:
            doors.append(Door(tuple(order.pk for order in free), stop[0].zip_code))
    return Problem(start_zip, seconds, tuple(runs), tuple(doors))


def _places(orders: Sequence[Order], tours: Mapping[int, int]) -> dict[int, int]:
    """Return the place of each order in its run, counted in stops from 0."""
    found: dict[int, int] = {}
    for run in tours:
        route = sorted((order for order in orders if order.run_id == run), key=lambda order: order.position or 0)
        for place, stop in enumerate(stops_of(route)):
            found |= {order.pk: place for order in stop}
    return found


def is_outdated(before: Problem, now: Problem) -> bool:
    """Return whether something that a plan was made from has changed."""
    return before != now


def fair_share(problem: Problem) -> int:
    """Return the most stops of a driver, so that none of them drives alone; more where people put more into a run."""
    kept = [sum(door.tour == tour for door in problem.doors) for tour in range(len(problem.runs))]
    return max(ceil(UNEVEN * len(problem.doors) / len(problem.runs)), *kept)


def vroom_problem(problem: Problem, *, most: int | None = None) -> dict[str, Any]:
    """Return the problem as `ui.bounded.routes.solve` takes it; its jobs are `plannable` doors, in that order.

    No driver has more than `most` stops.
    """
    doors = [problem.doors[index] for index in plannable(problem)]
    ends = [_road_to(problem, door) for door in doors]
    rows = [[road_seconds(here.zip_code, door.zip_code) if here is not door else 0 for door in doors] for here in doors]
    return {
        "seconds": [[0, *ends], *([end, *row] for end, row in zip(ends, rows, strict=True))],
        "vehicles": [{"skills": [tour], "most": most or MOST_STOPS} for tour in range(len(problem.runs))],
        "jobs": [
            {
                "place": place,
                "seconds": door.seconds,
                "latest": problem.seconds - door.seconds,
                "skills": [] if door.tour is None else [door.tour],
                "priority": 0 if door.tour is None else KEPT,
            }
            for place, door in enumerate(doors, start=1)
        ],
    }


def plannable(problem: Problem) -> list[int]:
    """Return the indexes of the doors that one of the tours could serve if it had no other."""
    return [index for index, door in enumerate(problem.doors) if _why_not(problem, door) is None]


def _road_to(problem: Problem, door: Door) -> int:
    return road_seconds(problem.start_zip, door.zip_code) if problem.start_zip else 0


def _why_not(problem: Problem, door: Door) -> Why | None:
    if place_of(door.zip_code) is None:
        return Why.UNKNOWN_ZIP
    return Why.TOO_FAR if _road_to(problem, door) + door.seconds > problem.seconds else None


def nearest_tours(problem: Problem) -> list[list[int]]:
    """Return the doors of each tour by index: whoever is free first drives to the nearest door that is in time."""
    tours: list[list[int]] = [[] for _run in problem.runs]
    waiting = plannable(problem)
    clocks, driving = [0] * len(tours), set(range(len(tours)))
    while driving:
        tour = min(driving, key=lambda tour: (clocks[tour], tour))
        here = problem.doors[tours[tour][-1]].zip_code if tours[tour] else problem.start_zip
        reached = {
            index: clocks[tour] + (road_seconds(here, door.zip_code) if here else 0)
            for index in waiting
            if (door := problem.doors[index]).tour in (None, tour)
        }
        in_time = [i for i, seconds in reached.items() if seconds + problem.doors[i].seconds <= problem.seconds]
        if not in_time:
            driving.remove(tour)
            continue
        nearest = min(in_time, key=lambda index: (reached[index], index))
        waiting.remove(nearest)
        tours[tour].append(nearest)
        clocks[tour] = reached[nearest] + problem.doors[nearest].seconds
    return tours


def proposal(problem: Problem, tours: Sequence[Sequence[int]]) -> Proposal:
    """Return the plan that these tours (doors by index) become: what people put into a run and a place stays there.

    Other stops that are late then are left out. What was left out is named with the reason.
    """
    planned = [_with_kept(problem, tour, doors) for tour, doors in enumerate(tours)]
    served = {index for doors in planned for index in doors}
    left_out = [index for index in range(len(problem.doors)) if index not in served]
    return Proposal(
        tours=[[pk for index in doors for pk in problem.doors[index].orders] for doors in planned],
        unserved=[
            (pk, _why_not(problem, door) or Why.NO_TIME)
            for door in (problem.doors[index] for index in left_out)
            for pk in door.orders
        ],
    )


def _with_kept(problem: Problem, tour: int, doors: Sequence[int]) -> list[int]:
    own = [index for index, door in enumerate(problem.doors) if door.tour == tour]
    kept = sorted((place, index) for index in own if (place := problem.doors[index].place) is not None)
    route = [index for index in doors if problem.doors[index].place is None]
    route += [index for index in own if problem.doors[index].place is None and index not in route]
    while True:
        merged = list(route)
        for place, index in kept:
            merged.insert(place, index)
        late = [index for index in _late(problem, merged) if problem.doors[index].tour is None]
        if not late:
            return merged
        route.remove(late[-1])


def _late(problem: Problem, route: Sequence[int]) -> list[int]:
    doors = [problem.doors[index] for index in route]
    reached = arrivals([(door.zip_code, len(door.orders)) for door in doors], start_zip=problem.start_zip)
    return [
        index
        for index, door, seconds in zip(route, doors, reached, strict=True)
        if seconds + door.seconds > problem.seconds
    ]
