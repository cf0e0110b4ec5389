"""Redis and PostgreSQL that refuse, hang, lose everything or are cut while people order and a worker sends mail.

Real servers behind a proxy (tests/wire.py). The suite takes 21 orders and a cut of a second; `make drill` takes 500
orders with the timetable of production, and cuts of five seconds.
"""

import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
from django.db import connection
from django.utils import timezone
from redis import Redis

from delivery.models import DeliveryWindow, Order
from notifications import actions, tasks, waking
from notifications.models import Notification
from tests import canaries, crowd, factories, servers
from tests.delivery import people
from tests.guard import unguarded
from tests.notifications.test_kills import end_leases, reminders, wait_until, wake, worker
from tests.processes import database_url
from tests.sink import Sink
from tests.wire import Wire

pytestmark = pytest.mark.django_db(transaction=True)
Status = Notification.Status
LANES = 6


@pytest.fixture
def sink():
    with Sink() as started:
        yield started


@pytest.fixture
def is_long(pytestconfig):
    return pytestconfig.getoption("drill")


def through(wire, url):
    """Return the address of a server with the wire in the place of its host; the account stays."""
    parts = urlsplit(url)
    account = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return parts._replace(netloc=f"{account}127.0.0.1:{wire.port}").geturl()


# --- Redis ----------------------------------------------------------------------------------------------------------


class Shoppers:
    """Signed-in patients with a full cart each; `order` sends the orders of the next `count` of them."""

    def __init__(self, server, count):
        people.policy(timezone.localdate(), capacity=40, windows=[["09:30", "11:30"], ["11:30", "13:30"]])
        self.product = factories.product(stock=5_000)
        first = factories.patient()
        patients = [first, *crowd.like(first, count - 1)]
        crowd.fill_carts(patients, (self.product, 2))
        self.visitors = [crowd.Visitor(server, key) for key in crowd.sign_in([patient.user for patient in patients])]
        factories.window(starts="11:30")
        self.windows = list(DeliveryWindow.objects.filter(date__gte=factories.next_wednesday()))
        self.answers = []
        with unguarded():
            Notification.objects.all().delete()  # this process has sent them itself

    def order(self, count):
        """Send so many orders over LANES connections; return the slowest answer in seconds."""
        visitors, self.visitors = self.visitors[:count], self.visitors[count:]
        begun = len(self.answers)
        crowd.all_at_once([lambda mine=visitors[lane::LANES]: self._order_each(mine) for lane in range(LANES)])
        return max(seconds for _status, seconds in self.answers[begun:])

    def _order_each(self, visitors):
        for visitor in visitors:
            window = self.windows[len(self.answers) % len(self.windows)]
            post = people.checkout_post(window, seen_cents=2 * self.product.price_cents)
            begun = time.monotonic()
            with visitor:
                status = visitor.post(people.url("checkout"), post).status
            self.answers.append((status, time.monotonic() - begun))


@contextmanager
def portal_and_worker(redis, sink, *beat, app="mmp_portal.celery", application="mmp_portal.wsgi"):
    """Run gunicorn and a worker with this Redis; yield the portal and the worker. `beat` are the worker's options."""
    with ExitStack() as stack:
        process = stack.enter_context(worker(redis, sink, "--pool", "prefork", "--concurrency", "1", *beat, app=app))
        portal = servers.Portal(database_url(), application, REDIS_URL=redis, EMAIL_URL=sink.url)
        stack.callback(portal.stop)
        yield portal, process


def flush_while(redis_url, work):
    """Empty this Redis again and again until `work` has ended; return what it returns."""
    answers = []
    thread = Thread(target=lambda: answers.append(work()))
    thread.start()
    with Redis.from_url(redis_url) as client:
        while thread.is_alive():
            client.flushall()
            time.sleep(0.02)
    return answers[0]


def unsent():
    return Notification.objects.waiting_mails().count()


def order_on_a_bad_day(shoppers, each, redis_url, wire):
    """Send so many orders while Redis is flushed, refuses and hangs, and one more; return the slowest answer of each.

    They are in seconds. A worker goes on with the job in hand while there are messages; it ends before the last order.
    """
    slowest = {"flushed": flush_while(redis_url, lambda: shoppers.order(each))}
    wire.refuses()
    slowest["refused"] = shoppers.order(each)
    wire.hangs()
    slowest["hanging"] = shoppers.order(each)
    wire.refuses()  # so that nothing that hung arrives late
    left = None
    while left != (left := unsent()):
        time.sleep(2)
    shoppers.order(1)
    time.sleep(2)  # by then its wake-up is lost
    wire.passes()
    return slowest


@pytest.fixture
def each(is_long):
    return 167 if is_long else 7


@pytest.fixture
def beat(is_long, tmp_path):
    """Options of a worker: the timetable of production, in the long form."""
    return ("--beat", "--schedule", str(tmp_path / "beat")) if is_long else ()


@pytest.mark.once
def test_orders_while_redis_is_flushed_refuses_and_hangs_are_all_told(redis_url, sink, is_long, each, beat):
    """No answer is 500 or above, no request waits for Redis, and all mail is sent within 90 seconds of its return."""
    with (
        Wire(("127.0.0.1", urlsplit(redis_url).port)) as wire,
        portal_and_worker(through(wire, redis_url), sink, *beat) as (portal, process),
    ):
        shoppers = Shoppers(portal.url, 3 * each + 1)
        slowest = order_on_a_bad_day(shoppers, each, redis_url, wire)
        back, lost_wakes = time.monotonic(), unsent()
        assert lost_wakes > 0
        if not is_long:
            time.sleep(1)
            assert unsent() > 0  # the control: without the job of every minute nobody would ever send these
            wait_until(lambda: not wake(redis_url, tasks.send_due) and (time.sleep(1) or unsent() == 0), 90)
        wait_until(lambda: unsent() == 0, seconds=90)
        took = time.monotonic() - back
        assert process.poll() is None
    statuses = Counter(status for status, _seconds in shoppers.answers)
    words = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in slowest.items())
    print(f"{statuses}; slowest: {words}; {lost_wakes} messages waited, all sent {took:.0f} s after the return")
    assert statuses == {303: 3 * each + 1}
    assert Order.objects.with_hold().count() == 3 * each + 1
    assert max(slowest.values()) < 4
    sent = set(Notification.objects.filter(status=Status.SENT).values_list("message_id", flat=True))
    assert set(sink.counts()) == sent and len(sent) >= 3 * each + 1
    assert max(sink.counts().values()) == 1


@pytest.mark.once
def test_control_without_the_outbox_orders_are_never_told(redis_url, sink, each, beat):
    """The same with messages that are jobs in Redis alone: later the orders are there, and not their mail."""
    without = {"app": "tests.without_outbox", "application": "tests.without_outbox"}
    with (
        Wire(("127.0.0.1", urlsplit(redis_url).port)) as wire,
        portal_and_worker(through(wire, redis_url), sink, *beat, **without) as (portal, _process),
    ):
        shoppers = Shoppers(portal.url, 3 * each + 2)
        shoppers.order(1)
        wait_until(lambda: len(sink.counts()) == 1)  # on a good day it is told
        order_on_a_bad_day(shoppers, each, redis_url, wire)
        wake(redis_url, tasks.send_due)
        time.sleep(90 if beat else 5)
    statuses = Counter(status for status, _seconds in shoppers.answers)
    orders, told = Order.objects.with_hold().count(), len(sink.counts())
    print(f"without the outbox: {statuses}; {orders} orders, {orders - told} of them never told")
    assert orders == 3 * each + 2 and 1 <= told <= each + 1


@pytest.mark.once
def test_no_visitor_waits_for_a_redis_that_hangs_or_refuses(redis_url):
    """Wake-ups go in the background: the first one after the return arrives, whatever happened to those before."""
    broker = Redis.from_url(redis_url)
    with Wire(("127.0.0.1", urlsplit(redis_url).port)) as wire, canaries.jobs_over(through(wire, redis_url)):
        wire.hangs()
        took = [seconds_to_wake() for _wake in range(3)]
        wire.refuses()
        took += [seconds_to_wake() for _wake in range(3)]
        wait_until(lambda: waking._thread is None, seconds=10)
        broker.flushdb()
        wire.passes()
        took += [seconds_to_wake() for _wake in range(20)]
        wait_until(lambda: waking._thread is None, seconds=10)
    assert max(took) < 0.1, took
    assert 1 <= broker.llen("urgent") <= 2  # for all twenty


def seconds_to_wake():
    begun = time.monotonic()
    actions._wake_sender()
    return time.monotonic() - begun


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def server_of(url):
    """Return where the database of this address listens: a host and port, or the path of its Unix socket."""
    parts = urlsplit(url)
    host = unquote(parts.netloc.rpartition("@")[2].partition(":")[0])
    return f"{host}/.s.PGSQL.{parts.port or 5432}" if host.startswith("/") else (host, parts.port or 5432)


postgres_only = pytest.mark.skipif(connection.vendor != "postgresql", reason="about connections to a server")


@contextmanager
def worker_behind(wire, redis_url, sink, **options):
    """Run a worker that sends reminders, with the wire between it and PostgreSQL."""
    database = through(wire, database_url())
    pool = ("--queues", "bulk", "--pool", "prefork", "--concurrency", "1")
    with worker(redis_url, sink, *pool, database=database, **options) as process:
        yield process


def cut_while_it_sends(wire, redis_url, sink, pause):
    """Cut the connection after 20 more mails, for so many seconds."""
    arrived = len(sink.arrived)
    wake(redis_url)
    wait_until(lambda: len(sink.arrived) > arrived + 20)
    wire.refuses()
    time.sleep(pause)
    wire.passes()
    end_leases()


@pytest.fixture
def plain_postgres(monkeypatch):
    """Connections to PostgreSQL without TLS, which the wire does not speak."""
    monkeypatch.setenv("PGSSLMODE", "disable")


@postgres_only
@pytest.mark.usefixtures("plain_postgres")
def test_a_database_that_is_cut_while_a_worker_sends_loses_nothing(redis_url, sink, is_long):
    """At most the one mail in the worker's hands is doubled by each cut, and the same worker goes on."""
    cuts, pause, messages = (5, 5, reminders(1000)) if is_long else (1, 1, reminders(60))
    sink.pause = 0.005
    with Wire(server_of(database_url())) as wire, worker_behind(wire, redis_url, sink) as process:
        for _cut in range(cuts):
            cut_while_it_sends(wire, redis_url, sink, pause)
            assert len(sink.arrived) < messages
        wait_until(lambda: not wake(redis_url) and (time.sleep(0.5) or unsent() == 0), 120)
        assert process.poll() is None
    sent = set(Notification.objects.values_list("message_id", flat=True))
    doubled = len(sink.arrived) - len(sink.counts())
    print(f"{messages} reminders, {cuts} cuts of {pause} s: {len(sent - set(sink.counts()))} lost, {doubled} doubled")
    assert set(sink.counts()) == sent and len(sent) == messages
    assert doubled <= cuts


@postgres_only
@pytest.mark.usefixtures("plain_postgres")
def test_control_a_worker_that_holds_on_to_its_connection_sends_nothing_after_a_cut(redis_url, sink, is_long):
    pause, patience, messages = (5, 30, reminders(1000)) if is_long else (1, 5, reminders(60))
    sink.pause = 0.005
    with Wire(server_of(database_url())) as wire, worker_behind(wire, redis_url, sink, app="tests.hold_on") as process:
        cut_while_it_sends(wire, redis_url, sink, pause)
        arrived, until = len(sink.arrived), time.monotonic() + patience
        while time.monotonic() < until:
            wake(redis_url)
            time.sleep(0.5)
        assert process.poll() is None
    print(f"one cut of {pause} s: {len(sink.arrived) - arrived} mails in {patience} s after it, {unsent()} wait")
    assert len(sink.arrived) == arrived and unsent() >= messages - arrived > 0
