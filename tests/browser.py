"""The Chromium of this machine for the journeys; nothing is downloaded."""

import os
import shutil

NO_BROWSER = "no Chromium on this machine"
WITHOUT_WINDOW = "chromium-headless-shell"
HOW_TO_INSTALL = "Install one with `apt-get install chromium`, or name one with CHROMIUM=/path/to/chromium."


def chromium() -> str | None:
    """Return the path of Chromium, or None when this machine has none."""
    return _first_of("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", WITHOUT_WINDOW)


def light_chromium() -> str | None:
    """Return the path of the Chromium that takes a third less processor time, or else what `chromium` returns."""
    return _first_of(WITHOUT_WINDOW) or chromium()


def _first_of(*names: str) -> str | None:
    named = os.environ.get("CHROMIUM")
    return next((path for path in map(shutil.which, [named] if named else names) if path), None)


def launch_arguments() -> list[str]:
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
    # Chromium's sandbox starts neither as root nor in most containers. Here it shows only our own pages.
    return [*quiet, "--no-sandbox"]


def list_skipped_journeys(terminalreporter) -> None:
    """Print the journeys that were skipped because there is no Chromium."""
    skipped = terminalreporter.stats.get("skipped", [])
    journeys = [report.nodeid for report in skipped if NO_BROWSER in str(report.longrepr)]
    if journeys:
        terminalreporter.section("JOURNEYS THAT DID NOT RUN: " + NO_BROWSER, sep="!", red=True, bold=True)
        for nodeid in journeys:
            terminalreporter.line(nodeid, red=True)
        terminalreporter.line(HOW_TO_INSTALL, red=True, bold=True)
