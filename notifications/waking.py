"""Wake the senders of messages soon after a commit, so that no visitor waits for Redis."""

import time
from contextvars import Context, copy_context
from threading import Lock, Thread

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

GATHERED_FOR = 0.2  # seconds: one wake-up for all messages that a process queues meanwhile
log = structlog.get_logger()
_lock = Lock()
_asked: dict[str, Context] = {}  # tasks to send, with the log's context of whoever asked first
_thread: Thread | None = None


def wake(task: str) -> None:
    """Send this task to a worker within GATHERED_FOR seconds, in the background.

    When Redis is away the wake-up is lost, and the job of every minute sends what is due.
    """
    global _thread
    with _lock:
        _asked.setdefault(task, copy_context())
        if _thread is None or not _thread.is_alive():
            _thread = Thread(target=_send_all, name="waking")
            _thread.start()


def _send_all() -> None:
    """Send what is asked for, until nothing was for a while. A process that ends waits for this."""
    global _thread
    while True:
        time.sleep(GATHERED_FOR)
        with _lock:
            asked = dict(_asked)
            _asked.clear()
            if not asked:
                _thread = None
                return
        for task, context in asked.items():
            context.run(_send, task)


def _send(task: str) -> None:
    try:
        current_app.tasks[task].delay()
    except (OperationalError, OSError) as error:
        log.warning("sender_not_woken", error=type(error).__name__)
