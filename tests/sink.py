"""A mail server of this machine that keeps what arrives, and that behaves badly where a test wants it to."""

import asyncio
import logging
import re
from collections import Counter
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, syntax

from tests.servers import free_port

MESSAGE_ID = re.compile(rb"^Message-ID: *(\S+)", re.IGNORECASE | re.MULTILINE)


class _Server(SMTP):
    """The commands of the server; what a Sink decides stands in its own methods."""

    @syntax("DATA")
    async def smtp_DATA(self, arg):  # noqa: N802  aiosmtpd calls it by this name
        sink: Sink = self.event_handler
        if sink.hangs_in_data & set(self.envelope.rcpt_tos):
            await self.push("354 go on")
            sink.begun.append(await self._reader.readexactly(1024))
            await asyncio.sleep(60)
        await super().smtp_DATA(arg)


class _Controller(Controller):
    def factory(self):
        return _Server(self.handler, **self.SMTP_kwargs)


class Sink:
    """`refuses` gives the answer to a recipient; `hangs_at` names recipients whose mail is never answered.

    Of a mail to those in `hangs_in_data` the server reads a kilobyte, kept in `begun`, and then nothing more.
    With `closes` the server hangs up after each mail; `pause` is how many seconds it takes before it stores one.
    `arrived` holds (Message-ID, recipient) in order, `connections` how often somebody connected.
    """

    def __init__(self, *, closes: bool = False, port: int = 0) -> None:
        self.closes = closes
        self.refuses: dict[str, str] = {}
        self.refuses_sender = ""
        self.pause = 0.0
        self.hangs_at: set[str] = set()
        self.hangs_in_data: set[str] = set()
        self.begun: list[bytes] = []
        self.arrived: list[tuple[str, str]] = []
        self.contents: list[bytes] = []
        self.connections = 0
        self.port = port or free_port()
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd writes each step
        self.controller = _Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def counts(self) -> Counter[str]:
        return Counter(message_id for message_id, _recipient in self.arrived)

    def recipients(self) -> list[str]:
        return [recipient for _message_id, recipient in self.arrived]

    # aiosmtpd calls the next methods by their names.

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(self, _server, _session, envelope, address, _options):  # noqa: N802
        if self.refuses_sender:
            return self.refuses_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if answer := self.refuses.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        if self.hangs_at & set(envelope.rcpt_tos):
            await asyncio.sleep(60)
        if self.pause:
            await asyncio.sleep(self.pause)
        self.contents.append(envelope.content)
        message_id = MESSAGE_ID.search(envelope.content)[1].decode()
        self.arrived += [(message_id, recipient) for recipient in envelope.rcpt_tos]
        if self.closes:
            asyncio.get_running_loop().call_later(0.001, server.transport.close)
        return "250 stored"

    def stop(self) -> None:
        if not self.controller.loop.is_closed():  # it may have been stopped before
            self.controller.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
