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


def test_a_web_process_starts_without_what_few_requests_need():
    started = subprocess.run([sys.executable, "-c", START], cwd=BASE_DIR, capture_output=True, text=True, check=True)

    assert started.stdout.strip() == "[]"
