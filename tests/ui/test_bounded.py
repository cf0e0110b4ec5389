"""Files are read in a process of their own with limits on memory and time."""

import json
import threading
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ui.bounded import refusals, run
from ui.bounded.refusals import Refusal
from ui.bounded.run import MEGABYTE, MOST_MEMORY, run_bounded

TASKS = "tests.ui.bounded_tasks"


def refused(task, content=b"", **options):
    with pytest.raises(Refusal) as error:
        run_bounded(f"{TASKS}:{task}", content, **options)
    return error.value.why


def test_run_bounded_returns_the_bytes_of_the_function():
    content = bytes(range(256)) * 40_000  # more than a pipe holds
    assert run_bounded(f"{TASKS}:echo", content, more="é").content == content + "é".encode()
    assert run_bounded(f"{TASKS}:talk", b"\n\n").content == b"\n\n"


def test_the_process_has_neither_django_nor_our_secrets(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "made-up-and-secret")
    for function in ("ui.bounded.pictures", "ui.bounded.pdfs"):
        loaded = run_bounded(f"{TASKS}:modules", b"").content.split()
        assert b"django" not in loaded and b"structlog" not in loaded, function
    assert b"made-up-and-secret" not in run_bounded(f"{TASKS}:environment", b"").content


def test_memory_is_bounded_and_measured():
    """The first line is the control: with more memory the same function ends, and its use is measured."""
    assert run_bounded(f"{TASKS}:take_memory", b"", memory=2 * MOST_MEMORY, megabytes=200).peak > 200 * MEGABYTE
    assert refused("take_memory", megabytes=200) == refusals.TOO_MUCH
    assert run_bounded(f"{TASKS}:echo", b"").peak < 40 * MEGABYTE


def test_time_is_bounded(monkeypatch):
    assert refused("take_time", seconds=1) == refusals.TOO_MUCH
    monkeypatch.setattr(run, "PATIENCE", 1)
    started = time.monotonic()
    assert refused("sleep") == refusals.TOO_MUCH
    assert time.monotonic() - started < 10


def test_a_process_that_ends_itself_costs_one_sentence():
    assert refused("end") == refusals.TOO_MUCH


def test_the_process_writes_no_file():
    assert refused("write") == refusals.UNREADABLE


def test_an_error_of_a_library_is_logged_by_its_kind_alone():
    with capture_logs() as logs:
        assert refused("fail", b"Milo Tal") == refusals.UNREADABLE
    assert [(line["event"], line["error"]) for line in logs] == [("file_not_read", "KeyError")]
    assert "Milo" not in json.dumps(logs)


def test_no_more_processes_than_there_are_places(monkeypatch):
    monkeypatch.setattr(run, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(run, "SECONDS_IN_THE_QUEUE", 0.1)
    with run._places:
        assert refused("echo") == refusals.BUSY
    assert run_bounded(f"{TASKS}:echo", b"free again").content == b"free again"


def test_no_process_is_left_behind(monkeypatch):
    monkeypatch.setattr(run, "PATIENCE", 0.5)
    refused("sleep")
    children = [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    assert not [pid for pid in children if b"ui.bounded" in Path(f"/proc/{pid}/cmdline").read_bytes()]
