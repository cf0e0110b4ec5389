"""Plan which vehicle visits which stops and in which order, with VROOM. Only a bounded process imports this module.

VROOM brings numpy and pandas, 75 MB in each process that imports it, and is an extra: `pyvroom` may be missing.
"""

import json
import os
from datetime import timedelta
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # each thread of numpy takes memory, and none is needed

import vroom

EXPLORATION = 5  # the most thorough: a second for 40 stops
MOST_TIME = timedelta(seconds=2)  # then the best that was found
PROFILE = "car"
UNSERVED = "unserved"


def solve(content: bytes) -> bytes:
    """Return the jobs of each vehicle in order, as JSON: {"tours": [[job, …], …], "unserved": [job, …]}.

    The problem is JSON: `seconds` is a square matrix of the seconds between places, `vehicles` are objects with
    `skills` and `most` jobs, `jobs` are objects with `place`, `seconds` at the door, `latest` second of arrival,
    `skills` and `priority` (0 to 100). Each vehicle starts at place 0 in second 0 and ends there. A job goes to a
    vehicle that has all its skills. Vehicles and jobs are named by their index. Raises ValueError for a time that is
    no whole number: VROOM would cut fractions off without a word.
    """
    problem = json.loads(content)
    _check_whole(problem)
    asked = vroom.Input()
    asked.set_durations_matrix(PROFILE, problem["seconds"])
    asked.add_vehicle([_vehicle(index, vehicle) for index, vehicle in enumerate(problem["vehicles"])])
    asked.add_job([_job(index, job) for index, job in enumerate(problem["jobs"])])
    # One thread: more are no faster here, and each takes 64 MB of addresses.
    found = asked.solve(exploration_level=EXPLORATION, nb_threads=1, timeout=MOST_TIME).to_dict()
    tours: list[list[int]] = [[] for _vehicle in problem["vehicles"]]
    for route in found["routes"]:
        tours[route["vehicle"]] = [step["id"] for step in route["steps"] if step["type"] == "job"]
    return json.dumps({"tours": tours, UNSERVED: [job["id"] for job in found["unassigned"]]}).encode()


def _check_whole(problem: dict[str, Any]) -> None:
    times = [seconds for row in problem["seconds"] for seconds in row]
    times += [job[name] for job in problem["jobs"] for name in ("seconds", "latest")]
    if not all(type(seconds) is int and seconds >= 0 for seconds in times):
        raise ValueError("whole seconds only")


def _vehicle(index: int, vehicle: dict[str, Any]) -> vroom.Vehicle:
    return vroom.Vehicle(
        index, start=0, end=0, profile=PROFILE, skills=set(vehicle["skills"]), max_tasks=vehicle["most"]
    )


def _job(index: int, job: dict[str, Any]) -> vroom.Job:
    return vroom.Job(
        index,
        location=job["place"],
        default_service=job["seconds"],
        skills=set(job["skills"]),
        priority=job["priority"],
        time_windows=[vroom.TimeWindow(0, job["latest"])],
    )
