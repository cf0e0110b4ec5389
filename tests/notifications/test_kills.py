"""Real Celery workers over Redis that are killed or stopped while they send reminders: none is lost."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from redis import Redis

from certification.actions import queue_renewal_reminders
from notifications import actions, tasks
from notifications.models import Notification
from tests import canaries, factories
from tests.guard import unguarded
from tests.processes import database_url
from tests.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)
Status = Notification.Status


@pytest.fixture(autouse=True)
def no_job_of_a_test_before(redis_url):
    """A worker that is killed leaves its jobs in Redis."""
    with Redis.from_url(redis_url) as client:
        client.flushall()


@pytest.fixture
def sink():
    with Sink() as started:
        yield started


@contextmanager
def worker(redis_url, sink, *options, app="mmp_portal.celery", database=""):
    """Run a Celery worker that sends to the sink; at the end all of its processes that still run are killed."""
    database = database or database_url()
    environment = {**os.environ, "REDIS_URL": redis_url, "DATABASE_URL": database, "EMAIL_URL": sink.url}
    command = [sys.executable, "-m", "celery", "--quiet", "--app", app, "worker", "--loglevel", "ERROR", *options]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def reminders(certifications):
    """Queue the reminders of so many certifications, two each; return how many messages that is."""
    day = timezone.localdate() + timedelta(days=20)
    first = factories.certification(on=day.replace(year=day.year - 1), joined=False)
    factories.copies(first, certifications - 1)
    with unguarded():
        Notification.objects.all().delete()
    queue_renewal_reminders(today=timezone.localdate(), by=None)
    return Notification.objects.count()


def wake(redis_url, task=tasks.send_bulk):
    with canaries.jobs_over(redis_url):
        task.delay()


def wait_until(holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.005)


def end_leases():
    """Let five minutes pass for what a killed worker had claimed."""
    with unguarded():
        held = Notification.objects.filter(status=Status.SENDING)
        held.update(lease_until=timezone.now() - timedelta(seconds=1))


def kill_while_it_sends(redis_url, sink, mails, app="mmp_portal.celery", is_time=lambda: True):
    """Start a worker, and kill it by kill -9 when so many more mails have arrived, and when `is_time` says so."""
    arrived = len(sink.arrived)
    with worker(redis_url, sink, "--pool", "solo", "--queues", "bulk", app=app) as process:
        wake(redis_url)
        wait_until(lambda: len(sink.arrived) >= arrived + mails and is_time())
        process.kill()
        process.wait()
    end_leases()


def test_kills_of_the_worker_lose_no_reminder(redis_url, sink, pytestconfig):
    """400 reminders and 2 kills; 10,000 and 20 with --drill. A kill may double the one mail in the worker's hands."""
    certifications, kills = (5000, 20) if pytestconfig.getoption("drill") else (200, 2)
    messages = reminders(certifications)
    for _kill in range(kills):
        kill_while_it_sends(redis_url, sink, messages // (kills + 2))
    with worker(redis_url, sink, "--pool", "solo", "--queues", "bulk"):
        wake(redis_url)
        wait_until(lambda: not Notification.objects.exclude(status=Status.SENT).exists(), seconds=300)
    sent = set(Notification.objects.values_list("message_id", flat=True))
    doubled = len(sink.arrived) - len(sink.counts())
    print(f"{messages} reminders, {kills} x kill -9: {len(sent - set(sink.counts()))} lost, {doubled} doubled")
    assert set(sink.counts()) == sent and len(sent) == messages
    assert doubled <= kills


@pytest.mark.once
def test_control_a_sender_that_marks_before_it_sends_loses_mail(redis_url, sink):
    messages, lost = reminders(200), set()
    sent = Notification.objects.filter(status=Status.SENT)
    for _kill in range(8):
        marked_first = {"app": "tests.mark_first", "is_time": lambda: sent.count() > len(sink.arrived) + len(lost)}
        kill_while_it_sends(redis_url, sink, 2, **marked_first)
        marked = set(Notification.objects.filter(status=Status.SENT).values_list("message_id", flat=True))
        time.sleep(0.1)  # what the server has in its hands arrives
        if lost := marked - set(sink.counts()):
            break
    assert lost and messages == 400


def stop_while_it_sends(redis_url, sink, *pool, app="mmp_portal.celery"):
    """Start a worker, send it SIGTERM when three mails have arrived, and wait for its end."""
    sink.pause = 0.05
    with worker(redis_url, sink, *pool, "--queues", "bulk", app=app) as process:
        wake(redis_url)
        wait_until(lambda: len(sink.arrived) >= 3)
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.once
@pytest.mark.parametrize("pool", [("--pool", "prefork", "--concurrency", "1"), ("--pool", "solo")])
def test_a_worker_that_is_stopped_gives_back_what_it_has_claimed(redis_url, sink, pool):
    messages = reminders(60)
    stop_while_it_sends(redis_url, sink, *pool)
    states = list(Notification.objects.values_list("status", "attempts", "lease_until"))
    sent = [state for state in states if state[0] == Status.SENT]
    assert len(sent) == len(sink.arrived) == len(sink.counts()) < messages
    assert set(states) - set(sent) == {(Status.QUEUED, 0, None)}


@pytest.mark.once
def test_control_what_a_stopped_worker_does_not_give_back_waits_for_the_lease(redis_url, sink):
    messages = reminders(60)
    stop_while_it_sends(redis_url, sink, "--pool", "solo", app="tests.keeping")
    kept = set(Notification.objects.filter(status=Status.SENDING, lease_until__gt=timezone.now()))
    assert len(kept) == actions.BATCH - sent()
    with worker(redis_url, sink, "--pool", "solo", "--queues", "bulk"):
        wake(redis_url)
        wait_until(lambda: sent() == messages - len(kept))
        wake(redis_url)
        time.sleep(1)
    assert set(Notification.objects.filter(status=Status.SENDING)) == kept


@pytest.mark.once
def test_each_worker_sends_its_own_queue(redis_url, sink):
    waiting = reminders(3)
    physician = factories.physician()
    context = {"physician": physician.pk}
    with canaries.jobs_over(redis_url):
        actions.queue(kind="physician_bound", recipient=physician.email, context=context, dedupe_key="one", by=None)
    wake(redis_url)
    with worker(redis_url, sink, "--pool", "solo", "--queues", "urgent"):
        wait_until(lambda: sink.arrived)
        time.sleep(1)
    assert sink.recipients() == [physician.email]
    with worker(redis_url, sink, "--pool", "solo", "--queues", "bulk"):
        wait_until(lambda: len(sink.arrived) == waiting + 1)


def children_of(process):
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@contextmanager
def process_lost(redis_url, sink, app="mmp_portal.celery"):
    """Start a worker, and kill the process of it that sends while it sends; the worker runs on. Yields Redis."""
    options = ("--pool", "prefork", "--concurrency", "1", "--queues", "bulk")
    with Redis.from_url(redis_url) as client, worker(redis_url, sink, *options, app=app) as process:
        wake(redis_url)
        wait_until(lambda: len(sink.arrived) >= 3)
        assert client.hlen("unacked") == 1
        os.kill(children_of(process)[0], 9)
        yield client


def sent():
    return Notification.objects.filter(status=Status.SENT).count()


@pytest.mark.once
def test_a_job_is_in_redis_until_it_is_done_and_another_process_takes_it(redis_url, sink):
    """`acks_late` and `reject_on_worker_lost`: the process that sends is killed, and the next one sends the rest."""
    messages = reminders(150)
    sink.pause = 0.01
    with process_lost(redis_url, sink) as client:
        claimed = actions.BATCH  # waits until the lease of the killed process has run out
        wait_until(lambda: sent() >= messages - claimed)
        wait_until(lambda: client.hlen("unacked") == 0)
    assert max(sink.counts().values()) == 1


@pytest.mark.once
def test_control_without_reject_on_worker_lost_the_job_ends_with_its_process(redis_url, sink, monkeypatch):
    monkeypatch.setenv("VISIBILITY", "300")
    monkeypatch.setenv("REJECT_ON_WORKER_LOST", "off")
    messages = reminders(150)
    sink.pause = 0.01
    with process_lost(redis_url, sink, app="tests.impatient") as client:
        wait_until(lambda: client.hlen("unacked") == 0)
        assert client.llen("bulk") == 0
    assert sent() < messages - actions.BATCH


def kill_with_a_job_in_hand(redis_url, sink):
    """Start a worker, and kill all its processes by kill -9 while it sends; return how many jobs are still in Redis."""
    arrived, options = len(sink.arrived), ("--pool", "prefork", "--concurrency", "1", "--queues", "bulk")
    with worker(redis_url, sink, *options, app="tests.impatient") as process:
        wait_until(lambda: len(sink.arrived) >= arrived + 3)
        children = children_of(process)
        process.kill()
        for pid in children:
            os.kill(pid, 9)
        process.wait()
    end_leases()
    with Redis.from_url(redis_url) as client:
        return client.hlen("unacked")


@pytest.fixture
def one_job(redis_url, monkeypatch):
    """Redis has one job, which says that there is something to send; a silent worker loses it after 2 seconds."""
    monkeypatch.setenv("VISIBILITY", "2")
    wake(redis_url)


@pytest.mark.once
@pytest.mark.usefixtures("one_job")
def test_the_job_of_a_killed_worker_is_done_by_another(redis_url, sink, pytestconfig):
    """`acks_late` and `visibility_timeout`: nobody wakes the next worker. One kill; 10 with --drill."""
    kills = 10 if pytestconfig.getoption("drill") else 1
    messages = reminders(20 * kills)
    sink.pause = 0.02
    for _kill in range(kills):
        assert kill_with_a_job_in_hand(redis_url, sink) == 1
    with worker(redis_url, sink, "--pool", "solo", "--queues", "bulk", app="tests.impatient"):
        wait_until(lambda: len(sink.counts()) == messages)


@pytest.mark.once
@pytest.mark.usefixtures("one_job")
@pytest.mark.parametrize(("without", "jobs"), [(("ACKS_LATE", "off"), 0), (("VISIBILITY", "300"), 1)])
def test_control_without_them_no_other_worker_does_the_job(without, jobs, redis_url, sink, monkeypatch):
    """The next worker does the job that it is woken for, and no other."""
    monkeypatch.setenv(*without)
    reminders(20)
    sink.pause = 0.02
    assert kill_with_a_job_in_hand(redis_url, sink) == jobs
    arrived, physician = len(sink.arrived), factories.physician()
    with canaries.jobs_over(redis_url):
        actions.queue(kind="physician_bound", recipient=physician.email, context={"physician": physician.pk},
                      dedupe_key="one", by=None)  # fmt: skip
    with worker(redis_url, sink, "--pool", "solo", "--queues", "urgent,bulk", app="tests.impatient"):
        wait_until(lambda: physician.email in sink.recipients())
        time.sleep(3)
    assert sink.recipients()[arrived:] == [physician.email]


def send_by_two(redis_url, sink, tmp_path, app):
    """Let two workers send all, each with a beat that says every second that there is something to send."""
    both = [("--pool", "prefork", "--concurrency", "2", "--hostname", f"{name}@%h", "--queues", "bulk",
             "--beat", "--schedule", str(tmp_path / name)) for name in ("one", "two")]  # fmt: skip
    with worker(redis_url, sink, *both[0], app=app), worker(redis_url, sink, *both[1], app=app):
        wait_until(lambda: not Notification.objects.exclude(status=Status.SENT).exists(), seconds=120)


@pytest.mark.once
@pytest.mark.parametrize("has_claim", [True, False], ids=["claim", "control"])
def test_two_workers_with_two_beats_send_each_message_once(has_claim, redis_url, sink, tmp_path, pytestconfig):
    """80 reminders; 2,000 with --drill. The control claims nothing, and mails go twice."""
    messages = reminders(1000 if pytestconfig.getoption("drill") else 40)
    sink.pause = 0.02
    send_by_two(redis_url, sink, tmp_path, "tests.hasty" if has_claim else "tests.unclaimed")
    assert len(sink.counts()) == messages
    assert (len(sink.arrived) == messages) is has_claim


# --- Only in `make drill`: each takes longer than the suite may -----------------------------------------------------


@pytest.fixture
def in_drill(pytestconfig):
    if not pytestconfig.getoption("drill"):
        pytest.skip("it takes half a minute: make drill")


def quit_with_a_job_in_hand(redis_url, sink):
    """Start a worker, send it SIGQUIT while it sends, and wait for its end; return how many mails had arrived then."""
    options = ("--pool", "prefork", "--concurrency", "1", "--queues", "bulk")
    with worker(redis_url, sink, *options, app="tests.stopping") as process:
        wake(redis_url)
        wait_until(lambda: len(sink.arrived) >= 3)
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout=40)
    return len(sink.arrived)


@pytest.mark.once
@pytest.mark.usefixtures("in_drill")
def test_a_soft_shutdown_lets_the_job_in_hand_end(redis_url, sink, monkeypatch):
    """The control has no time for it: the job is cut off, and mails are left."""
    monkeypatch.setenv("SOFT_SHUTDOWN", "8")
    sink.pause = 0.02
    messages = reminders(60)
    assert quit_with_a_job_in_hand(redis_url, sink) == len(sink.counts()) == messages
    assert set(Notification.objects.values_list("status", flat=True)) == {Status.SENT}
    with Redis.from_url(redis_url) as client:
        assert client.hlen("unacked") == 0

    monkeypatch.setenv("SOFT_SHUTDOWN", "0")
    with unguarded():
        Notification.objects.update(status=Status.QUEUED, attempts=0)
    assert quit_with_a_job_in_hand(redis_url, sink) < 2 * messages
    assert Notification.objects.exclude(status=Status.SENT).exists()
