"""`bin/setup` says in one sentence why it stopped, and the next run continues.

The project here is a folder with `bin/setup` and small locks of made-up packages; its "uv" calls the real uv.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.wheels import make_wheel

pytestmark = pytest.mark.once
BASE_DIR = Path(__file__).resolve().parent.parent
REAL_UV = BASE_DIR / ".venv" / "bin" / "uv"
CLOSED_PORT = "http://127.0.0.1:9/simple"  # the port of the discard service, which nobody runs


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir(parents=True)
        shutil.copy(BASE_DIR / "bin" / "setup", folder / "bin" / "setup")
        uv = {"uv-1.0.data/scripts/uv": f'#!/bin/sh\nexec "{REAL_UV}" "$@"\n'}
        self.lock("requirements-setup.txt", "uv", "1.0", files=uv)
        self.lock("requirements.txt", "planted", "1.0", files={"planted.py": "version = '1.0'"})

    def lock(self, lock: str, name: str, version: str, *, files: dict[str, str]) -> None:
        """Release a package in the index of this project, and write a lock that names only this package."""
        page = self.folder / "index" / name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        digest = make_wheel(page.parent, name, version, files=files)
        page.write_text("".join(f'<a href="{wheel.name}">{wheel.name}</a>\n' for wheel in page.parent.glob("*.whl")))
        (self.folder / lock).write_text(f"{name}=={version} --hash=sha256:{digest}\n")

    def begin(self, what: str = "run", **environment: str) -> subprocess.Popen:
        # Only pip is given the index: `bin/setup` has to pass it on to uv.
        settings = self.folder / "pip.conf"
        settings.write_text(f"[global]\nindex-url = {(self.folder / 'index').as_uri()}\n")
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHON": sys.executable,
            "PIP_CONFIG_FILE": str(settings),
            "UV_CACHE_DIR": str(self.folder / "cache"),
            **environment,
        }
        command = [self.folder / "bin" / "setup", what]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=environment, start_new_session=True, **pipes)

    def set_up(self, what: str = "run", **environment: str) -> tuple[int, str]:
        """Run `bin/setup` to its end; return its exit status and the last line it wrote about an error."""
        process = self.begin(what, **environment)
        _out, err = process.communicate(timeout=120)
        return process.returncode, err.strip().rpartition("\n")[2]

    def installed_version(self) -> str:
        ask = "import planted; print(planted.version)"
        return subprocess.check_output([self.folder / ".venv/bin/python", "-c", ask], text=True).strip()

    @property
    def is_finished(self) -> bool:
        return (self.folder / ".venv" / "run.stamp").exists()


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "a folder with spaces")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A project that is already set up, because making the environment takes longest."""
    project = Project(tmp_path_factory.mktemp("finished") / "a folder with spaces")
    assert project.set_up() == (0, "")
    return project


def test_setup_installs_the_lock_and_does_nothing_the_second_time(project):
    assert project.set_up() == (0, "")
    assert (project.installed_version(), project.is_finished) == ("1.0", True)
    assert project.begin().communicate() == ("", "")


def test_setup_follows_a_lock_that_changed(finished):
    project = finished
    project.lock("requirements.txt", "planted", "2.0", files={"planted.py": "version = '2.0'"})
    assert project.set_up() == (0, "")
    assert project.installed_version() == "2.0"


def test_setup_of_the_scan_makes_a_separate_environment(finished):
    project = finished
    project.lock("requirements-scan.txt", "planted", "9.0", files={"planted.py": "version = '9.0'"})
    before = project.installed_version()
    assert project.set_up("scan") == (0, "")
    ask = "import planted; print(planted.version)"
    assert subprocess.check_output([project.folder / ".venv-scan/bin/python", "-c", ask], text=True) == "9.0\n"
    assert project.installed_version() == before


def test_setup_after_a_kill_is_finished_by_the_next_run(project):
    files = {f"planted/part_{number}.py": "" for number in range(20_000)}
    project.lock("requirements.txt", "planted", "1.0", files=files)
    process = project.begin()
    package = project.folder / ".venv/lib" / f"python3.{sys.version_info.minor}" / "site-packages/planted"
    deadline = time.monotonic() + 60
    while not package.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert package.exists()
    assert not project.is_finished
    assert project.set_up() == (0, "")
    assert len(list(package.glob("part_*.py"))) == 20_000


def test_setup_refuses_a_lock_edited_by_hand(finished):
    project = finished
    (project.folder / "requirements.txt").write_text(f"planted==1.0 --hash=sha256:{'0' * 64}\n")
    status, words = project.set_up()
    assert status == 1
    assert words == (
        "Set-up stopped: requirements.txt does not fit the packages it names. If somebody edited it, restore it with"
        " 'git checkout requirements.txt' or write it again with 'make lock'."
    )


def test_setup_without_a_network_says_so_and_continues_later(finished):
    project = finished
    project.lock("requirements.txt", "planted", "3.0", files={"planted.py": "version = '3.0'"})
    status, words = project.set_up(UV_DEFAULT_INDEX=CLOSED_PORT, UV_HTTP_RETRIES="0")
    assert status == 1
    assert words == (
        "Set-up stopped: packages could not be downloaded. Check the connection to the package index and try again;"
        " downloaded packages are not lost."
    )
    assert project.set_up() == (0, "")
    assert project.installed_version() == "3.0"


def test_setup_names_a_missing_python(project):
    status, words = project.set_up(PYTHON="/nowhere/python3")
    assert status == 1
    assert words == (
        "Set-up stopped: PYTHON=/nowhere/python3 is not a Python of version 3.11 or newer. Name one that is."
    )


def test_setup_makes_a_broken_environment_again(project):
    project.set_up()
    moved = project.folder.with_name("moved")
    project.folder.rename(moved)
    project.folder = moved
    assert project.set_up() == (0, "")
    (moved / ".venv/bin/python").unlink()
    (moved / ".venv/bin/python").symlink_to("/nowhere/python3")
    assert project.set_up() == (0, "")
    assert project.installed_version() == "1.0"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_setup_in_a_folder_that_cannot_be_written_says_so(project):
    project.folder.chmod(0o500)
    status, words = project.set_up()
    project.folder.chmod(0o700)
    assert (status, words) == (
        1,
        f"Set-up stopped: nothing can be written to {project.folder}. Clone the project into a folder of your own.",
    )
