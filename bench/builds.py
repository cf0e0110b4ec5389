"""Builds to measure beside each other, each with its folder, environment, database and web server.

An old commit of the portal is unpacked into `var/bench/<commit>/` and made ready as its own `bin/` does; the next run
finds it there. So do the packages of django-appointment in `var/bench/peer/`.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from meter import cpu_ms

BASE_DIR = Path(__file__).resolve().parent.parent
FOLDER = BASE_DIR / "var" / "bench"
sys.path.insert(0, str(BASE_DIR))

from tests import servers  # noqa: E402


@dataclass(frozen=True)
class Build:
    """A folder with code, its packages, and the settings that its processes get beside those of the bench."""

    folder: Path
    venv: Path
    environment: dict[str, str]

    @property
    def python(self):
        return self.venv / "bin" / "python"


def build_of_peer(database_url):
    """Return the build of django-appointment with a database of its own."""
    venv, lock = FOLDER / "peer", BASE_DIR / "bench" / "requirements-peers.txt"
    ready = venv / "ready"
    if not ready.exists() or ready.stat().st_mtime < lock.stat().st_mtime:
        print("Installing django-appointment into var/bench", flush=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        make_environment(venv, lock)
        ready.touch()
    environment = {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "settings"}
    return Build(BASE_DIR / "bench" / "peer", venv, environment)


def build_of(commit, database_url, redis_url):
    """Return the build of this commit with a database and a Redis of its own."""
    folder = unpacked(commit)
    return Build(folder, folder / ".venv", {"DATABASE_URL": database_url, "REDIS_URL": redis_url})


def unpacked(commit):
    """Return the folder of this commit with its packages, styles and translations."""
    commit = commit_of(commit)
    folder = FOLDER / commit[:12]
    ready = folder / ".venv" / "ready"
    if ready.exists():
        return folder
    print(f"Making commit {commit[:12]} ready in var/bench", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", commit], cwd=BASE_DIR, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x"], cwd=folder, check=True, input=archive)
    make_environment(folder / ".venv", folder / "requirements-dev.txt")
    ours = BASE_DIR / "node_modules"
    if ours.exists() and same(folder / "package-lock.json", BASE_DIR / "package-lock.json"):
        (folder / "node_modules").symlink_to(ours)
    else:
        subprocess.run([folder / "bin" / "node", "install"], cwd=folder, check=True)
    subprocess.run([folder / "bin" / "node", "build"], cwd=folder, check=True)
    subprocess.run([folder / "bin" / "collect"], cwd=folder, check=True)
    ready.touch()
    return folder


def commit_of(name):
    """Return the full hash of the commit of this name."""
    ask = ["git", "rev-parse", "--verify", f"{name}^{{commit}}"]
    return subprocess.run(ask, cwd=BASE_DIR, check=True, capture_output=True, text=True).stdout.strip()


def same(one, other):
    return one.read_bytes() == other.read_bytes()


def make_environment(venv, lock):
    """Make a virtual environment, and install the packages of a lock into it by uv, hashes checked."""
    uv = BASE_DIR / ".venv" / "bin" / "uv"
    own = Path(sys.executable)
    subprocess.run([uv, "venv", "--quiet", "--no-config", "--clear", "--seed", "--python", own, venv], check=True)
    install = [uv, "pip", "install", "--quiet", "--no-config", "--python", venv / "bin" / "python"]
    install += ["--require-hashes", "--only-binary", ":all:", "-r", lock]
    subprocess.run(install, check=True, env=os.environ | mirror())


def mirror():
    """Return the setting that makes uv use the package index that pip is told to use, as `bin/setup` does."""
    ask = [sys.executable, "-m", "pip", "config", "list"]
    lines = subprocess.run(ask, capture_output=True, text=True).stdout.splitlines()
    index = [line.partition("=")[2].strip("'") for line in lines if line.partition("=")[0].endswith(".index-url")]
    return {"UV_DEFAULT_INDEX": index[-1]} if index and "UV_DEFAULT_INDEX" not in os.environ else {}


def migrate(build, postgres, database):
    """Make the tables of a portal in this database, or copy those that an earlier run made by the same migrations."""
    digest = hashlib.sha256((build.folder / "requirements.txt").read_bytes())
    for path in sorted(build.folder.glob("*/migrations/*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    kept = FOLDER / f"tables-{digest.hexdigest()[:12]}.sql"
    binaries = Path(postgres.process.args[0]).parent
    there = ["--host", postgres.folder, "--username", "postgres", "--dbname", database]
    if kept.exists():
        subprocess.run([binaries / "psql", *there, "--quiet", "--output", os.devnull, "--file", kept], check=True)
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [build.python, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=build.folder, env=os.environ | build.environment, check=True)
    subprocess.run([binaries / "pg_dump", *there, "--no-owner", "--file", kept], check=True)


class OtherWorld:
    """The world of another build, whose own code makes it: this script in a process with that build's Python.

    Each call of a method is a line of JSON to that process, and its answer another.
    """

    def __init__(self, build, script):
        self.process = subprocess.Popen(
            [build.python, script],
            cwd=build.folder,
            env=os.environ | build.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __getattr__(self, name):
        def ask(*args, **kwargs):
            with suppress(BrokenPipeError):
                print(json.dumps([name, args, kwargs]), file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
            if not answer:
                raise RuntimeError(f"{self.process.args[1]} has ended; why stands above.")
            return json.loads(answer)

        return ask

    def close(self):
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


class Web(servers.Server):
    """gunicorn as a build deploys it (`deploy/gunicorn.conf.py`, if it has one), with 4 threads a process.

    It is ready when it has answered `path` to the person of this session.
    """

    patience = 300

    def __init__(self, build, application, *, workers=2, path="/livez", key=""):
        super().__init__("web")
        port = servers.free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.asked = path, key
        # By the script `gunicorn`: settings.py gives a time limit to statements of a process with this name.
        command = [build.python.with_name("gunicorn"), application, "--chdir", build.folder]
        config = build.folder / "deploy" / "gunicorn.conf.py"
        command += ["--config", config] if config.exists() else []
        command += ["--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", "4", "--keep-alive", "60"]
        command += ["--timeout", "300"]
        self.start(command, is_ready=self._answers, cwd=build.folder, env=os.environ | build.environment)
        self.cpu_of_start = cpu_ms(self.process.pid)

    def stop(self):
        """End gunicorn, and its workers where it had no time to end them."""
        super().stop()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _answers(self):
        path, key = self.asked
        try:
            with visitor(self, key) as person:
                return person.get(path).status == 200
        except OSError:
            return False


def visitor(server, key):
    """Return a person who waits long: the first request of a process imports much, and the machine may be busy."""
    from tests.crowd import Visitor

    person = Visitor(server.url, key)
    person.connection.timeout = 300
    return person


@contextmanager
def served(build, application, **options):
    server = Web(build, application, **options)
    try:
        yield server
    finally:
        server.stop()
