"""The settings of gunicorn, which work from any folder. Options on its command line override them."""

import gc
import sys
from pathlib import Path

from environs import Env

chdir = str(Path(__file__).resolve().parent.parent)
sys.path.insert(0, chdir)

from mmp_portal.logs import logging_config  # noqa: E402
from pages import metrics  # noqa: E402
from ui import heartbeat  # noqa: E402

bind = "0.0.0.0:8000"
workers = 3
preload_app = True  # what all processes load is in memory once; connections are made by each of them
timeout = 30
graceful_timeout = 30
control_socket_disable = True  # nobody uses the control socket, which would be made in a home folder
logconfig_dict = logging_config(debug=Env().bool("DEBUG", False))
logger_class = "mmp_portal.logs.ServerLogger"  # keeps tokens out of the access log, if somebody turns it on


def on_starting(server):
    """Remove the live gauges of processes that were killed together with their server.

    What is loaded by now is kept out of garbage collection, which would write to it and so copy it for each process.
    """
    metrics.forget_dead_processes()
    gc.collect()
    gc.freeze()


def post_worker_init(worker):
    """Let a long download say that it makes progress: without that its worker is ended after `timeout` seconds."""
    heartbeat.register(worker.notify)


def child_exit(server, worker):
    """Remove the live gauges of a process that has ended; its counts stay."""
    metrics.forget_process(worker.pid)
