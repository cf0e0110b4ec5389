"""What people do on the web server of a build, and what it costs."""

import gzip
import json
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import cycle, islice
from typing import Any

from builds import served, servers, visitor
from meter import CONNECTIONS, Meter, in_lanes, memory_mb
from world import SOME

WARM = 16  # calls before those that are measured
AJAX = {"X-Requested-With": "XMLHttpRequest"}
CHECKOUT = "/delivery/checkout/"
SIGN_OUT = "/accounts/logout/"  # asks whether to sign out: a form, and nothing of ours
PATIENT_PAGES = {"home": "/home/", "card": "/card/", "my orders": "/delivery/orders/"}


@dataclass
class Side:
    """A build with its web server and with people who are signed in there; `parts` are what it can be compared in."""

    name: str
    build: Any
    world: Any
    postgres: servers.Postgres
    parts: frozenset[str] | None = None
    application: str = "mmp_portal.wsgi"
    backend: str = "accounts.backends.PortalBackend"
    cart: str = "/delivery/cart/"
    plain: str = SIGN_OUT
    server: Any = field(default=None, repr=False)

    @cached_property
    def shoppers(self):
        """Some people with three products in the cart."""
        return self.visitors(self.people(SOME, cart="three"))

    @cached_property
    def buyers(self):
        """Some people with a placed order."""
        visitors = self.visitors(self.people(SOME, cart="three"))
        in_lanes(self.bookings(visitors), 8)
        return visitors

    @cached_property
    def physician(self):
        """A physician with 50 patients, over many connections."""
        return self.visitors([self.world.physician(50)] * CONNECTIONS)

    @cached_property
    def line(self):
        return self.world.line_address()

    def people(self, count, **options):
        return self.world.people(count, backend=self.backend, **options)

    def visitors(self, keys, server=None):
        return [visitor(server or self.server, key) for key in keys]

    def bookings(self, visitors, headers=None, **options):
        """Return a call for each person, which posts the checkout page and returns the status."""
        return booked(visitors, self.world.bookings(len(visitors), **options), **(headers or {}))

    def warm_up(self):
        """Let each thread of the web server answer the pages and bookings that are measured."""
        self.buyers  # noqa: B018
        in_lanes(gets(self.shoppers, ["/delivery/", self.cart, self.plain], 3 * SOME), CONNECTIONS)

    def cost(self, calls, status):
        """Return the CPU milliseconds of a call; each call must be answered with this status.

        The first calls are not counted: threads that had nothing to do for a minute connect to the database again.
        """
        self.world.analyze()
        statuses = set(in_lanes(calls[:WARM], CONNECTIONS))
        with Meter(self.server, self.postgres) as meter:
            statuses |= set(in_lanes(calls[WARM:], CONNECTIONS))
        assert statuses == {status}, f"{self.name}: {statuses}"
        return meter.cpu / len(calls[WARM:])

    def cost_of_pages(self, visitors, path, count):
        """Return the CPU milliseconds of this page, which each visitor has seen before."""
        return self.cost(gets(visitors, [path], WARM + count), 200)

    def cost_of_bookings(self, count):
        return self.cost(self.bookings(self.visitors(self.people(WARM + count, cart="three"))), 303)

    def cost_of_refusals(self, why, count):
        """Return the CPU milliseconds of a booking that is refused for this reason, as a browser with scripts asks it.

        A build whose checkout has no script for it answers with the whole page.
        """
        cart, window = ("three", 1) if why == "full" else (why, 0)
        if why == "full":
            self.world.fill(window)
        visitors = self.visitors(self.people(WARM + count, cart=cart))
        calls = self.bookings(visitors, {"HX-Request": "true"}, cart=cart, window=window)
        before = self.world.counts()
        cost = self.cost(calls, 200)
        assert self.world.counts() == before, f"{self.name}, {why}: a refusal wrote more than its event"
        if why == "full":
            self.world.empty(window)
        return cost

    def cost_of_whole_orders(self, count):
        self.whole_orders(WARM)
        self.world.analyze()
        return self.whole_orders(count).cpu

    def whole_orders(self, count):
        """Let `count` people order, 8 at the same time; return what it cost."""
        visitors, orders = self.visitors(self.people(count)), self.world.orders(count)
        calls = [
            lambda visitor=visitor, order=order: timed_order(visitor, self.steps(order))
            for visitor, order in zip(visitors, orders, strict=True)
        ]
        with Meter(self.server, self.postgres) as meter:
            orders = in_lanes(calls, 8)
        return Orders(meter.cpu / count, count / meter.wall, orders)

    def steps(self, order):
        """Return the requests of a whole order, as `order_steps` yields them."""
        return order_steps(self.line, *order)

    def start(self):
        """Return the CPU milliseconds of gunicorn with one process until it has answered with the menu."""
        (key,) = self.people(1)
        with served(self.build, self.application, workers=1, path="/delivery/", key=key) as server:
            return server.cpu_of_start

    def memory(self):
        """Return the memory in MB of a web process, and its part of gunicorn's first process, after 1,000 requests."""
        with served(self.build, self.application) as server:
            keys = self.people(SOME, cart="three")
            visitors = self.visitors(keys, server)
            pages = [
                *PATIENT_PAGES.values(),
                "/delivery/",
                self.cart,
                CHECKOUT,
                "/delivery/allotment/",
                "/faq/",
                SIGN_OUT,
            ]
            in_lanes(gets(visitors, pages, 800), CONNECTIONS)
            in_lanes(self.bookings(self.visitors(self.people(100, cart="three"), server)), CONNECTIONS)
            in_lanes(
                gets(self.visitors([self.world.physician(50)] * CONNECTIONS, server), ["/certification/"], 100),
                CONNECTIONS,
            )
            return memory_mb(server) / 2


class Peer(Side):
    """django-appointment with a web server and signed-in people: a whole order there is an appointment."""

    def warm_up(self):
        self.whole_orders(2 * WARM)

    def steps(self, order):
        return appointment_steps(**order)


@dataclass(frozen=True)
class Orders:
    """The cost of whole orders: CPU milliseconds of an order, orders a second, and each order's (seconds, bytes)."""

    cpu: float
    rate: float
    orders: list


def booked(visitors, posts, **headers):
    """Return a call for each person, which posts the checkout page and returns the status."""
    return [
        lambda visitor=visitor, post=post: visitor.post(CHECKOUT, post, **headers).status
        for visitor, post in zip(visitors, posts, strict=True)
    ]


def gets(visitors, paths, count):
    """Return `count` calls that open these pages in turn. A lane has its own visitors: 16 divides their number."""
    assert len(visitors) % CONNECTIONS == 0
    turns = zip(cycle(visitors), (path for path in cycle(paths) for _visitor in visitors), strict=False)
    return [lambda visitor=visitor, path=path: visitor.get(path).status for visitor, path in islice(turns, count)]


def order_steps(line_address, line, booking):
    """Yield the requests of a whole order as (method, path, data, headers), and take each answer as (text, location).

    A person goes from the menu to the checkout by the page of the cart, unless the menu leads there directly. A
    checkout that is sent by htmx may answer with the confirmation, and any other leads to it.
    """
    menu, _location = yield "get", "/delivery/", {}, {}
    row, _location = yield "post", line_address, line, {"HX-Request": "true"}
    if f'href="{CHECKOUT}"' not in menu + row:
        yield "get", "/delivery/cart/", {}, {}
    checkout, _location = yield "get", CHECKOUT, {}, {}
    by_htmx = {"HX-Request": "true"} if "data-hx-post=" in checkout else {}
    text, confirmation = yield "post", CHECKOUT, booking, by_htmx
    if confirmation:
        text, _location = yield "get", confirmation, {}, {}
    assert "/delivery/orders/D-" in text, text


def appointment_steps(service, staff, day):
    """Yield the requests of an appointment in django-appointment, as `order_steps` does for the portal.

    Its page asks for the days off and the free slots of a day. Here it does so once, although it asks again when
    a person chooses another day than today.
    """
    yield "get", f"/request/{service}/", {}, {}
    yield "get", f"/ajax/request_staff_info/?staff_member={staff}", {}, AJAX
    of_day = f"selected_date={day}&staff_member={staff}&service_id={service}"
    answer, _location = yield "get", f"/ajax/available_slots/?{of_day}", {}, AJAX
    starts = datetime.fromisoformat(json.loads(answer)["available_slots"][0][0])
    ends = starts + timedelta(minutes=30)
    chosen = {"date": day, "start_time": f"{starts:%H:%M}", "end_time": f"{ends:%H:%M}"}
    chosen |= {"service": service, "staff_member": staff, "reason_for_rescheduling": "", "appointment_request_id": ""}
    _text, details = yield "post", "/request-submit/", chosen, {}
    yield "get", details, {}, {}
    person = {"name": "Rosa Delgado", "phone_0": "US", "phone_1": "2035550142", "address": "40 Orange Street"}
    _text, thanks = yield "post", details, {**person, "additional_info": "", "payment_type": "full"}, {}
    yield "get", thanks, {}, {}


def timed_order(visitor, steps):
    """Send these requests as a browser does; return the seconds of each, and the sum of the bytes."""
    visitor.headers["Accept-Encoding"] = "gzip"
    seconds, size = [], 0
    step = next(steps)
    while step:
        method, path, data, headers = step
        began = time.perf_counter()
        answer = visitor.post(path, data, **headers) if method == "post" else visitor.get(path, **headers)
        seconds.append(time.perf_counter() - began)
        assert answer.status == 200 or answer.location, (path, answer)
        size += len(answer.body)
        step = next_step(steps, text_of(answer.body), answer.location)
    return seconds, size


def text_of(body):
    return (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode()


def next_step(steps, text, location):
    """Return the next request of a whole order, or None after its last one."""
    try:
        return steps.send((text, location))
    except StopIteration:
        return None
