"""What a web process loads when it starts (docs/adr/0018)."""

import subprocess
import sys

import pytest

from tests.guard import BASE_DIR

pytestmark = pytest.mark.once

HEAVY = ["PIL", "fontTools", "fpdf", "holidays", "icalendar", "numpy", "openpyxl", "pypdf", "vroom"]
START = f"""
import sys
import mmp_portal.wsgi
from django.urls import get_resolver
assert get_resolver().url_patterns and "django" in sys.modules
print([name for name in {HEAVY!r} if name in sys.modules])
"""
# Web processes are forked from one that has loaded the portal: a connection or a thread of it would be shared.
LOADED = """
import runpy, threading
settings = runpy.run_path("deploy/gunicorn.conf.py")
import mmp_portal.wsgi
from django.db import connections
print(settings["preload_app"], [each.alias for each in connections.all() if each.connection], threading.active_count())
"""


def printed_by(code):
    started = subprocess.run([sys.executable, "-c", code], cwd=BASE_DIR, capture_output=True, text=True, check=True)
    return started.stdout.strip()


def test_a_web_process_starts_without_what_few_requests_need():
    assert printed_by(START) == "[]"


def test_web_processes_share_what_is_loaded_and_no_connection():
    assert printed_by(LOADED) == "True [] 1"
