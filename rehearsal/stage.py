"""The whole deployment on this machine, with the files of deploy/ and the commands of docker-compose.yml."""

import base64
import logging
import os
import secrets
from contextlib import ExitStack
from tempfile import TemporaryDirectory

from rehearsal.post import Post
from rehearsal.servers import Database, Redis, Service, Web, wait_until
from tests.proxy import Proxy

WEB_HOSTS = 2
# Names that no example has: otherwise var/env of a developer's machine would fill them in.
NOT_IN_EXAMPLES = {"DEBUG": "false", "OIDC_SERVER_URL": "", "SENTRY_DSN": "", "REQUIRE_MFA": "true"}
# The examples leave them out, but a dispensary has them: without them the job of every minute writes an error.
REPORT_VALUES = {
    "REPORT_SOURCE_ID": "2035550100",
    "REPORT_PHARMACY_NUMBER": "MM0000001",
    "REPORT_ORIGIN_CODE": "99",
    "REPORT_TEST": "true",
    "REPORT_SFTP_URL": "",
}


class Stage:
    """All services of docker-compose.yml: `values` fills in the env files, `stop` ends the services."""

    def __init__(self) -> None:
        self.running, self.servers = ExitStack(), []
        self.restarted: list[str] = []  # names of services that had ended by themselves
        self.values = made_up()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self.post = self._keep(Post())
        self.database = self._keep(Database(self.values))
        self.redis = self._keep(Redis(self.values))
        self.webs: list[Web] = []
        nobody = Web(self.values)
        self._keep(nobody)
        self.proxy = self._keep(Proxy([nobody.address]))
        self.url = self.proxy.url
        owner, portal = (self.values[name] for name in ("POSTGRES_PASSWORD", "PORTAL_PASSWORD"))
        self.values |= {
            "DATABASE_URL": f"postgres://portal:{portal}@{self.database.address}/{self.database.name}",
            "MIGRATION_DATABASE_URL": f"postgres://portal_owner:{owner}@{self.database.address}/{self.database.name}",
            "REDIS_URL": f"redis://:{self.values['REDIS_PASSWORD']}@{self.redis.address}/0",
            "EMAIL_URL": f"smtp://{self.post.address}",
            "SITE_URL": self.url,
            "PROMETHEUS_MULTIPROC_DIR": self.running.enter_context(TemporaryDirectory(prefix="portal-metrics-")),
        }

    def migrate(self) -> None:
        self._keep(self.service("migrate")).run()

    def service(self, name: str) -> Service:
        return self._with_more(Service(name, self.values))

    def _with_more(self, service):
        service.environment |= NOT_IN_EXAMPLES | REPORT_VALUES | {"CSRF_TRUSTED_ORIGINS": self.url}
        return service

    def open(self) -> None:
        """Start web hosts, workers and beat; return when all web hosts answer."""
        self.webs = [self.new_web() for _host in range(WEB_HOSTS)]
        for web in self.webs:
            web.begin(waits=False)
        self.urgent, self.bulk, self.beat = (self.begin(name) for name in ("worker-urgent", "worker-bulk", "beat"))
        if not wait_until(lambda: all(web.answers() for web in self.webs), seconds=Web.patience):
            raise RuntimeError(f"The web hosts do not answer after {Web.patience} seconds.")
        self.route()

    def new_web(self) -> Web:
        return self._keep(self._with_more(Web(self.values)))

    def route(self) -> None:
        """Let the proxy use the web hosts of `webs`."""
        self.proxy.asks([web.address for web in self.webs])

    def begin(self, name: str) -> Service:
        service = self._keep(self.service(name))
        service.begin()
        return service

    def start_page_status(self) -> tuple[int, str]:
        """Return the status and the header Retry-After of the start page."""
        connection = self.proxy.connection()
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status, response.headers.get("Retry-After", "")

    def last_words(self) -> str:
        """Return the last lines of the log of each service."""
        logs = [(server.folder / "log") for server in self.servers if (server.folder / "log").exists()]
        return "\n".join(f"== {log.parent.name}\n{log.read_text(errors='replace')[-800:]}" for log in logs)

    def restart_what_ended(self) -> list[str]:
        """Start services that ended by themselves again, as Docker does; return their names."""
        services = [*self.webs, self.urgent, self.bulk, self.beat]
        ended = [service for service in services if service.restarts and service.process.poll() is not None]
        for service in ended:
            service.begin()
        self.restarted += [service.name for service in ended]
        return [service.name for service in ended]

    def enter_as_web(self) -> None:
        """Set Django up in this process with the environment of a web host, to make people and to count rows."""
        os.environ.update(self.service("web").environment | {"PATH": os.environ["PATH"]})
        import django

        django.setup()
        logging.disable(logging.INFO)  # the mail server logs every command

    def _keep(self, server):
        self.running.callback(server.stop)
        if hasattr(server, "folder"):
            self.servers.append(server)
        return server

    def stop(self) -> None:
        self.running.close()


def made_up() -> dict[str, str]:
    """Return made-up secrets for this rehearsal, and the other values that the env files leave open."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "SSN_PEPPERS": secrets.token_urlsafe(32),
        "ALLOWED_HOSTS": "localhost",
        "DISPENSARY_NAME": "Rehearsal Dispensary",
        "DISPENSARY_PHONE": "+12035550100",
        "DISPENSARY_EMAIL": "help@example.org",
        "POSTGRES_PASSWORD": secrets.token_hex(24),
        "PORTAL_PASSWORD": secrets.token_hex(24),
        "REDIS_PASSWORD": secrets.token_hex(24),
    }
