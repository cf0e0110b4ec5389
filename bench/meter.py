"""What benches share: CPU of servers, many connections at the same time, both databases, figures with their targets."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONNECTIONS = 16
DATABASES = ("SQLite", "PostgreSQL")
missed = []
figures, compared = [], []  # rows of the two tables that `write_tables` writes


def print_figure(what, value, unit, target="", *, holds=True):
    """Print a line of the table, and remember it and a missed target."""
    print_line(what, value, unit, target, holds)
    figures.append((what.strip(), f"{value} {unit}", target, "yes" if holds else "no"))


def print_line(what, value, unit, target, holds):
    if not holds:
        missed.append(what)
    print(f"{what:<58}{value:>9} {unit:<9}{target}{'' if holds else '   MISSED'}", flush=True)


def print_scaled(what, value, unit, most, slower):
    """Print a line whose target `most` is for a machine that is `slower` times as fast as this one."""
    print_figure(what, f"{value:.1f}", unit, f"at most {most} × {slower:.1f}", holds=value <= most * slower)


def print_sides(what, costs, unit, most):
    """Print what each side costs, and how many times the cost of each other the portal's is, beside the target."""
    ratios = []
    for side, cost in costs.items():
        print_line(f"{what}: {side}", f"{cost:.1f}", unit, "", True)
    for side in [side for side in costs if side != "portal"]:
        ratio, limit = costs["portal"] / costs[side], most.get(side)
        holds = not limit or ratio <= limit
        target = f"at most {limit}" if limit else ""
        print_line(f"{what}: portal ÷ {side}", f"{ratio:.2f}", "", target, holds)
        ratios.append(f"{ratio:.2f} × {side}" + (f" ({target}{'' if holds else ', missed'})" if limit else ""))
    compared.append((f"{what}, {unit}", costs, ratios))


def write_tables(path, head):
    """Write all figures printed until now as two tables in Markdown, below this line."""
    sides = list(dict.fromkeys(side for _what, costs, _ratios in compared for side in costs))
    rows = [
        [what, *(f"{costs[side]:.1f}" if side in costs else "–" for side in sides), "; ".join(ratios)]
        for what, costs, ratios in compared
    ]
    tables = [["what", *sides, "the portal's"], rows], [["what", "measured", "target", "met"], figures]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, "", *(table(names, rows) for names, rows in tables if rows)]))


def table(names, rows):
    return "".join(f"| {' | '.join(row)} |\n" for row in [names, ["---"] * len(names), *rows])


def answer_of(sql):
    """Return the rows that the database answers, or None for a statement without rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None


def on_both_databases(bench, measure, *, count, environment):
    """Run `measure(name, url, count)` of the file `bench` on both databases; return 1 if a target was missed.

    `count` is how many rows there are where the command line names no other number. Django is set up once in a process,
    on one database, so each database has a process of its own.
    """
    root = Path(bench).resolve().parent.parent
    sys.path.insert(0, str(root))
    os.environ.update(environment, PYTHONPATH=str(root))
    count = int(sys.argv[1]) if len(sys.argv) > 1 else count
    if len(sys.argv) < 3:
        return max(subprocess.run([sys.executable, bench, str(count), name]).returncode for name in DATABASES)
    if sys.argv[2] == "SQLite":
        with tempfile.TemporaryDirectory() as folder:
            measure("SQLite", f"sqlite:///{folder}/portal.sqlite3", count)
    else:
        from tests import servers

        postgres = servers.Postgres()
        try:
            measure("PostgreSQL", postgres.url, count)
        finally:
            postgres.stop()
    return int(bool(missed))


def cpu_ms(*roots):
    """Return the CPU milliseconds of these processes and all their children, ended ones included."""
    children, used = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(folder.name))
        used[int(folder.name)] = sum(map(int, fields[11:15])) * 1000 / os.sysconf("SC_CLK_TCK")

    def total(pid):
        return used.get(pid, 0) + sum(total(child) for child in children.get(pid, []))

    return sum(total(root) for root in roots)


class Meter:
    """Measure the CPU of servers and the elapsed time of the code inside."""

    def __init__(self, *servers):
        self.roots = [server.process.pid for server in servers]

    def __enter__(self):
        self.cpu, self.wall = cpu_ms(*self.roots), time.perf_counter()
        return self

    def __exit__(self, *_error):
        self.cpu, self.wall = cpu_ms(*self.roots) - self.cpu, time.perf_counter() - self.wall


def in_lanes(calls, lanes):
    """Run the calls in so many threads at the same time; return their answers."""
    from tests import crowd

    def lane(mine):
        return [call() for call in mine]

    answers = crowd.all_at_once([lambda mine=calls[start::lanes]: lane(mine) for start in range(lanes)])
    return [answer for lane_of in answers for answer in lane_of]


def memory_mb(server):
    """Return the memory of a server's processes in MB; what several processes share counts once."""
    kilobytes = 0
    for pid in [server.process.pid, *children_of(server.process.pid)]:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1000


def children_of(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
