"""The mail server of a rehearsal: it accepts and collects every mail, and counts each Message-ID."""

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
    """A mail server on `address`; `mails` holds what arrived, in order."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.controller = Controller(self, hostname="127.0.0.1", port=port)
        self.controller.start()

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802  the name that aiosmtpd calls
        message = message_from_bytes(envelope.content, policy=policy.default)
        text = message.get_body(preferencelist=("plain", "html")).get_content()
        self.mails.append(Mail(message["Message-ID"], tuple(envelope.rcpt_tos), text, time.time()))
        return "250 stored"

    def stop(self) -> None:
        self.controller.stop()

    def path_to(self, recipient: str, path: str, *, seconds: float = 90) -> str:
        """Return the path of the newest link with `path` in it that was mailed to this address; wait for the mail.

        The host is left out: the portal does not know the port of the proxy.
        """
        found: list[str] = []

        def has_arrived() -> bool:
            texts = [mail.text for mail in reversed(self.mails) if recipient in mail.to]
            found[:] = [match[0] for text in texts if (match := re.search(rf"https?://\S*{path}\S*", text))]
            return bool(found)

        if not wait_until(has_arrived, seconds=seconds):
            raise RuntimeError(f"No mail with a link to {path} reached {recipient} within {seconds} seconds.")
        return urlsplit(found[0]).path

    def counts(self) -> Counter[str]:
        return Counter(mail.message_id for mail in self.mails)
