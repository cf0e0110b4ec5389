"""The sequence of a rehearsal, and its exit status."""

import argparse
import signal
import sys
import time

from rehearsal.report import Report
from tests import browser, proxy


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bin/rehearse", description="Start the whole deployment and break parts of it."
    )
    parser.add_argument("--deploys", type=int, default=2, metavar="N", help="how many web hosts to replace (2)")
    parser.add_argument("--control", action="store_true", help="also kill all hosts: requests must fail then")
    options = parser.parse_args()
    if missing := missing_programs():
        print(missing, file=sys.stderr)
        return 2
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: sys.exit(1))
    report = Report()
    try:
        rehearse(report, options)
    except KeyboardInterrupt:
        print("Broken off.", file=sys.stderr)
    else:
        print(f"\n{report.table()}\n")
        print(f"Nothing was lost. {report.seconds:.0f} seconds." if report.is_whole else "Something was lost.")
        return 0 if report.is_whole else 1
    return 1


def missing_programs() -> str:
    """Return a sentence that says what to install; "" when nothing is missing."""
    if proxy.nginx() is None:
        return proxy.NO_NGINX
    return "" if browser.chromium() else f"There is {browser.NO_BROWSER}. {browser.HOW_TO_INSTALL}"


def rehearse(report: Report, options) -> None:
    from rehearsal.stage import Stage

    stage = Stage()
    try:
        play(stage, report, options)
    except BaseException:
        print(stage.last_words(), file=sys.stderr)
        raise
    finally:
        stage.stop()


def play(stage, report: Report, options) -> None:
    """Take the three journeys, then break the deployment while a load of orders runs."""
    begins(stage, report)
    from rehearsal import world
    from rehearsal.load import Load
    from rehearsal.trials import Trials

    people = world.build()
    takes_journeys(stage, people, report)
    trials = Trials(stage, Load(stage, people), report)
    trials.load.wait_for_orders(4)
    trials.starts_a_second_beat()
    trials.replaces_web_hosts(options.deploys)
    if options.control:
        trials.control_kills_all_web_hosts()
    trials.stops_redis()
    trials.kills_a_web_process()
    trials.kills_a_web_host()
    trials.mail_follows_redis()  # before the next trials, so that no message still waits
    trials.kills_a_worker()
    trials.stops_the_database()
    trials.ends_the_second_beat()
    trials.looks_for_secrets()
    trials.settles()
    trials.looks_at_the_disks()


def begins(stage, report: Report) -> None:
    began = time.monotonic()
    stage.migrate()
    status, retry_after = stage.start_page_status()
    is_plain = (status, bool(retry_after)) == (503, True)
    report.add(
        "The proxy alone, no web host yet", f"{status}, Retry-After {retry_after}", lost="" if is_plain else "the page"
    )
    stage.open()
    report.add(
        "Started from deploy/ and docker-compose.yml",
        f"nginx with TLS, {len(stage.webs)} web hosts, 2 workers, beat, PostgreSQL with two roles, Redis with a "
        f"password, in {time.monotonic() - began:.0f} s",
    )
    stage.enter_as_web()


def takes_journeys(stage, people, report: Report) -> None:
    from rehearsal import journeys

    with journeys.people_at(stage) as person:
        certification = journeys.physician_certifies(person(), people.physician)
        report.add("Journey: a physician certifies", f"{certification}; second factor set up (REQUIRE_MFA is on)")
        patient = person()
        number = journeys.patient_joins_and_orders(patient)
        report.add("Journey: a patient joins and orders", f"{number}, by the link in the mail")
        staff = person()
        journeys.staff_confirm(staff, people.pharmacist)
        patient.opens(f"/delivery/orders/{number}/")
        patient.sees("Confirmed")
        report.add("Journey: staff confirm the order", f"{number} is confirmed; second factor set up")
        errors = [error for person in (patient, staff) for error in person.errors]
        report.add("The browsers' consoles", f"{len(errors)} errors", lost="; ".join(errors[:3]))


if __name__ == "__main__":
    sys.exit(main())
