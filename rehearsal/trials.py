"""What the rehearsal does to the deployment while people order, and what is lost by it."""

import os
import random
import shelve
import signal
import time
from contextlib import suppress
from pathlib import Path

from celery import current_app
from django.db import connection

from rehearsal import books
from rehearsal.compose import command_of
from rehearsal.load import Ledger, Load
from rehearsal.report import Report
from rehearsal.servers import Web, left_behind, wait_until
from rehearsal.stage import Stage

REDIS_AWAY, DATABASE_AWAY = 20, 5  # seconds
BACK_WITHIN = 1.0  # seconds after the database accepts connections
SENT_WITHIN = 90  # seconds after Redis is back
QUEUES = ("urgent", "bulk", "default")
SENDERS = int(command_of("worker-urgent")[command_of("worker-urgent").index("--concurrency") + 1])


class Trials:
    """Each method does something to the stage and adds a row to the report."""

    def __init__(self, stage: Stage, load: Load, report: Report) -> None:
        self.stage, self.load, self.report = stage, load, report
        self.cut_off = 0  # processes that may have been killed between sending a message and marking it
        self.second_beat = None

    # --- Web hosts --------------------------------------------------------------------------------------------------

    def replaces_web_hosts(self, times: int) -> None:
        """Replace one host after the other, as a deployment does; no request may fail."""
        began = time.monotonic()
        for number in range(times):
            self._replace_web_host(number % len(self.stage.webs))
            self.load.wait_for_orders(2)
        seen = self.load.ledger.since(began)
        self.report.add(
            f"{times} web hosts replaced, one by one",
            f"{len(seen.requests)} requests, {len(seen.order_tries)} orders",
            lost=counted(seen.failed, "failed request"),
        )

    def _replace_web_host(self, place: int) -> None:
        old, new = self.stage.webs[place], self.stage.new_web()
        new.begin()
        self.stage.webs[place] = new
        self.stage.route()  # returns when the old host has answered its requests
        old.terminate()

    def control_kills_all_web_hosts(self) -> None:
        """The control of `replaces_web_hosts`: kill -9 without a new host must make requests fail."""
        began = time.monotonic()
        self.load.has_patience(200)
        for web in self.stage.webs:
            web.kill()
        time.sleep(1)
        for web in self.stage.webs:
            web.begin()
        self.load.wait_for_orders(4)
        self.load.has_patience(1)
        failed = self.load.ledger.since(began).failed
        self.report.add(
            "Control: kill -9 of all web hosts, no new one first",
            f"{len(failed)} failed requests, as there must be",
            lost="" if failed else "the control found nothing",
        )

    def kills_a_web_process(self) -> None:
        """Kill a process of a host by kill -9; its parent starts another."""
        began = time.monotonic()
        process = random.choice(self.stage.webs[0].children())
        os.kill(process, signal.SIGKILL)
        self.load.wait_for_orders(4)
        self._report_after_repeats("kill -9 of one web process", began)

    def kills_a_web_host(self) -> None:
        """Kill all processes of a host by kill -9, and start the host again as Docker does."""
        began = time.monotonic()
        self._kill_web_host(1)
        self.load.wait_for_orders(4)
        self._report_after_repeats("kill -9 of a whole web host", began)

    def _kill_web_host(self, place: int) -> None:
        web = self.stage.webs[place]
        web.kill()
        time.sleep(1)
        web.begin()

    def _report_after_repeats(self, done: str, began: float) -> None:
        """Add a row: requests may fail, but no order may be lost after the browser has sent it a second time."""
        seen = self.load.ledger.since(began)
        repeats = sum(request.is_repeat for request in seen.requests)
        self.report.add(
            done,
            f"{len(seen.requests)} requests, {len(seen.failed)} failed, {repeats} sent once more; "
            f"{len(seen.order_tries)} orders",
            lost=counted(self.finished(seen).without_order, "failed order"),
        )

    def finished(self, seen: Ledger) -> Ledger:
        """Return the ledger when none of its orders is under way any more."""
        wait_until(lambda: all(order_try.number or order_try.tries for order_try in seen.order_tries), seconds=60)
        return seen

    # --- Workers ----------------------------------------------------------------------------------------------------

    def kills_a_worker(self) -> None:
        """Kill the worker that sends mail by kill -9 while it sends, and start it again as Docker does."""
        began, arrived = time.monotonic(), len(self.stage.post.mails)
        wait_until(lambda: len(self.stage.post.mails) > arrived, seconds=60, every=0.001)
        self.stage.urgent.kill()
        self.cut_off += SENDERS
        time.sleep(1)
        self.stage.urgent.begin()
        again = len(self.stage.post.mails)
        is_back = wait_until(lambda: len(self.stage.post.mails) > again, seconds=120)
        self._report_after_repeats("kill -9 of the worker that sends mail", began)
        self.report.add(
            "The worker started again",
            "sends mail again" if is_back else "sends nothing",
            lost="" if is_back else "mail",
        )

    # --- Redis ------------------------------------------------------------------------------------------------------

    def stops_redis(self) -> None:
        began = time.monotonic()
        self.stage.redis.cut()
        self._lasts(REDIS_AWAY)
        self.stage.redis.begin()
        self.redis_back_at = time.time()
        self.load.wait_for_orders(2)
        seen = self.finished(self.load.ledger.since(began))
        slowest = max((request.ended - request.began for request in seen.requests), default=0)
        self.report.add(
            f"Redis stopped for {REDIS_AWAY} s",
            f"{len(seen.requests)} requests, the slowest {slowest:.1f} s; {len(seen.order_tries)} orders",
            lost=counted(seen.failed, "failed request"),
        )

    def mail_follows_redis(self) -> None:
        """The job of every minute sends the messages that waited while Redis was stopped."""
        deadline = self.redis_back_at + SENT_WITHIN
        all_sent = wait_until(self._nothing_waits_since_redis, seconds=deadline - time.time())
        waiting = books.unfinished(until=self.redis_back_at)
        self.report.add(
            f"Mail written before Redis was back, {SENT_WITHIN} s later",
            f"{waiting} messages still wait; restarted because they had ended: {self._restarted()}",
            lost="" if all_sent else f"{waiting} late messages",
        )

    def _nothing_waits_since_redis(self) -> bool:
        self.stage.restart_what_ended()
        return not books.unfinished(until=self.redis_back_at)

    def _restarted(self) -> str:
        return ", ".join(sorted(set(self.stage.restarted))) or "none"

    def _lasts(self, seconds: float) -> None:
        """Wait so many seconds; start again what ends meanwhile, as Docker does."""
        wait_until(lambda: bool(self.stage.restart_what_ended()) and False, seconds=seconds)

    # --- PostgreSQL -------------------------------------------------------------------------------------------------

    def stops_the_database(self) -> None:
        """Cut PostgreSQL off while people order; until it is back, every answer must be a 503 with Retry-After."""
        self.load.has_patience(200)
        began = time.monotonic()
        self.stage.database.cut()
        self.cut_off += SENDERS
        self._lasts(DATABASE_AWAY)
        self.stage.database.begin()
        back = time.monotonic()
        connection.close()  # the connection of this process is dead as well
        self.load.wait_for_orders(4)
        time.sleep(2)
        self.load.has_patience(1)
        self._report_outage(self.finished(self.load.ledger.since(began - 1)), back)

    def _report_outage(self, seen: Ledger, back: float) -> None:
        away = seen.failed
        plain = [request for request in away if request.status == 503 and request.retry_after]
        statuses = sorted({request.status for request in away})
        self.report.add(
            f"PostgreSQL cut off for {DATABASE_AWAY} s",
            f"{len(away)} requests failed: {len(plain)} by a plain 503 with Retry-After (statuses {statuses})",
            lost=counted([request for request in away if request not in plain], "other answer"),
        )
        last = max((request.ended for request in away), default=back)
        first = min(
            (request.ended for request in seen.requests if request.ended > back and not request.failed),
            default=last + 60,
        )
        slowest = max(last, first) - back
        self.report.add(
            "PostgreSQL accepts connections again",
            f"the first good answer came {first - back:.2f} s later, the last failed one {max(0.0, last - back):.2f} "
            f"s; {len(seen.order_tries)} orders",
            lost=f"{slowest:.2f} s" if slowest > BACK_WITHIN else counted(seen.without_order, "failed order"),
        )

    # --- A second beat ----------------------------------------------------------------------------------------------

    def starts_a_second_beat(self) -> None:
        self.second_beat = self.stage.begin("beat")
        self.second_beat_began = time.monotonic()

    def ends_the_second_beat(self) -> None:
        """Count the jobs of the second beat; then send every job of the timetable twice, as two beats do."""
        wait_until(lambda: time.monotonic() - self.second_beat_began > 65, seconds=70)
        self.second_beat.terminate()
        with shelve.open(str(self.second_beat.folder / "beat"), flag="r") as state:  # noqa: S301  made by our own beat
            sent = sum(entry.total_run_count for entry in state["entries"].values())
        jobs = sorted({job["task"] for job in current_app.conf.beat_schedule.values()})
        before = self._under_way()  # jobs of the killed worker: Redis hands them out again after five minutes
        for job in jobs * 2:
            current_app.send_task(job)
        is_done = wait_until(lambda: self._under_way() <= before, seconds=60)
        doubled, lasted = books.doubled_by_two_beats(), time.monotonic() - self.second_beat_began
        self.report.add(
            "A second beat",
            f"it sent {sent} jobs in {lasted:.0f} s; then each of the {len(jobs)} jobs was sent twice",
            lost=", ".join(doubled) or ("" if is_done and sent else "it sent nothing, or the jobs did not end"),
        )

    def _under_way(self) -> int:
        """Return how many jobs wait in Redis or are being done."""
        with self.stage.redis.client() as client:
            return sum(client.llen(queue) for queue in QUEUES) + client.hlen("unacked")

    # --- Secrets ------------------------------------------------------------------------------------------------------

    def looks_for_secrets(self) -> None:
        """Look for passwords in the command lines and environments of all processes that this user may read."""
        owner, others = self.stage.values["POSTGRES_PASSWORD"], ("PORTAL_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY")
        shown, given = processes("cmdline"), processes("environ")
        telling = [pid for pid, words in shown.items() if any(self.stage.values[name] in words for name in others)]
        telling += [pid for pid, words in shown.items() if owner in words]
        knowing = [pid for pid, words in given.items() if owner in words]
        portal = sum(self.stage.values["PORTAL_PASSWORD"] in words for words in given.values())
        self.report.add(
            "Passwords, while all runs",
            f"{portal} processes know the portal's, {len(knowing)} the owner's; {len(telling)} show one to `ps`",
            lost=counted(telling, "command line") or counted(knowing, "process that knows the owner's password"),
        )

    # --- The end ----------------------------------------------------------------------------------------------------

    def settles(self) -> None:
        """Stop the load, wait until the outbox is empty, and compare the books."""
        self.load.stop()
        wait_until(lambda: not books.unfinished(but_in_hand=True), seconds=70, every=0.5)
        time.sleep(3)  # a living worker sends the messages that it has claimed within milliseconds
        shortened = books.cut_leases_short()
        if shortened:
            current_app.send_task("notifications.send_due")
            wait_until(lambda: not books.unfinished(), seconds=70, every=0.5)
        self._report_orders()
        self._report_mails(shortened)

    def looks_at_the_disks(self) -> None:
        """No web host stores data of people on its disk, so that any host can answer any request."""
        webs = [server for server in self.stage.servers if isinstance(server, Web)]
        files = [f"{web.folder}/{name}" for web in webs for name in left_behind(web)]
        self.report.add(
            "Disks of the web hosts", f"{len(webs)} hosts wrote {len(files)} files", lost="; ".join(files[:3])
        )

    def _report_orders(self) -> None:
        ledger = self.load.ledger
        wrong = books.half_orders() + books.orders_not_as_answered(ledger)
        self.report.add(
            "Orders, lines, places, stock, allotment",
            f"{len(ledger.order_tries)} orders under load agree" if not wrong else "they do not agree",
            lost="; ".join(wrong[:5]),
        )

    def _report_mails(self, shortened: int) -> None:
        """Add a row for the mails: a message of a killed process is sent again, or no longer holds by then."""
        found, arrived = books.mails_of(self.stage.post), len(self.stage.post.mails)
        again, outdated = found.pop("again"), found.pop("outdated")
        cut_off = self.cut_off + SENDERS * self.stage.restarted.count("worker-urgent")
        lost = [counted(messages, f"{what} message") for what, messages in found.items() if messages]
        if len(again) + len(outdated) > cut_off:
            lost.append(counted(again + outdated, "repeated message"))
        self.report.add(
            "Mails by Message-ID and by database",
            f"{arrived} arrived; {len(again)} again under the same Message-ID, {len(outdated)} marked as outdated "
            f"(at most one for each of {cut_off} processes cut off while they may have sent); {shortened} in their "
            "hands, whose lease of 5 minutes was cut short",
            lost="; ".join(lost),
        )


def processes(what: str) -> dict[str, str]:
    """Return `cmdline` or `environ` of each process, by the process id."""
    found = {}
    for path in Path("/proc").glob(f"[0-9]*/{what}"):
        with suppress(OSError):  # the process has ended, or belongs to another user
            found[path.parent.name] = path.read_bytes().decode(errors="replace")
    return found


def counted(what, noun: str) -> str:
    """Return how many there are, in words, with the first of them; "" for none."""
    if not what:
        return ""
    return f"{len(what)} {noun}{'' if len(what) == 1 else 's'}, as {what[0]}"
