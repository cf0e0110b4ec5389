"""The mail server of a rehearsal: takes every mail, keeps it, and counts each Message-ID."""

import re
import time
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes, policy
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller

from rehearsal.servers import wait_until
from tests.servers import free_port


@dataclass(frozen=True)
class Mail:
    message_id: str
    to: tuple[str, ...]
    text: str
    at: float  # time.time()


class Post:
    """Listens on `address`; `mails` holds what came, in order."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.controller = Controller(self, hostname="127.0.0.1", port=port)
        self.controller.start()

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802  aiosmtpd calls it so
        message = message_from_bytes(envelope.content, policy=policy.default)
        text = message.get_body(preferencelist=("plain", "html")).get_content()
        self.mails.append(Mail(message["Message-ID"], tuple(envelope.rcpt_tos), text, time.time()))
        return "250 kept"

    def stop(self) -> None:
        self.controller.stop()

    def path_to(self, recipient: str, path: str, *, seconds: float = 90) -> str:
        """Where the newest link with `path` in it leads that was mailed to this address; waits until there is one.

        Without the host: the proxy tells the portal its name alone, and here it listens on a port of its own.
        """
        found: list[str] = []

        def is_there() -> bool:
            texts = [mail.text for mail in reversed(self.mails) if recipient in mail.to]
            found[:] = [match[0] for text in texts if (match := re.search(rf"https?://\S*{path}\S*", text))]
            return bool(found)

        if not wait_until(is_there, seconds=seconds):
            raise RuntimeError(f"No mail with a link to {path} reached {recipient} within {seconds} seconds.")
        return urlsplit(found[0]).path

    def counts(self) -> Counter[str]:
        return Counter(mail.message_id for mail in self.mails)
