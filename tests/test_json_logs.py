"""In production every log line of the portal, gunicorn and Celery is JSON and names its request."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
import requests

from tests import servers
from tests.notifications.test_worker import database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
TOKEN = "a-secret-token-of-a-link"


def lines_of(path):
    """Return each complete line, parsed as JSON; a line that is no JSON fails the test."""
    text = path.read_text()
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def until(found, *, seconds=60):
    """Wait until `found()` returns something true, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"It was not logged within {seconds} seconds.")


def events(path):
    return [line["event"] for line in lines_of(path)]


def test_every_line_of_a_web_server_is_json(settings):
    portal = servers.Portal(database_url(settings))
    log = portal.folder / "log"
    try:
        for address in ("/", "/nowhere/", f"/verify/{TOKEN}/?q={TOKEN}"):
            requests.get(portal.url + address, timeout=20)
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(portal.process.pid)], capture_output=True, text=True, check=True
        )
        os.kill(int(children.stdout.split()[0]), signal.SIGKILL)
        until(lambda: sum("Booting worker" in event for event in events(log)) == 3)
        lines = lines_of(log)
    finally:
        portal.stop()
    assert any("Listening at" in line["event"] for line in lines)
    finished = [line for line in lines if line["event"] == "request_finished"]
    assert [(line["request"], line["code"]) for line in finished] == [
        ("GET /", 200),
        ("GET /nowhere/", 404),
        ("GET /verify/…/", 404),
    ]
    assert len({line["request_id"] for line in finished}) == 3
    assert all({"timestamp", "level"} <= line.keys() for line in lines)
    assert TOKEN not in json.dumps(lines)


FAILS = """
import os
import re
from celery import shared_task
from mmp_portal.celery import app

@shared_task(name="tests.fails")
def fails():
    raise ValueError(os.environ["CANARY"])
"""
SENDS = """
import django; django.setup()
from structlog.contextvars import bind_contextvars
from pages.tasks import note_beat
from tests_fails import fails
bind_contextvars(request_id="the-request")
note_beat.delay(); fails.delay()
"""


@pytest.fixture
def celery(settings, redis_url, tmp_path):
    """A function that starts a part of Celery as docker-compose.yml does, with its output in a file."""
    (tmp_path / "tests_fails.py").write_text(FAILS)
    environment = os.environ | {"REDIS_URL": redis_url, "DATABASE_URL": database_url(settings)}
    environment |= {"PYTHONPATH": f"{servers.BASE_DIR}:{tmp_path}", "CANARY": "rosa@example.org"}
    running = []

    def start(*arguments):
        log = tmp_path / "log"
        with log.open("wb") as output:
            command = [sys.executable, *arguments]
            running.append(subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=output, stderr=output))
        return log

    start.environment = environment
    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=40)


def test_every_line_of_a_worker_is_json_and_names_the_request(celery, tmp_path):
    log = celery("-m", "celery", "-A", "tests_fails", "worker", "--concurrency=1", "--loglevel=INFO")
    until(lambda: any("ready" in event for event in events(log)))
    subprocess.run([sys.executable, "-c", SENDS], env=celery.environment, cwd=tmp_path, check=True, timeout=60)
    until(lambda: any("tests.fails" in event and "raised" in event for event in events(log)))
    [ended] = [line for line in lines_of(log) if "pages.note_beat" in line["event"] and "succeeded" in line["event"]]
    assert (ended["request_id"], ended["task"]) == ("the-request", "pages.note_beat")
    [failed] = [line for line in lines_of(log) if "raised" in line["event"]]
    assert failed["request_id"] == "the-request" and failed["exception"].endswith("ValueError")
    assert "rosa@example.org" not in log.read_text()


def test_every_line_of_a_beat_is_json(celery, tmp_path):
    schedule = ["--schedule", str(tmp_path / "beat"), "--loglevel=INFO"]
    log = celery("-m", "celery", "-A", "mmp_portal", "--quiet", "beat", *schedule)
    until(lambda: any("beat: Starting" in event for event in events(log)))


def test_the_image_holds_the_configuration_that_it_starts_with():
    [command] = re.findall(r"^CMD (\[.*\])$", (servers.BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)
    _gunicorn, _application, option, config = json.loads(command)
    assert (option, (servers.BASE_DIR / config).exists()) == ("--config", True)
    assert f"!{config}" in (servers.BASE_DIR / ".dockerignore").read_text().splitlines()
