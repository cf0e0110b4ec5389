"""How gunicorn serves the portal, from whatever folder it is started. Its command line goes before what stands here."""

import sys
from pathlib import Path

from environs import Env

chdir = str(Path(__file__).resolve().parent.parent)
sys.path.insert(0, chdir)

from mmp_portal.logs import logging_config  # noqa: E402
from pages import metrics  # noqa: E402

bind = "0.0.0.0:8000"
workers = 3
timeout = 30
graceful_timeout = 30
control_socket_disable = True  # a way in that nobody uses, in the home folder of whoever starts this
logconfig_dict = logging_config(debug=Env().bool("DEBUG", False))
logger_class = "mmp_portal.logs.ServerLogger"  # no token in an access log, if somebody switches it on


def on_starting(server):
    """Forget what processes that were killed with their server left behind."""
    metrics.forget_dead_processes()


def child_exit(server, worker):
    """What an ended process was doing, it does no more; what it has counted stays counted."""
    metrics.forget_process(worker.pid)
