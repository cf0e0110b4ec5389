"""The whole deployment on this machine, from the files of deploy/ and the commands of docker-compose.yml."""

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
# Names that no example has: var/env of a developer's machine would fill them in, or they belong to a port like ours.
NOT_IN_EXAMPLES = {"DEBUG": "false", "OIDC_SERVER_URL": "", "SENTRY_DSN": "", "REQUIRE_MFA": "true"}


class Stage:
    """Everything of docker-compose.yml: `values` fills in the env files, `stop` ends all of it."""

    def __init__(self) -> None:
        self.running, self.servers = ExitStack(), []
        self.restarted: list[str] = []  # what had ended by itself
        self.values = made_up()
        try:
            self._raise_curtain()
        except BaseException:
            self.stop()
            raise

    def _raise_curtain(self) -> None:
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
        service.environment |= NOT_IN_EXAMPLES | {"CSRF_TRUSTED_ORIGINS": self.url}
        return service

    def open(self) -> None:
        """Web hosts, workers and beat; returns when all answer."""
        self.webs = [self.new_web() for _one in range(WEB_HOSTS)]
        for web in self.webs:
            web.begin(waits=False)
        self.urgent, self.bulk, self.beat = (self.begin(name) for name in ("worker-urgent", "worker-bulk", "beat"))
        if not wait_until(lambda: all(web.answers() for web in self.webs), seconds=Web.patience):
            raise RuntimeError(f"The web hosts do not answer after {Web.patience} seconds.")
        self.route()

    def new_web(self) -> Web:
        return self._keep(self._with_more(Web(self.values)))

    def route(self) -> None:
        """Let the proxy ask the web hosts that there are."""
        self.proxy.asks([web.address for web in self.webs])

    def begin(self, name: str) -> Service:
        service = self._keep(self.service(name))
        service.begin()
        return service

    def asked(self) -> tuple[int, str]:
        """The status and Retry-After of the start page."""
        connection = self.proxy.connection()
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status, response.headers.get("Retry-After", "")

    def last_words(self) -> str:
        """What the services said last, for whoever looks for the reason."""
        logs = [(one.folder / "log") for one in self.servers if (one.folder / "log").exists()]
        return "\n".join(f"== {log.parent.name}\n{log.read_text(errors='replace')[-800:]}" for log in logs)

    def restart_what_ended(self) -> list[str]:
        """Start again what ended by itself, as docker does for `restart: unless-stopped`; returns the names."""
        there = [*self.webs, self.urgent, self.bulk, self.beat]
        ended = [one for one in there if one.restarts and one.process.poll() is not None]
        for service in ended:
            service.begin()
        self.restarted += [service.name for service in ended]
        return [service.name for service in ended]

    def enter_as_web(self) -> None:
        """Let this process see the database as a web host does, with Django set up: to make people and to count."""
        os.environ.update(self.service("web").environment | {"PATH": os.environ["PATH"]})
        import django

        django.setup()
        logging.disable(logging.INFO)  # the mail server tells each command that it is given

    def _keep(self, server):
        self.running.callback(server.stop)
        if hasattr(server, "folder"):
            self.servers.append(server)
        return server

    def stop(self) -> None:
        self.running.close()


def made_up() -> dict[str, str]:
    """Secrets of this rehearsal alone, and what else the env files leave open."""
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
