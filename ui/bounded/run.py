"""Read somebody's file in a short-lived process of its own, with little memory and little time.

The libraries that open pictures and PDFs can be made to ask for gigabytes by a small file. In a process of its own that
costs one sentence instead of a web worker. This bounds what a file may cost; it is no sandbox: the process runs as the
same user, though without our environment, so without our secrets.
"""

import fcntl
import json
import os
import subprocess  # nosec B404
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from ui.bounded import refusals
from ui.bounded.refusals import BUSY, TOO_MUCH, Refusal

MEGABYTE = 1024 * 1024
MOST_MEMORY = 200 * MEGABYTE  # of addresses, so the resident memory is always less
MOST_SECONDS = 10  # of a processor
SECONDS_IN_THE_QUEUE = 1  # a usual file takes less, and whoever waits holds a web worker as well
PATIENCE = 13  # seconds until an answer; a web worker has 30 for its whole request, which may bring two files
# How many files are read at a time: fewer than the three web workers of a machine, so that one is free for other pages.
# A place is a lock on one of these files. All processes of the machine see them, nothing has to be written, and however
# a process ends, the system releases its lock.
PLACES = (Path(__file__), Path(refusals.__file__))
PROJECT = Path(__file__).resolve().parents[2]

log = structlog.get_logger()


@dataclass(frozen=True)
class Answer:
    """The bytes that a function returned, and the most resident memory (bytes) of the process that ran it."""

    content: bytes
    peak: int


def run_bounded(
    function: str,
    content: bytes,
    *,
    memory: int = MOST_MEMORY,
    seconds: int = MOST_SECONDS,
    is_job: bool = False,
    **options: Any,
) -> Answer:
    """Call `function` ("package.module:name") with the bytes and options in a bounded process; return its bytes.

    The function is pure: bytes and JSON options go in, bytes come out, and its module imports no Django, so that the
    process starts in a tenth of a second. `memory` is in bytes. A job of a worker (`is_job`) takes no place of an
    upload, and has twice the time until its answer. Raises Refusal.
    """
    with nullcontext() if is_job else _place():
        job = json.dumps({"function": function, "memory": memory, "seconds": seconds, "options": options})
        return _answer(function, _run(job, content, patience=2 * PATIENCE if is_job else PATIENCE))


@contextmanager
def _place() -> Iterator[None]:
    """Hold one of the places. Raises Refusal when all are taken for longer than a usual file takes."""
    with ExitStack() as opened:
        files = [opened.enter_context(path.open("rb")) for path in PLACES]
        ends = time.monotonic() + SECONDS_IN_THE_QUEUE
        while not any(map(_lock, files)):
            if time.monotonic() >= ends:
                raise Refusal(BUSY)
            time.sleep(0.05)
        yield


def _lock(file: BinaryIO) -> bool:
    """Lock the file, and return True; return False where another process has locked it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _run(job: str, content: bytes, *, patience: float) -> subprocess.CompletedProcess[bytes]:
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        # Our own interpreter and module; the file goes in by standard input.
        return subprocess.run(  # noqa: S603 # nosec B603
            [sys.executable, "-m", "ui.bounded", job],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback may quote the file
            cwd=PROJECT,
            env=environment | {"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        log.warning("file_not_read", why=TOO_MUCH, error="timeout")
        raise Refusal(TOO_MUCH) from None


def _answer(function: str, done: subprocess.CompletedProcess[bytes]) -> Answer:
    """Return the answer in the output. When its first line is missing, a limit ended the process."""
    head, _end, content = done.stdout.partition(b"\n")
    if done.returncode or not head:
        log.warning("file_not_read", function=function, why=TOO_MUCH, error=f"exit {done.returncode}")
        raise Refusal(TOO_MUCH)
    answer = json.loads(head)
    if answer["why"]:
        log.info("file_not_read", function=function, why=answer["why"], error=answer["error"], peak=answer["peak"])
        raise Refusal(answer["why"])
    return Answer(content, answer["peak"])
