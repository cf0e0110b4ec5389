"""The locks name no host, and the settings name what they miss."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once
BASE_DIR = Path(__file__).resolve().parent.parent
REQUIREMENTS = sorted(BASE_DIR.glob("requirements*.txt"))

PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "a-made-up-secret-of-some-length-" * 3,
    "FIELD_KEYS": "k1:MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE=",
    "SSN_PEPPERS": "pepper",
    "SITE_URL": "https://portal.example",
    "ALLOWED_HOSTS": "portal.example",
    "DATABASE_URL": "sqlite://:memory:",
    "EMAIL_URL": "smtp://localhost:25",
    "DEFAULT_FROM_EMAIL": "portal@portal.example",
    "DISPENSARY_NAME": "Example",
    "DISPENSARY_PHONE": "+12035550100",
    "DISPENSARY_EMAIL": "help@portal.example",
}


def manage(*arguments, **environment):
    """Run manage.py with only this environment; an empty value hides the one of var/env."""
    clean = {"PATH": os.environ["PATH"], "REDIS_URL": "", "MIGRATION_DATABASE_URL": "", **environment}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env=clean, capture_output=True, text=True, timeout=60
    )


def test_there_is_a_lock_for_each_environment():
    names = ["-dev", "-node", "-pip-newest", "-pip-oldest", "-scan", "-setup", "-worker", ""]
    assert [path.name for path in REQUIREMENTS] == [f"requirements{name}.txt" for name in names]


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_requirements_name_no_host_and_no_path(path):
    text = path.read_text()
    assert "://" not in text
    assert not re.search(r"(^|\s)--?(index-url|extra-index-url|find-links|trusted-host|i |f )", text)
    assert not re.search(r"(^|\s)/\w", text)


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_requirements_pin_each_package_with_a_hash(path):
    entries = re.split(
        r"\n(?=\S)", "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
    )
    for entry in filter(str.strip, entries):
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9, -]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def pins():
    """Return the packages of each lock with their versions."""
    return {
        path.name: set(re.findall(r"^([a-z0-9._\[\], -]+==\S+)", path.read_text(), re.MULTILINE))
        for path in REQUIREMENTS
    }


def test_requirements_for_development_include_those_for_running():
    found = pins()
    assert found["requirements.txt"] < found["requirements-worker.txt"] < found["requirements-dev.txt"]


def test_only_workers_have_numpy():
    """fpdf2 imports numpy wherever it is installed, so a web process must not have it [findings/]."""
    found = {lock: {pin.split("==")[0] for pin in of_lock} for lock, of_lock in pins().items()}
    assert found["requirements-worker.txt"] - found["requirements.txt"] == {"numpy", "pandas", "pyvroom"}


@pytest.mark.parametrize("folder", [".", "scan"])
def test_package_lock_names_no_download_address(folder):
    packages = json.loads((BASE_DIR / folder / "package-lock.json").read_text())["packages"]
    assert len(packages) > 1
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name


def test_deployment_check_is_clean():
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"DEBUG"}))
def test_settings_name_what_is_missing(name):
    done = manage("check", **PRODUCTION | {name: ""})
    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr
    assert re.search(rf"^  {name}: \w", done.stderr, re.MULTILINE)
    others = PRODUCTION.keys() - {name, "DEBUG"}
    assert not [other for other in others if re.search(rf"^  {other}:", done.stderr, re.MULTILINE)]


SIGN_ON = {
    "OIDC_SERVER_URL": "https://id.state.example",
    "OIDC_CLIENT_ID": "portal",
    "OIDC_CLIENT_SECRET": "a secret",
    "OIDC_NAME": "State ID",
}


def test_the_sign_on_is_turned_on_by_its_settings():
    asks = "from django.conf import settings; print(settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    done = manage("shell", "--no-imports", "-c", asks, **PRODUCTION | SIGN_ON)
    assert (done.returncode, done.stdout.strip()) == (0, """["'self'", 'https://id.state.example']""")


@pytest.mark.parametrize("name", sorted(SIGN_ON))
def test_an_incomplete_sign_on_stops_the_start_and_names_the_variable(name):
    done = manage("check", **PRODUCTION | SIGN_ON | {name: ""})
    assert done.returncode != 0
    assert re.findall(r"^  (\w+):", done.stderr, re.MULTILINE) == [name]


def test_a_sign_on_without_https_stops_the_start():
    done = manage("check", **PRODUCTION | SIGN_ON | {"OIDC_SERVER_URL": "http://id.state.example"})
    assert done.returncode != 0
    assert "OIDC_SERVER_URL must begin with https://" in done.stderr


def test_settings_name_everything_at_once():
    done = manage("check", **dict.fromkeys(PRODUCTION, "") | {"DEBUG": "false"})
    for name in PRODUCTION.keys() - {"DEBUG"}:
        assert f"  {name}: " in done.stderr
