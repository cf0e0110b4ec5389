"""Propose the runs of a window: a person asks, and a worker plans, because that takes seconds and large libraries."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from audit.actions import audited, record, record_many
from delivery import rules
from delivery.models import DeliveryWindow, Order, Run, WindowPlan
from delivery.writes.runs import write_route
from ui.bounded.refusals import Refusal
from ui.bounded.run import MEGABYTE, run_bounded

MOST_TRIES = 3  # when people change the orders while they are planned
MEMORY = 512 * MEGABYTE  # of addresses; numpy and pandas take 170 of them, and 80 of memory
SECONDS = 20  # of a processor
Outcome = WindowPlan.Outcome
log = structlog.get_logger()


@dataclass(frozen=True)
class Crew:
    """A driver who was chosen, with the vehicle and the run that they have already."""

    driver: User
    vehicle: str
    run: Run | None


@audited("window.plan", subject="window")
def ask_plan(*, window: DeliveryWindow, crews: Sequence[tuple[User, str]], by: User) -> WindowPlan:
    """Ask for the runs of a window to be proposed for these drivers and vehicles; a worker plans after the commit.

    There is one plan for a window: asking again replaces what was asked before. Raises RunError.
    """
    window = DeliveryWindow.objects.select_for_update(no_key=True).get(pk=window.pk)
    rules.check_crews([driver for driver, _vehicle in crews], window)
    asked = {
        "crews": [[driver.pk, vehicle] for driver, vehicle in crews],
        "asked_at": timezone.now(),
        "asked_by": by,
        "finished_at": None,
        "outcome": "",
        "unserved": [],
    }
    plan, _is_new = WindowPlan.objects.update_or_create(window=window, defaults=asked)
    record(by=by, subject=window)
    transaction.on_commit(_wake_worker, robust=True)
    return plan


def _wake_worker() -> None:
    """Wake a worker. Without Redis this process waits for the plan; when Redis is away, the job of every minute plans.

    Either way a process of its own imports the package (`ui.bounded`).
    """
    if settings.CELERY_TASK_ALWAYS_EAGER:
        plan_windows(by=None)
        return
    try:
        current_app.send_task("delivery.plan_windows")
    except (OperationalError, OSError) as error:
        log.warning("worker_not_woken", error=type(error).__name__)


@audited("run.plan", atomic=False)
def plan_windows(*, by: User | None) -> int:
    """Make the plans that were asked for, and return how many.

    No row is locked while a plan is made. Before it is written the rows are locked and read again: what a person
    changed meanwhile is planned anew, MOST_TRIES times at most.
    """
    waiting = list(WindowPlan.objects.filter(finished_at=None).order_by("asked_at").values_list("pk", flat=True))
    return sum(_make(pk) for pk in waiting)


def _make(pk: int) -> bool:
    for _try in range(MOST_TRIES):
        plan = WindowPlan.objects.select_related("window").get(pk=pk)
        if plan.finished_at is not None:
            return False
        problem = _read(plan)[0]
        tours, outcome = _solved(problem)
        if _write(plan, problem, rules.proposal(problem, tours), outcome):
            return True
    same = WindowPlan.objects.filter(pk=pk, asked_at=plan.asked_at, finished_at=None)
    return bool(same.update(finished_at=timezone.now(), outcome=Outcome.CHANGED))


def _read(plan: WindowPlan) -> tuple[rules.Problem, list[Crew], list[Order]]:
    """Return what is to be planned, for whom, and the orders. A driver whose run has left is not planned for."""
    window, vehicles = plan.window, dict(plan.crews)
    own = {run.driver_id: run for run in window.runs.open().select_related("window")}
    crews = [
        Crew(driver, vehicles[driver.pk], own.get(driver.pk))
        for driver in User.objects.filter(pk__in=vehicles).order_by("pk")
        if driver.pk not in own or own[driver.pk].opened_at is None
    ]
    runs = [crew.run.pk if crew.run else None for crew in crews]
    free = Q(run=None) | Q(run__in=[pk for pk in runs if pk])
    orders = list(Order.objects.before_departure().filter(free, window=window).order_by("pk"))
    problem = rules.problem_of(
        orders,
        runs,
        start_zip=rules.policy_on(window.date).origin_zip,
        seconds=int((window.ends_at - window.starts_at).total_seconds()),
    )
    return problem, crews, orders


def _solved(problem: rules.Problem) -> tuple[list[list[int]], str]:
    """Return the doors of each tour by index, and how they were found: the shortest tours, or else the nearest next."""
    if not problem.runs or not rules.plannable(problem):
        return [[] for _run in problem.runs], Outcome.SHORTEST
    if find_spec("vroom") is None:  # the extra `routes` is not installed here
        return rules.nearest_tours(problem), Outcome.NEAREST
    try:
        share = rules.fair_share(problem)
        tours = _shortest(problem, share)
        if _leaves_out(problem, tours) and share in map(len, tours):  # the others may have no time for the rest
            tours = _shortest(problem, None)
        return tours, Outcome.SHORTEST
    except Refusal as refusal:
        log.warning("not_planned", why=refusal.why)
        return rules.nearest_tours(problem), Outcome.NEAREST


def _leaves_out(problem: rules.Problem, tours: list[list[int]]) -> bool:
    return sum(map(len, tours)) < len(rules.plannable(problem))


def _shortest(problem: rules.Problem, most: int | None) -> list[list[int]]:
    """Return the shortest tours in which no driver has more than `most` stops, None for any number."""
    asked = json.dumps(rules.vroom_problem(problem, most=most)).encode()
    answer = run_bounded("ui.bounded.routes:solve", asked, memory=MEMORY, seconds=SECONDS, is_job=True)
    found = json.loads(answer.content)
    doors = rules.plannable(problem)
    return [[doors[job] for job in tour] for tour in found["tours"]]


@transaction.atomic
def _write(plan: WindowPlan, problem: rules.Problem, proposed: rules.Proposal, outcome: str) -> bool:
    """Write the plan and return whether it is made; False when something that it is made from has changed."""
    of_window = Order.objects.before_departure().filter(window=plan.window_id)
    list(of_window.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk"))
    window = DeliveryWindow.objects.select_for_update(no_key=True).get(pk=plan.window_id)
    list(window.runs.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    now_asked = WindowPlan.objects.select_for_update(no_key=True).select_related("window").get(pk=plan.pk)
    now, crews, orders = _read(now_asked)
    if rules.is_outdated(problem, now) or now_asked.asked_at != plan.asked_at:
        return False
    if now_asked.finished_at is not None:  # by another worker
        return True
    _write_tours(now_asked, crews, orders, proposed)
    now_asked.finished_at, now_asked.outcome = timezone.now(), outcome
    now_asked.unserved = [[pk, why] for pk, why in proposed.unserved]
    now_asked.save(update_fields=["finished_at", "outcome", "unserved"])
    return True


def _write_tours(plan: WindowPlan, crews: list[Crew], orders: list[Order], proposed: rules.Proposal) -> None:
    by_pk = {order.pk: order for order in orders}
    before = {order.pk: order.run_id for order in orders}
    after: dict[int, int] = {}
    for crew, pks in zip(crews, proposed.tours, strict=True):
        run = crew.run or (_make_run(plan, crew) if pks else None)
        if run is None:
            continue
        if run.vehicle != crew.vehicle:
            run.vehicle = crew.vehicle
            run.save(update_fields=["vehicle"])
        write_route(run, [by_pk[pk] for pk in pks])
        after |= dict.fromkeys(pks, run.pk)
        record(by=plan.asked_by, subject=run)
    joined = [by_pk[pk] for pk, run_pk in after.items() if before[pk] != run_pk]
    left = [order for order in orders if before[order.pk] and order.pk not in after]
    record_many(action="order.join_run", by=plan.asked_by, subjects=joined)
    record_many(action="order.leave_run", by=plan.asked_by, subjects=left)


def _make_run(plan: WindowPlan, crew: Crew) -> Run:
    last = plan.window.runs.aggregate(last=Max("number", default=0))["last"]
    run = Run.objects.create(window=plan.window, number=last + 1, driver=crew.driver, vehicle=crew.vehicle)
    record(action="run.make", by=plan.asked_by, subject=run)
    return run
