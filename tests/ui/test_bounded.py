"""Files are read in a process of their own with limits on memory and time."""

import json
import os
import runpy
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Timer

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


ANOTHER = """
import sys
from pathlib import Path
from ui.bounded import refusals, run
run.PLACES = [Path(path) for path in sys.argv[2:]]
while True:
    try:
        print(run.run_bounded("tests.ui.bounded_tasks:" + sys.argv[1], b"read").content.decode())
        break
    except refusals.Refusal as refusal:
        if refusal.why != refusals.BUSY:
            raise
"""


@pytest.fixture
def places(monkeypatch, tmp_path):
    """Two places of this test alone."""
    paths = [tmp_path / "first", tmp_path / "second"]
    for path in paths:
        path.touch()
    monkeypatch.setattr(run, "PLACES", paths, raising=False)
    return paths


@pytest.fixture
def web_process(places):
    """Begin a task in another process, as each web worker of a machine is one."""
    begun = []

    def begin(task):
        ours = [sys.executable, "-c", ANOTHER, task, *places]
        begun.append(subprocess.Popen(ours, cwd=run.PROJECT, stdout=subprocess.PIPE, start_new_session=True))
        return begun[-1]

    yield begin
    for process in begun:
        with suppress(ProcessLookupError):  # it has ended, and the bounded process that it began as well
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def until_refused():
    """Return why the first file is refused that finds no place, and how long that took."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        started = time.monotonic()
        try:
            run_bounded(f"{TASKS}:echo", b"")
        except Refusal as refusal:
            return refusal.why, time.monotonic() - started
        time.sleep(0.2)  # the others look for a place twenty times in a second
    raise AssertionError("there was always a place")


def test_files_that_take_long_leave_a_web_worker_free(web_process):
    """One file takes one place of two; two files take both, and the third is refused after a second."""
    first = web_process("sleep")
    assert web_process("echo").communicate()[0] == b"read\n"
    web_process("sleep")
    why, seconds = until_refused()
    assert (why, seconds < 2) == (refusals.BUSY, True)
    first.kill()  # as gunicorn ends a worker that takes too long
    first.wait()
    assert run_bounded(f"{TASKS}:echo", b"free again").content == b"free again"


def test_whoever_waits_for_a_short_file_gets_its_place(places):
    with run._place(), ExitStack() as short:
        short.enter_context(run._place())
        soon = Timer(0.3, short.close)
        soon.start()
        assert run_bounded(f"{TASKS}:echo", b"next").content == b"next"
        soon.join()


def test_a_job_takes_no_place_of_an_upload(web_process, places):
    with run._place(), run._place():
        assert refused("echo") == refusals.BUSY
        assert run_bounded(f"{TASKS}:echo", b"planned", is_job=True).content == b"planned"
    assert run_bounded(f"{TASKS}:echo", b"free again").content == b"free again"


def test_two_files_of_one_form_fit_into_the_time_of_a_request():
    config = runpy.run_path(str(run.PROJECT / "deploy" / "gunicorn.conf.py"))
    assert config["timeout"] > 2 * (run.SECONDS_IN_THE_QUEUE + run.PATIENCE)
    assert config["workers"] > len(run.PLACES)


def test_no_process_is_left_behind(monkeypatch):
    monkeypatch.setattr(run, "PATIENCE", 0.5)
    refused("sleep")
    children = [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    assert not [pid for pid in children if b"ui.bounded" in Path(f"/proc/{pid}/cmdline").read_bytes()]
