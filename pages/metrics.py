"""The counters and gauges that Prometheus reads, summed over all processes that share PROMETHEUS_MULTIPROC_DIR.

Without that folder each process counts for itself. No label holds a path, a name or anything a visitor typed. Every
metric has at least one label: the library creates a file for a metric without labels in every process that imports this
module, `manage.py migrate` included.
"""

import os
import re
import socket
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
HOST = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())


def process_name(pid: int | None = None) -> str:
    """Return the name of a process in its files. The host is part of it: two containers may use the same pid."""
    return f"{HOST}-{pid or os.getpid()}"


def check_folder(folder: str) -> None:
    """Make the folder if it is missing; raise ImproperlyConfigured when nothing can be written into it."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ImproperlyConfigured(
            f"The portal cannot start. PROMETHEUS_MULTIPROC_DIR must be a folder that it can write into: {error}"
        ) from error


if FOLDER:
    check_folder(FOLDER)
    values.ValueClass = values.MultiProcessValue(process_name)
else:
    values.ValueClass = values.MutexValue

OURS = CollectorRegistry()
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Histogram(
    "portal_request_duration_seconds",
    "Requests by route name, method and class of status, with their duration.",
    ["route", "method", "status"],
    buckets=SECONDS,
    registry=OURS,
)
REQUESTS_IN_PROGRESS = Gauge(
    "portal_requests_in_progress",
    "Requests that are being answered.",
    ["method"],
    multiprocess_mode="livesum",
    registry=OURS,
)
ANSWERED_AWAY = Counter(
    "portal_database_away_answers",
    "Requests answered with 503 because the database was unavailable.",
    ["method"],
    registry=OURS,
)
DATABASE_ERRORS = Counter(
    "portal_database_errors",
    "Statements that the database refused or did not finish, by class of error and code of the database.",
    ["error", "code"],
    registry=OURS,
)
ORDERS_PLACED = Counter(
    "portal_orders_placed",
    "Orders placed, by the role of the orderer.",
    ["role"],
    registry=OURS,
)
ACTIONS = Counter(
    "portal_actions",
    "Events written to the audit, by action and outcome.",
    ["action", "outcome"],
    registry=OURS,
)
MESSAGES = Counter(
    "portal_messages",
    "Tries to send a message of the outbox, by kind and outcome (sent, failed).",
    ["kind", "outcome"],
    registry=OURS,
)
JOBS = Counter(
    "portal_jobs",
    "Jobs that ended, by task and outcome (succeeded, failed).",
    ["task", "outcome"],
    registry=OURS,
)
JOB_SECONDS = Histogram(
    "portal_job_duration_seconds",
    "How long jobs took, by task.",
    ["task"],
    buckets=(*SECONDS, 30, 60),
    registry=OURS,
)


class FolderCollector(MultiProcessCollector):
    """The counts of all processes, from the files that hold some: findings/prometheus-file-of-a-new-process.sh."""

    def collect(self) -> Any:
        return self.merge([str(path) for path in Path(self._path).glob("*.db") if _is_written(path)])


def _is_written(path: Path) -> bool:
    """Return whether the file is there and its process has made room in it."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:  # the process has ended meanwhile
        return False


def registry() -> CollectorRegistry:
    """Return a new registry with the counts of all processes, or of this process alone when no folder is set."""
    gathered = CollectorRegistry()
    if FOLDER:
        FolderCollector(gathered, FOLDER)
    else:
        gathered.register(OURS)
    return gathered


def forget_process(pid: int) -> None:
    """Remove the live gauges of a process that has ended. Its counters stay."""
    if FOLDER:
        mark_process_dead(process_name(pid), FOLDER)


def forget_dead_processes() -> None:
    """Remove the live gauges of every process of this host that no longer runs."""
    for path in Path(FOLDER).glob(f"gauge_live*_{HOST}-*.db") if FOLDER else ():
        pid = int(path.stem.rpartition("-")[2])
        if not Path(f"/proc/{pid}").exists():
            forget_process(pid)
