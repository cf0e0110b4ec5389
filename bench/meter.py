"""CPU of servers, and calls over many connections at once."""

import os
import time
from contextlib import contextmanager
from pathlib import Path

CONNECTIONS = 16


def cpu_ms(*roots):
    """What these processes and all below them have used until now, those that have ended included."""
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
    """CPU of a server and of PostgreSQL, and time on the wall, over what is done inside."""

    def __init__(self, *servers):
        self.roots = [server.process.pid for server in servers]

    def __enter__(self):
        self.cpu, self.wall = cpu_ms(*self.roots), time.perf_counter()
        return self

    def __exit__(self, *_error):
        self.cpu, self.wall = cpu_ms(*self.roots) - self.cpu, time.perf_counter() - self.wall


def in_lanes(calls, lanes):
    """The calls over so many connections at once; each call gets its turn in its lane."""
    from tests import crowd

    def lane(mine):
        return [call() for call in mine]

    answers = crowd.all_at_once([lambda mine=calls[start::lanes]: lane(mine) for start in range(lanes)])
    return [answer for lane_of in answers for answer in lane_of]


def cost_of(database, server, calls, status):
    with Meter(server, database) as meter:
        statuses = set(in_lanes(calls, CONNECTIONS))
    assert statuses == {status}, statuses
    return meter.cpu / len(calls)


@contextmanager
def served(database, application):
    from tests import servers

    server = servers.Portal(database.url, application)
    try:
        yield server
    finally:
        server.stop()
