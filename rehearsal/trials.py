"""What is done to the deployment while people order, and what they lose by it."""

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
QUEUES = ("urgent", "bulk")
SENDERS = int(command_of("worker-urgent")[command_of("worker-urgent").index("--concurrency") + 1])


class Trials:
    """Each method does one thing to the stage and tells the report what it saw."""

    def __init__(self, stage: Stage, load: Load, report: Report) -> None:
        self.stage, self.load, self.report = stage, load, report
        self.cut_off = 0  # processes that may have been between sending a message and marking it
        self.second_beat = None

    # --- Web hosts --------------------------------------------------------------------------------------------------

    def replaces_web_hosts(self, times: int) -> None:
        """One host after the other by a new one, as a deployment does; no request may fail."""
        began = time.monotonic()
        for number in range(times):
            self._replace_web_host(number % len(self.stage.webs))
            self.load.wait_for_orders(2)
        seen = self.load.ledger.since(began)
        self.report.tell(
            f"{times} web hosts replaced, one by one",
            f"{len(seen.asked)} requests, {len(seen.placed)} orders",
            lost=told(seen.failed, "failed request"),
        )

    def _replace_web_host(self, place: int) -> None:
        old, new = self.stage.webs[place], self.stage.new_web()
        new.begin()
        self.stage.webs[place] = new
        self.stage.route()  # what the old one was asked before is answered by now
        old.terminate()

    def control_kills_all_web_hosts(self) -> None:
        """The control of `replaces_web_hosts`: without a new host first, kill -9 must fail requests."""
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
        self.report.tell(
            "Control: kill -9 of all web hosts, no new one first",
            f"{len(failed)} failed requests, as there must be",
            lost="" if failed else "the control found nothing",
        )

    def kills_a_web_process(self) -> None:
        """kill -9 of one of a host's processes; its parent starts another."""
        began = time.monotonic()
        process = random.choice(self.stage.webs[0].children())
        os.kill(process, signal.SIGKILL)
        self.load.wait_for_orders(4)
        self._tell_after_repeats("kill -9 of one web process", began)

    def kills_a_web_host(self) -> None:
        """kill -9 of all processes of a host, which is started again as docker does."""
        began = time.monotonic()
        self._kill_web_host(1)
        self.load.wait_for_orders(4)
        self._tell_after_repeats("kill -9 of a whole web host", began)

    def _kill_web_host(self, place: int) -> None:
        web = self.stage.webs[place]
        web.kill()
        time.sleep(1)
        web.begin()

    def _tell_after_repeats(self, done: str, began: float) -> None:
        """A request may fail; no order may, once the browser has sent it a second time."""
        seen = self.load.ledger.since(began)
        repeats = sum(asked.is_repeat for asked in seen.asked)
        self.report.tell(
            done,
            f"{len(seen.asked)} requests, {len(seen.failed)} failed, {repeats} sent once more; "
            f"{len(seen.placed)} orders",
            lost=told(self.finished(seen).not_placed, "failed order"),
        )

    def finished(self, seen: Ledger) -> Ledger:
        """The same once its orders are no longer under way."""
        wait_until(lambda: all(placed.number or placed.tries for placed in seen.placed), seconds=60)
        return seen

    # --- Workers ----------------------------------------------------------------------------------------------------

    def kills_a_worker(self) -> None:
        """kill -9 of the worker that sends mail, while it sends; it is started again as docker does."""
        began, arrived = time.monotonic(), len(self.stage.post.mails)
        wait_until(lambda: len(self.stage.post.mails) > arrived, seconds=60, every=0.001)
        self.stage.urgent.kill()
        self.cut_off += SENDERS
        time.sleep(1)
        self.stage.urgent.begin()
        again = len(self.stage.post.mails)
        is_back = wait_until(lambda: len(self.stage.post.mails) > again, seconds=120)
        self._tell_after_repeats("kill -9 of the worker that sends mail", began)
        self.report.tell(
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
        slowest = max((asked.ended - asked.began for asked in seen.asked), default=0)
        self.report.tell(
            f"Redis stopped for {REDIS_AWAY} s",
            f"{len(seen.asked)} requests, the slowest {slowest:.1f} s; {len(seen.placed)} orders",
            lost=told(seen.failed, "failed request"),
        )

    def mail_follows_redis(self) -> None:
        """What waited while Redis was away is sent by the sweep of every minute."""
        deadline = self.redis_back_at + SENT_WITHIN
        all_sent = wait_until(self._nothing_waits_since_redis, seconds=deadline - time.time())
        waiting = books.unfinished(until=self.redis_back_at)
        self.report.tell(
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
        """Wait so long; what ends meanwhile is started again, as docker does."""
        wait_until(lambda: bool(self.stage.restart_what_ended()) and False, seconds=seconds)

    # --- PostgreSQL -------------------------------------------------------------------------------------------------

    def stops_the_database(self) -> None:
        """Cut off in the middle of orders. Every answer meanwhile is a plain 503 that says when to come back."""
        self.load.has_patience(200)
        began = time.monotonic()
        self.stage.database.cut()
        self.cut_off += SENDERS
        self._lasts(DATABASE_AWAY)
        self.stage.database.begin()
        back = time.monotonic()
        connection.close()  # this process had one too
        self.load.wait_for_orders(4)
        time.sleep(2)
        self.load.has_patience(1)
        self._tell_of_the_cut(self.finished(self.load.ledger.since(began - 1)), back)

    def _tell_of_the_cut(self, seen: Ledger, back: float) -> None:
        away = seen.failed
        plain = [asked for asked in away if asked.status == 503 and asked.retry_after]
        statuses = sorted({asked.status for asked in away})
        self.report.tell(
            f"PostgreSQL cut off for {DATABASE_AWAY} s",
            f"{len(away)} requests failed: {len(plain)} by a plain 503 with Retry-After (statuses {statuses})",
            lost=told([asked for asked in away if asked not in plain], "other answer"),
        )
        last = max((asked.ended for asked in away), default=back)
        first = min((asked.ended for asked in seen.asked if asked.ended > back and not asked.failed), default=last + 60)
        slowest = max(last, first) - back
        self.report.tell(
            "PostgreSQL accepts connections again",
            f"the first good answer came {first - back:.2f} s later, the last failed one {max(0.0, last - back):.2f} "
            f"s; {len(seen.placed)} orders",
            lost=f"{slowest:.2f} s" if slowest > BACK_WITHIN else told(seen.not_placed, "failed order"),
        )

    # --- A second beat ----------------------------------------------------------------------------------------------

    def starts_a_second_beat(self) -> None:
        self.second_beat = self.stage.begin("beat")
        self.second_beat_began = time.monotonic()

    def ends_the_second_beat(self) -> None:
        """Count what it has sent; then send every job of the timetable twice, as two beats do at the hour."""
        wait_until(lambda: time.monotonic() - self.second_beat_began > 65, seconds=70)
        self.second_beat.terminate()
        with shelve.open(str(self.second_beat.folder / "beat"), flag="r") as kept:  # noqa: S301  made by our own beat
            sent = sum(entry.total_run_count for entry in kept["entries"].values())
        jobs = sorted({job["task"] for job in current_app.conf.beat_schedule.values()})
        before = self._under_way()  # of a worker that was killed: Redis gives them out again after five minutes
        for job in jobs * 2:
            current_app.send_task(job)
        is_done = wait_until(lambda: self._under_way() <= before, seconds=60)
        twice, lasted = books.twice(), time.monotonic() - self.second_beat_began
        self.report.tell(
            "A second beat",
            f"it sent {sent} jobs in {lasted:.0f} s; then each of the {len(jobs)} jobs was sent twice",
            lost=", ".join(twice) or ("" if is_done and sent else "it sent nothing, or the jobs did not end"),
        )

    def _under_way(self) -> int:
        """How many jobs wait in Redis or are being done."""
        with self.stage.redis.client() as client:
            return sum(client.llen(queue) for queue in QUEUES) + client.hlen("unacked")

    # --- Secrets ------------------------------------------------------------------------------------------------------

    def looks_for_secrets(self) -> None:
        """Look in all processes that may be looked at: in what `ps` shows, and in what each was given."""
        owner, others = self.stage.values["POSTGRES_PASSWORD"], ("PORTAL_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY")
        shown, given = processes("cmdline"), processes("environ")
        telling = [pid for pid, words in shown.items() if any(self.stage.values[name] in words for name in others)]
        telling += [pid for pid, words in shown.items() if owner in words]
        knowing = [pid for pid, words in given.items() if owner in words]
        portal = sum(self.stage.values["PORTAL_PASSWORD"] in words for words in given.values())
        self.report.tell(
            "Passwords, while all runs",
            f"{portal} processes know the portal's, {len(knowing)} the owner's; {len(telling)} show one to `ps`",
            lost=told(telling, "command line") or told(knowing, "process that knows the owner's password"),
        )

    # --- The end ----------------------------------------------------------------------------------------------------

    def settles(self) -> None:
        """The load ends, the outbox empties, the books are compared."""
        self.load.stop()
        wait_until(lambda: not books.unfinished(but_in_hand=True), seconds=70, every=0.5)
        time.sleep(3)  # what a living worker has in hand is sent in milliseconds
        shortened = books.cut_leases_short()
        if shortened:
            current_app.send_task("notifications.send_due")
            wait_until(lambda: not books.unfinished(), seconds=70, every=0.5)
        self._tell_of_orders()
        self._tell_of_mails(shortened)

    def looks_at_the_disks(self) -> None:
        """Nothing that people gave is kept on the disk of a web host, so any other may answer them."""
        webs = [server for server in self.stage.servers if isinstance(server, Web)]
        kept = [f"{web.folder}/{name}" for web in webs for name in left_behind(web)]
        self.report.tell(
            "Disks of the web hosts", f"{len(webs)} hosts wrote {len(kept)} files", lost="; ".join(kept[:3])
        )

    def _tell_of_orders(self) -> None:
        ledger = self.load.ledger
        wrong = books.half_orders() + books.not_as_told(ledger)
        self.report.tell(
            "Orders, lines, places, stock, allotment",
            f"{len(ledger.placed)} orders under load agree" if not wrong else "they do not agree",
            lost="; ".join(wrong[:5]),
        )

    def _tell_of_mails(self, shortened: int) -> None:
        """What is cut off between sending and marking is sent once more, or found to be no longer true by then."""
        found, arrived = books.mails_of(self.stage.post), len(self.stage.post.mails)
        again, untrue = found.pop("again"), found.pop("untrue")
        cut_off = self.cut_off + SENDERS * self.stage.restarted.count("worker-urgent")
        lost = [told(messages, f"{what} message") for what, messages in found.items() if messages]
        if len(again) + len(untrue) > cut_off:
            lost.append(told(again + untrue, "repeated message"))
        self.report.tell(
            "Mails by Message-ID and by database",
            f"{arrived} arrived; {len(again)} again under the same Message-ID, {len(untrue)} marked as no longer true "
            f"(at most one for each of {cut_off} processes cut off while they may have sent); {shortened} in their "
            "hands, whose lease of 5 minutes was cut short",
            lost="; ".join(lost),
        )


def processes(what: str) -> dict[str, str]:
    """`cmdline` or `environ` of each process, by its id."""
    found = {}
    for path in Path("/proc").glob(f"[0-9]*/{what}"):
        with suppress(OSError):  # it has ended, or is another user's
            found[path.parent.name] = path.read_bytes().decode(errors="replace")
    return found


def told(what, noun: str) -> str:
    """How many there are, in words, and the first of them; nothing for none."""
    if not what:
        return ""
    return f"{len(what)} {noun}{'' if len(what) == 1 else 's'}, as {what[0]}"
