"""`make scan`: attack, crawl and check the whole portal. First it has to find a planted fault of each kind."""

import logging
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from scan.findings import Findings

CRAWL, LOOK, ATTACK = 420, 1_200, 240  # seconds that each part may take at most
ATTACKERS = ("patient", "physician", "Manager")
FIRST = ("Administrator", "physician", "patient", "nobody")  # visited first: equal pages of other roles are skipped


def main():
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(143))  # so that the servers end and their folders are removed
    from django.test import override_settings

    from scan import lighthouse, portal

    with portal.database() as url:
        people = portal.People()
        findings = Findings()
        findings.log("A portal with somebody of every role is ready")
        with portal.served(url, "tests.planted_wsgi") as base, override_settings(ROOT_URLCONF="tests.planted"):
            missing = controls(base, people)
        if missing:
            print(f"The scan proves nothing: it did not find {', '.join(missing)}.")
            return 2
        findings.log("Found every planted fault: reflected words, pasted SQL, a slow query, a 500, HTML, barriers")
        with portal.served(url) as base:
            lighthouse.measure(base, people.cookie, findings)  # first, while nothing else runs
            scan(base, people, findings)
    return findings.report()


def controls(base, people):
    """Return the names of the planted faults that the scan did not find."""
    from scan import attacks, barriers, html, visits

    found, met = Findings(), {}
    cookie = people.cookie("patient")  # the planted pages need a signed-in scanner
    starts = ("/planted/reflects/", "/planted/looks-up/")
    wapiti = attacks.begin(base, cookie, seconds=60, starts=starts, modules="xss,sql")
    visitor = visits.Visitor(base, "nobody", people, found, met)
    planted = ["digits", "pages", "sleeps", "no-html", "picture"]
    forms = visitor.crawl(f"/planted/{name}/" for name in planted)
    visitor.send_all([form for form in forms if "planted" in form.address], until=time.monotonic() + 60)
    pages = [page for page in met.values() if page.route in ("planted-no-html", "planted-picture")]
    html.check(pages, found)
    barriers.look(pages, base, found, until=time.monotonic() + 60)
    attacks.ask_again(attacks.finish(wapiti, "patient", found), base, cookie, found)
    looks = [where for where, what in found.of("barrier") if "planted-picture" in where and "image-alt" in what]
    opened = [where for where in looks if "all opened" in where]
    held = {
        "the reflected parameter": any("reflects" in where for where, _what in found.of("wapiti")),
        "the query put together": any("looks-up" in where for where, _what in found.of("wapiti")),
        "the slow query": any("sleeps" in where for where, _what in found.of("slow")),
        "the page that breaks": any("planted" in where for where, _what in found.of("broken")),
        "the bad HTML": any("planted-no-html" in where for where, _what in found.of("HTML")),
        "the picture without alt": len(looks) - len(opened) == len(barriers.LOOKS),
        "the picture without alt in a closed part": len(opened) == len(barriers.OPENED_LOOKS),
    }
    return [name for name, holds in held.items() if not holds]


def scan(base, people, findings):
    from scan import attacks, barriers, html, visits
    from tests.access import ROLES
    from tests.test_fuzz import starts_of

    met, forms = {}, {}
    until = time.monotonic() + CRAWL
    visitors = {}
    for role in (*FIRST, *(role for role in ROLES if role not in FIRST)):
        visitors[role] = visits.Visitor(base, role, people, findings, met)
        starts = [*starts_of(people.world, role), *visits.NOBODYS]
        fresh = [form for form in visitors[role].crawl(starts) if form.signature not in forms]
        forms |= {form.signature: (role, form) for form in fresh}
    findings.log(f"{findings.counts['pages opened']} pages opened, as {len(visitors)} roles")
    for role, visitor in visitors.items():
        visitor.send_all([form for its_role, form in forms.values() if its_role == role], until=until)
    findings.log(f"{findings.counts['forms and queries']} forms and queries sent")
    findings.count("pages and states met", len(met))
    cookies = {role: people.cookie(role) for role in ATTACKERS}
    running = {role: attacks.begin(base, cookie, seconds=ATTACK) for role, cookie in cookies.items()}
    try:
        html.check(met.values(), findings)
        findings.log("HTML checked")
        with ThreadPoolExecutor() as pool:
            ended = {}
            for role, begun in running.items():
                visitors[role].cookie = cookies[role]
                ended[role] = pool.submit(finish_attack, begun, role, visitors[role], findings)
            barriers.look(barriers.apart(met), base, findings, until=time.monotonic() + LOOK)
            findings.log("Looked at by axe")
        for role, guesses in ended.items():
            attacks.ask_again(guesses.result(), base, cookies[role], findings)
    finally:
        for process, *_rest in running.values():
            process.kill()


def finish_attack(begun, role, visitor, findings):
    """Wait for a scan of wapiti and return its guesses; add that it was signed out before its end."""
    from scan import attacks

    guesses = attacks.finish(begun, role, findings)
    if "/accounts/login/" in visitor.ask("/accounts/email/").location:
        findings.add("wapiti", role, "It was signed out before it ended.")
    return guesses


if __name__ == "__main__":
    sys.exit(main())
