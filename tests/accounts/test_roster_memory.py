"""A roster costs the same memory however long it is: measured in a process of its own.

The suite reads 30 MB, `make drill` the 100 MB that an upload may have.
"""

import os
import subprocess
import sys

import pytest

from accounts.models import Physician
from accounts.rosters import reading
from accounts.rosters.files import RosterFileError, open_roster
from tests import factories, rosters
from tests.notifications.test_worker import database_url
from ui.bounded.run import MOST_MEMORY

pytestmark = pytest.mark.django_db(transaction=True)
MEGABYTE = 1_000_000
MOST_GROWTH = 10 * MEGABYTE
PROGRAM = """
import sys, django
django.setup()
from django.core.management import call_command
from ui.bounded.__main__ import peak
if sys.argv[2] == "whole":
    content = open(sys.argv[1], "rb").read()
call_command("import_roster", sys.argv[1], "--dry-run")
print(peak())
"""


@pytest.fixture
def size(request):
    return (100 if request.config.getoption("drill") else 30) * MEGABYTE


def peak_of(path, how, settings):
    """The most memory of a process that reads the file, in bytes."""
    environment = {**os.environ, "DATABASE_URL": database_url(settings)}
    command = [sys.executable, "-c", PROGRAM, str(path), how]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)
    return int(done.stdout.splitlines()[-1])


def written(path, head, row, size):
    with path.open("w") as file:
        file.write(head)
        file.writelines(row for _line in range(size // len(row)))
    return path


@pytest.mark.once
@pytest.mark.parametrize("kind", ["elicense", "dea"])
def test_a_long_roster_costs_no_more_memory_than_a_short_one(tmp_path, settings, size, kind):
    text = getattr(rosters, kind)()
    head, row = (text.split("\n", 1)) if kind == "elicense" else ("", text)
    head = head and head + "\n"
    long = written(tmp_path / "long.csv", head, row, size)
    short = peak_of(written(tmp_path / "short.csv", head, row, 10_000), "lines", settings)

    peak = peak_of(long, "lines", settings)
    print(
        f"{kind}, {size // MEGABYTE} MB: {peak // MEGABYTE} MB, {(peak - short) / MEGABYTE:.1f} more than a short one"
    )
    assert peak < short + MOST_GROWTH
    assert peak < MOST_MEMORY
    assert peak_of(long, "whole", settings) > short + MOST_GROWTH, "the control: a file that is read whole is seen"


def test_a_line_that_never_ends_is_refused_before_it_is_read(tmp_path):
    path = written(tmp_path / "line.csv", rosters.elicense(), "x" * 1000, 3 * MEGABYTE)
    with path.open("rb") as file, pytest.raises(RosterFileError, match="not made of lines"):
        open_roster(file)


def test_a_roster_of_more_physicians_than_there_can_be_is_read_no_further(monkeypatch):
    """The numbers that were read are kept in memory, to find those that stand twice."""
    monkeypatch.setattr(reading, "MOST_PHYSICIANS", 3)
    rows = [{"dea_number": factories.dea_number(n, "BO"), "npi": "", "license_number": ""} for n in range(1, 6)]
    assert rosters.counts(rosters.read(rosters.program(*rows[:3]))) == (3, 0, 0, 0)
    run = rosters.read(rosters.program(*rows))
    assert rosters.problems(run) == [(5, "", "bad")]
    assert "more than 3 physicians" in run.problems.get().reason and Physician.objects.count() == 3
