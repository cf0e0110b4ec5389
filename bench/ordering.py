"""Measure the cost of an order: CPU milliseconds (web and PostgreSQL) of a request, compared with other builds.

The portal, a bare Django view (`bench/bare/`), django-appointment (`bench/peer/`) and, with `BASELINE=<commit>`, an old
build of the portal take turns on one PostgreSQL, each served by gunicorn with 2 processes of 4 threads. Then follows
the admin's list of 1,000,000 orders (`ORDERS=…` for fewer). Each figure is printed with its target, and a missed target
fails. Targets in milliseconds are for a machine that needs 3.7 ms for the bare booking; they grow with the time that
this machine needs.

`PARTS=booking,whole` measures only these parts; `RUNS`, `BOOKINGS` and `PAGES` say how long. All figures are written
into `var/bench/performance.md` too.
"""

import os
import re
import sys
import time
from contextlib import ExitStack, closing
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import psycopg2
from builds import BASE_DIR, FOLDER, Build, OtherWorld, build_of, build_of_peer, commit_of, migrate, served, servers
from meter import CONNECTIONS, Meter, answer_of, in_lanes, missed, print_figure, print_scaled, print_sides, write_tables
from order_list import measure_order_list
from shop import PATIENT_PAGES, Peer, Side, booked, next_step
from world import CARTS, World

USUAL = {"ORDERS": 1_000_000, "BOOKINGS": 240, "PAGES": 160, "RUNS": 2}
ORDERS, BOOKINGS, PAGES, RUNS = (int(os.environ.get(name, usual)) for name, usual in USUAL.items())
PARTS = ("start", "memory", "plain", "menu", "pages", "refused", "booking", "whole", "peer", "hot", "list")
CHOSEN = os.environ.get("PARTS", ",".join(PARTS)).split(",")
BARE_BOOKING = 3.7
VERBS = ("SELECT", "(SELECT", "WITH", "EXECUTE", "INSERT", "UPDATE", "DELETE")
STATEMENTS = {"SELECT", "(SELECT", "WITH", "EXECUTE", "INSERT", "UPDATE", "DELETE"}  # all but those of transactions
WORLD = BASE_DIR / "bench" / "world.py"
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "mmp_portal.settings",
    "DEBUG": "false",
    "SECRET_KEY": "made-up-for-the-bench-" + "0123456789" * 4,
    "FIELD_KEYS": "k1:MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
    "SSN_PEPPERS": "made-up-pepper",
    "SITE_URL": "http://127.0.0.1",
    "ALLOWED_HOSTS": "127.0.0.1,testserver",
    "EMAIL_URL": "memory://",
    "DEFAULT_FROM_EMAIL": "Portal <portal@example.org>",
    "DISPENSARY_NAME": "Example Dispensary",
    "DISPENSARY_PHONE": "+12035550100",
    "DISPENSARY_EMAIL": "help@example.org",
    "REQUIRE_MFA": "false",
    "SECURE_SSL_REDIRECT": "false",
    "MIGRATION_DATABASE_URL": "",
    "OIDC_SERVER_URL": "",
}

# --- Compared with other builds -------------------------------------------------------------------------------------

# What is measured, by part: (what, the call that measures it, at most so many times what it costs each other side).
MEASURED = {
    "start": [("start of a web process", Side.start, {"baseline": 0.7})],
    "memory": [("memory of a web process", Side.memory, {"baseline": 0.8})],
    "plain": [
        ("page with nothing of ours", lambda side: side.cost_of_pages(side.shoppers, side.plain, PAGES), {"bare": 2}),
    ],
    "menu": [
        (
            "menu page",
            lambda side: side.cost_of_pages(side.shoppers, "/delivery/", PAGES),
            {"bare": 1.5, "baseline": 0.5},
        ),
        ("cart page", lambda side: side.cost_of_pages(side.shoppers, side.cart, PAGES), {"bare": 1.5, "baseline": 0.5}),
    ],
    "pages": [
        *(
            (name, lambda side, path=path: side.cost_of_pages(side.buyers, path, PAGES), {"baseline": 0.6})
            for name, path in PATIENT_PAGES.items()
        ),
        (
            "my patients",
            lambda side: side.cost_of_pages(side.physician, "/certification/", PAGES),
            {"baseline": 0.6},
        ),
    ],
    "refused": [
        (f"refused booking, {why}", partial(Side.cost_of_refusals, why=why, count=PAGES), {"baseline": 0.4})
        for why in ("full", "stock", "allotment")
    ],
    "booking": [("booking", partial(Side.cost_of_bookings, count=BOOKINGS), {"bare": 1.4, "baseline": 0.6})],
    "whole": [
        (
            "a whole order",
            partial(Side.cost_of_whole_orders, count=BOOKINGS),
            {"baseline": 0.45, "django-appointment": 0.6},
        )
    ],
}


def measure(sides, call):
    """Return the least of RUNS costs for each side; the sides take turns."""
    least = {}
    for _run in range(RUNS):
        for side in sides:
            cost = call(side)
            least[side.name] = min(cost, least.get(side.name, cost))
    return least


def compare(sides):
    """Measure and print the chosen parts; return the cost of the bare booking."""
    bare_booking = None
    for part, measured in MEASURED.items():
        if part not in CHOSEN:
            continue
        taking_turns = [side for side in sides if side.parts is None or part in side.parts]
        for what, call, most in measured:
            least = measure(taking_turns, call)
            print_sides(what, least, "MB" if part == "memory" else "ms CPU", most)
            if part == "booking":
                bare_booking = least["bare"]
    return bare_booking


# --- Today's build alone --------------------------------------------------------------------------------------------


def measure_hot_window(portal):
    """Measure bookings a second into a single window and into 50 windows."""
    from delivery import rules

    rates, world = {}, portal.world
    before = deadlocks()
    for _run in range(RUNS):
        for name, windows in (("single", world.windows[:1]), ("50", world.fifty)):
            posts = world.posts(list(islice(cycle(windows), BOOKINGS)), CARTS["three"])
            calls = booked(portal.visitors(portal.people(BOOKINGS, cart="three")), posts)
            with Meter(portal.server, portal.postgres) as meter:
                assert set(in_lanes(calls, CONNECTIONS)) == {303}
            rates[name] = max(rates.get(name, 0), len(calls) / meter.wall)
    ratio = rates["single"] / rates["50"]
    print_figure("bookings into one window, 16 connections", f"{rates['single']:.0f}", "/s")
    print_figure("bookings into 50 windows, 16 connections", f"{rates['50']:.0f}", "/s")
    print_figure("one window ÷ 50 windows", f"{ratio:.2f}", "", "at least 0.6", holds=ratio >= 0.6)
    wrong = len(rules.window_mismatches()) + len(rules.stock_mismatches())
    print_figure("  oversold: windows and products whose count is wrong", wrong, "", "none", holds=not wrong)
    print_figure("  deadlocks", deadlocks() - before, "", "none", holds=deadlocks() == before)


def deadlocks():
    return answer_of("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0]


def measure_whole_orders(portal, slower):
    """Measure whole orders, from the empty cart to the confirmation, of 8 people at the same time with htmx."""
    done = portal.whole_orders(BOOKINGS)
    page = len(portal.shoppers[0].get("/delivery/").body) / 1000
    seconds = sorted(second for of_an_order, _bytes in done.orders for second in of_an_order)
    worst, size = seconds[int(len(seconds) * 0.95)] * 1000, max(size for _seconds, size in done.orders) / 1000
    requests = len(done.orders[0][0])
    print_figure("a whole order: requests", requests, "", "at most 6", holds=requests <= 6)
    statements = statements_of(portal)
    menu, booking, whole = statements[0], statements[3], sum(statements)
    print_figure("menu page: before compression", f"{page:.1f}", "kB", "at most 30", holds=page <= 30)
    print_figure("menu page: statements", menu, "")
    print_figure("booking with its confirmation: statements", booking, "", "at most 20", holds=booking <= 20)
    print_figure("a whole order: statements", whole, "", "at most 70", holds=whole <= 70)
    print_figure("a whole order: sent to the browser, compressed", f"{size:.1f}", "kB", "at most 40", holds=size <= 40)
    print_scaled("a whole order: CPU", done.cpu, "ms CPU", 30, slower)
    least = 45 / slower
    print_figure(
        "a whole order: 8 at once", f"{done.rate:.1f}", "/s", f"at least {least:.1f}", holds=done.rate >= least
    )
    print_scaled("a whole order: slowest request of twenty", worst, "ms", 250, slower)


def statements_of(portal):
    """Return the number of statements of each request of a whole order."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client, counts = Client(), []
    client.cookies.load(portal.visitors(portal.people(1))[0].headers["Cookie"])
    client.get("/delivery/")  # the first look begins the session
    steps = portal.steps(portal.world.orders(1)[0])
    step = next(steps)
    while step:
        method, path, data, headers = step
        with CaptureQueriesContext(connection) as queries:
            answer = getattr(client, method)(path, data, headers=headers)
        verbs = [query["sql"].split()[0] for query in queries]
        counts.append(
            sum(verb in ("SELECT", "(SELECT", "WITH", "EXECUTE", "INSERT", "UPDATE", "DELETE") for verb in verbs)
        )
        step = next_step(steps, answer.content.decode(), answer.headers.get("Location", ""))
    return counts


# --- All of it ------------------------------------------------------------------------------------------------------


def main():
    if unknown := set(CHOSEN) - set(PARTS):
        sys.exit(f"No part of this bench: {', '.join(sorted(unknown))}. The parts are {', '.join(PARTS)}.")
    os.environ.update(ENVIRONMENT)
    with ExitStack() as stack:
        postgres, redis = servers.Postgres(), servers.Redis()
        stack.callback(postgres.stop)
        stack.callback(redis.stop)
        os.environ |= {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url}
        sides = others(stack, postgres, redis) + of_today(postgres)
        for side in sides:
            side.server = stack.enter_context(served(side.build, side.application))
            side.warm_up()
        bare_booking = compare(sides)
        measure_today(*sides[-2:], bare_booking)
    write_tables(FOLDER / "performance.md", machine())
    if missed:
        print(f"Missed: {'; '.join(missed)}")
    return 1 if missed else 0


def machine():
    """Return a line about what was measured, and where."""
    commit = commit_of("HEAD")[:8] + (f", baseline {os.environ['BASELINE'][:8]}" if os.environ.get("BASELINE") else "")
    processor = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    cores = f"{os.cpu_count()} cores of {processor[1] if processor else 'an unknown processor'}"
    python = f"Python {sys.version.split()[0]}"
    return f"{time.strftime('%Y-%m-%d')}, commit {commit}, {cores}, {python}, least of {RUNS} runs."


def others(stack, postgres, redis):
    """Return the old build and django-appointment, as far as they are wanted; each gets a database of its own."""
    sides = []
    if commit := os.environ.get("BASELINE"):
        build = build_of(commit, new_database(postgres, "baseline"), redis.url.removesuffix("0") + "1")
        migrate(build, postgres, "baseline")
        world = stack.enter_context(closing(OtherWorld(build, WORLD)))
        sides.append(Side("baseline", build, world, postgres, cart="/delivery/"))
    if "peer" in CHOSEN:
        build = build_of_peer(new_database(postgres, "peer"))
        world = stack.enter_context(closing(OtherWorld(build, build.folder / "world.py")))
        sides.append(Peer("django-appointment", build, world, postgres, frozenset({"whole"}), application="wsgi"))
    return sides


def new_database(postgres, name):
    """Make an empty database; return its address."""
    psql = psycopg2.connect(host=str(postgres.folder), user="postgres", dbname="postgres")
    psql.autocommit = True
    psql.cursor().execute(f"CREATE DATABASE {name}")
    psql.close()
    return postgres.url.removesuffix("postgres") + name


def of_today(postgres):
    """Return today's build and the bare view, which share a database and people."""
    build = Build(BASE_DIR, BASE_DIR / ".venv", {})
    migrate(build, postgres, "postgres")
    world = World()
    bare = Side("bare", build, world, postgres, frozenset({"plain", "menu", "refused", "booking"}))
    bare.application, bare.backend, bare.plain = (
        "bench.bare.wsgi",
        "django.contrib.auth.backends.ModelBackend",
        "/plain/",
    )
    return [Side("portal", build, world, postgres), bare]


def measure_today(portal, bare, bare_booking):
    """Measure and print the parts in which nothing is compared."""
    if not {"hot", "whole", "list"} & set(CHOSEN):
        return
    slower = (bare_booking or measure([bare], partial(Side.cost_of_bookings, count=BOOKINGS))["bare"]) / BARE_BOOKING
    if "hot" in CHOSEN:
        measure_hot_window(portal)
    if "whole" in CHOSEN:
        measure_whole_orders(portal, slower)
    if "list" in CHOSEN:
        measure_order_list(portal, ORDERS, slower)


if __name__ == "__main__":
    sys.exit(main())
