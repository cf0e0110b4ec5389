#!/usr/bin/env bash
# Celery 5.7.0: a soft shutdown sleeps for all of worker_soft_shutdown_timeout, however soon the tasks in hand end.
#
# The setting reads like a limit: "the worker will wait for running tasks for at most so long". The worker looks once
# whether a task is running, and if so it sleeps for the whole time. A worker with 30 seconds whose only task ends after
# one second stays for the other 29, takes no new task meanwhile, and so each restart of a busy worker takes 30 seconds.
# Without a task in hand it ends at once. Who limits how long a worker may take to stop (as container platforms do) has
# to allow for all of the setting, or the worker is killed in its sleep.
#
# Seen, with a setting of 10 seconds and a task of 2 seconds, after SIGQUIT:
#   the task ended before half of the setting, the worker after all of it
#   a worker without a task ended before all of it
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check celery==5.7.0
mkdir queue

cat >jobs.py <<'PYTHON'
import pathlib
import time

from celery import Celery

app = Celery("jobs", broker="filesystem://")
app.conf.broker_transport_options = {name: "queue" for name in ("data_folder_in", "data_folder_out", "control_folder")}
app.conf.worker_soft_shutdown_timeout = 10
app.conf.task_acks_late = True


@app.task
def short():
    pathlib.Path("began").touch()
    time.sleep(2)
    pathlib.Path("ended").touch()
PYTHON
cat >measure.py <<'PYTHON'
import pathlib
import signal
import subprocess
import sys
import time

from jobs import app, short


def wait_for(holds):
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


SETTING = app.conf.worker_soft_shutdown_timeout


def when(seconds):
    if seconds < SETTING / 2:
        return "before half of the setting"
    return "before all of it" if seconds < SETTING else "after all of it"


def stopped(*, with_task):
    """Return when the task ended, and when the worker did."""
    pathlib.Path("log").unlink(missing_ok=True)
    command = [sys.executable, "-m", "celery", "-A", "jobs", "worker", "-c", "1", "-l", "INFO", "--logfile", "log"]
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: pathlib.Path("log").exists() and " ready." in pathlib.Path("log").read_text())
    if with_task:
        short.delay()
        wait_for(pathlib.Path("began").exists)
    began = time.monotonic()
    worker.send_signal(signal.SIGQUIT)
    task = ""
    if with_task:
        wait_for(pathlib.Path("ended").exists)
        task = when(time.monotonic() - began)
    worker.wait(60)
    return task, when(time.monotonic() - began)


task, worker = stopped(with_task=True)
print(f"the task ended {task}, the worker {worker}")
idle = stopped(with_task=False)[1]
print(f"a worker without a task ended {'before all of it' if idle != 'after all of it' else idle}")
PYTHON
venv/bin/python measure.py | tee seen.txt
diff seen.txt - <<'TEXT'
the task ended before half of the setting, the worker after all of it
a worker without a task ended before all of it
TEXT
