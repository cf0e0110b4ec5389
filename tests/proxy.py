"""nginx with the files of deploy/ as docker-compose.yml mounts them, on free ports, for tests and `make rehearse`."""

import shutil
import signal
import socket
import ssl
import time
from http.client import HTTPSConnection
from pathlib import Path

import trustme

from tests import servers

NO_NGINX = "There is no nginx on this machine: install it with `apt-get install nginx-light`."
DEPLOY = servers.BASE_DIR / "deploy"
# The part of the image's own nginx.conf that includes our file, without the paths of the system.
AROUND = """
daemon off;
worker_processes 2;
pid nginx.pid;
events { worker_connections 512; }
http {
    include mime.types;
    default_type application/octet-stream;
    keepalive_timeout 65;
    access_log access.log;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include conf.d/default.conf;
}
"""


def nginx() -> str | None:
    """Return the path of nginx, or None; Debian installs it outside an ordinary user's PATH."""
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


class Proxy(servers.Server):
    """nginx on `url` before these web hosts, with a made-up certificate that the SSL context `trust` accepts."""

    def __init__(self, hosts: list[str]) -> None:
        super().__init__("proxy")
        self.folder.chmod(0o755)  # when the tests run as root, its workers run as another user
        self.port, self.plain_port = (servers.free_port() for _port in range(2))
        self.url = f"https://localhost:{self.port}"
        self.trust = ssl.create_default_context()
        self._lay_files(hosts)
        program = nginx()
        if program is None:
            raise RuntimeError(NO_NGINX)
        self.start([program, "-p", self.folder, "-c", self.folder / "nginx.conf"], is_ready=self._answers)

    def _lay_files(self, hosts: list[str]) -> None:
        (self.folder / "nginx.conf").write_text(AROUND)
        (self.folder / "mime.types").write_text("types { text/html html; }")
        (self.folder / "conf.d").mkdir()
        shutil.copy(DEPLOY / "nginx.conf", self.folder / "conf.d" / "default.conf")
        ours = shutil.copytree(DEPLOY / "proxy", self.folder / "portal")
        # Debian 12's nginx does not know `http2 on`, and only root may use ports below 1024.
        (ours / "listen.conf").write_text(f"listen 127.0.0.1:{self.port} ssl http2;\n")
        (ours / "listen_plain.conf").write_text(f"listen 127.0.0.1:{self.plain_port};\n")
        self._write_upstream(hosts)
        authority = trustme.CA()
        authority.configure_trust(self.trust)
        certificate = authority.issue_cert("localhost")
        (self.folder / "tls").mkdir()
        certificate.private_key_pem.write_to_path(self.folder / "tls" / "portal.key")
        for pem in certificate.cert_chain_pems:
            pem.write_to_path(self.folder / "tls" / "portal.crt", append=True)

    def _write_upstream(self, hosts: list[str]) -> None:
        """Write the upstream file of deploy/ with these hosts instead of `web:8000`."""
        text = (DEPLOY / "proxy" / "upstream.conf").read_text()
        lines = "\n    ".join(f"server {host};" for host in hosts)
        assert text.count("server web:8000;") == 1
        (self.folder / "portal" / "upstream.conf").write_text(text.replace("server web:8000;", lines))

    def asks(self, hosts: list[str]) -> None:
        """Send requests to these hosts from now on; return when no request to other hosts is under way."""
        self._write_upstream(hosts)
        before = self._workers()
        self.process.send_signal(signal.SIGHUP)  # the same signal as `nginx -s reload`
        deadline = time.monotonic() + servers.PATIENCE
        while not (now := self._workers()) or now & before:
            if time.monotonic() > deadline:
                raise RuntimeError("nginx did not take its new hosts:\n" + self.log())
            time.sleep(0.02)

    def _workers(self) -> set[str]:
        return set(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split())

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def connection(self) -> HTTPSConnection:
        return HTTPSConnection("localhost", self.port, context=self.trust, timeout=60)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except OSError:
            return False
        return True
