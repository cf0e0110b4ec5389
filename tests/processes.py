"""Run manage.py in separate processes on the database of the test, for example to kill them."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

BASE_DIR = Path(__file__).resolve().parent.parent


def database_url():
    """Return the address of the database of the running test, which must be `transaction=True`."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def start_manage(*arguments, **environment):
    """Start manage.py and return its process; its standard output and standard error are pipes of text."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env={**os.environ, "DATABASE_URL": database_url(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_manage(*arguments, **environment):
    """Run manage.py to its end; return its exit code, standard output and standard error."""
    process = start_manage(*arguments, **environment)
    out, err = process.communicate(timeout=300)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)
