"""Chromium for the journeys: the machine's own, never a download."""

import os
import shutil

NO_BROWSER = "no Chromium on this machine"
HOW_TO_INSTALL = "Install one with `apt-get install chromium`, or name one with CHROMIUM=/path/to/chromium."


def chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
    return next((path for path in map(shutil.which, names) if path), None)


def launch_arguments() -> list[str]:
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
    # Chromium's sandbox starts neither as root nor in most containers; what it shows here is our own pages alone.
    return [*quiet, "--no-sandbox"]


def tell_what_did_not_run(terminalreporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    journeys = [report.nodeid for report in skipped if NO_BROWSER in str(report.longrepr)]
    if journeys:
        terminalreporter.section("JOURNEYS THAT DID NOT RUN: " + NO_BROWSER, sep="!", red=True, bold=True)
        for nodeid in journeys:
            terminalreporter.line(nodeid, red=True)
        terminalreporter.line(HOW_TO_INSTALL, red=True, bold=True)
