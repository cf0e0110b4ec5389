"""`make worker` says what it needs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once
BASE_DIR = Path(__file__).resolve().parent.parent


def test_a_worker_without_redis_says_how_to_start_one():
    command = [sys.executable, BASE_DIR / "bin" / "worker"]
    done = subprocess.run(command, env=os.environ | {"REDIS_URL": ""}, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert "REDIS_URL is not set" in done.stderr and "make worker" in done.stderr
