"""manage.py in processes of its own, on the database of the test: for what a process does when it is killed."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

BASE_DIR = Path(__file__).resolve().parent.parent


def database_url():
    """The address of the database that the running test uses; the test must be `transaction=True`."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def start_manage(*arguments, **environment):
    """A running manage.py; its standard output is a pipe of text. It ends with `kill` or by itself."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env={**os.environ, "DATABASE_URL": database_url(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_manage(*arguments, **environment):
    """A manage.py that has ended: its exit code, and what it wrote to standard output and standard error."""
    process = start_manage(*arguments, **environment)
    out, err = process.communicate(timeout=300)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)
