"""Run the scanner wapiti, signed in as a role; each of its reports is a finding."""

import json
import subprocess
import tempfile
from pathlib import Path

from scan import alarms

BASE_DIR = Path(__file__).resolve().parent.parent
WAPITI = BASE_DIR / ".venv-scan" / "bin" / "wapiti"
MODULES = "xss,permanentxss,sql,file,exec,crlf,redirect,csrf"
# Addresses that would end the session or the account of the role.
LEFT_OUT = (
    "/accounts/logout/*",
    "/admin/logout/*",
    "/accounts/sessions/*",
    "/accounts/password/*",
    "/physician/leave/*",
)
STARTS = ("/home/", "/delivery/", "/certification/", "/admin/", "/contact/", "/accounts/email/")
LIST_OF_ONE_PAGE = 30


def begin(base, cookie, *, seconds, starts=STARTS, modules=MODULES):
    """Start a scan that crawls and attacks for at most so many seconds each; return the arguments of `finish`."""
    folder = tempfile.TemporaryDirectory(prefix="portal-wapiti-")
    report = Path(folder.name) / "report.json"
    command = [WAPITI, "--url", f"{base}{starts[0]}", "--scope", "domain", "--module", modules, "--format", "json"]
    command += ["--output", report, "--header", f"Cookie: {cookie}", "--flush-session"]
    # Not with --drop-set-cookie: it would remove the cookie of the header as well.
    command += ["--store-session", folder.name, "--store-config", folder.name, "--no-bugreport", "--verbose", "0"]
    each = seconds // len(MODULES.split(","))
    command += ["--max-scan-time", str(seconds), "--max-attack-time", str(each), "--timeout", "20"]
    command += ["--max-links-per-page", str(LIST_OF_ONE_PAGE), "--max-files-per-dir", "20", "--depth", "4"]
    command += ["--tasks", "4"]
    # wapiti must not use its servers on the Internet: nothing answers at these addresses.
    command += ["--dns-endpoint", "localhost", "--endpoint", "http://127.0.0.1:9/"]
    for path in starts[1:]:
        command += ["--start", f"{base}{path}"]
    for path in (*LEFT_OUT, "/static/*"):
        command += ["--exclude", f"{base}{path}"]
    log = (Path(folder.name) / "log").open("w")
    process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    return process, report, folder, seconds


def finish(begun, role, findings):
    """Wait for a scan, add its findings and return its guesses; a scan without a report is a finding as well.

    A guess is a report that `scan.alarms` checks again when no scan runs any more.
    """
    process, report, folder, seconds = begun
    try:
        process.wait(seconds * 2 + 120)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with folder:
        if not report.exists():
            words = (report.parent / "log").read_text(errors="replace")
            findings.add("wapiti", role, f"Ended with {process.returncode} and no report: {words[-400:]}")
            return []
        content = json.loads(report.read_text())
    pages = content["infos"].get("crawled_pages_nbr", 0)
    findings.count("pages attacked by wapiti", pages)
    findings.log(f"wapiti as {role}: {pages} pages")
    guesses = []
    for kind, reports in {**content["vulnerabilities"], **content["anomalies"]}.items():
        for report in reports:
            report["where"] = f"{role} {report['method']} {report['path'][:200]}"
            if alarms.is_guess(report):
                guesses.append(report)
            else:
                findings.add("wapiti", report["where"], f"{kind}: {report['info']}")
    return guesses


def ask_again(guesses, base, cookie, findings):
    """Add the guesses that hold while nothing else runs; count the others as false alarms."""
    for report in guesses:
        if alarms.holds(report, base, cookie):
            findings.add("wapiti", report["where"], report["info"])
        else:
            findings.count("alarms of wapiti that did not hold, asked again five times")
            findings.log(f"Did not hold, asked again: {report['where']}: {report['info']}")
