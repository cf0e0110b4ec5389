"""The way of a text to its provider: one port with two adapters, and the connection that a batch of texts shares.

A provider's own address is put behind the generic one by a small relay, or speaks it (docs/texts-and-letters.md).
"""

import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMessage

from notifications.rules import TextRefused

CONSOLE = "console:"
SECONDS = 10  # for the connection, and for each answer
MOST_READ = 10_000  # bytes of an answer; what it says is not used
log = structlog.get_logger()


@dataclass(frozen=True)
class Text:
    """A text to one number (E.164). `message_id` is the same at each try, so that a repeat is recognizable."""

    number: str
    words: str
    message_id: str


class Gateway(Protocol):
    """The port. `is_connected` is whether the provider had taken the connection."""

    is_connected: bool

    def send(self, text: Text) -> None:
        """Hand over one text; return when the provider has it. Raises TextRefused, or OSError."""

    def close(self) -> None: ...


class ConsoleGateway:
    """Write each text into the mailbox of `make run` in place of sending it; the log has neither number nor words."""

    is_connected = True

    def send(self, text: Text) -> None:
        folder = Path(settings.MAILBOX_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        mail = EmailMessage(f"Text message: {text.words}", text.words, to=[text.number])
        name = "".join(char for char in text.message_id if char.isalnum() or char in "-.")
        (folder / f"text-{name}.log").write_bytes(mail.message().as_bytes())
        log.info("text_written", message_id=text.message_id)

    def close(self) -> None:
        return


class HttpGateway:
    """Post each text as JSON to SMS_URL, over one connection that is opened again when the provider has closed it."""

    def __init__(self) -> None:
        self.is_connected = False
        self._connection: http.client.HTTPConnection | None = None

    def send(self, text: Text) -> None:
        was_open = self._connection is not None
        try:
            status = self._post(text)
        except ConnectionError:
            self.close()
            if not was_open:
                raise
            status = self._post(text)  # it has the same id: a provider that knows it sends it once
        if not 200 <= status < 300:
            raise TextRefused(status)

    def _post(self, text: Text) -> int:
        connection = self._connection or self._open()
        try:
            connection.request("POST", _path(), body=_body(text), headers=_headers(text))
            answer = connection.getresponse()
            answer.read(MOST_READ)
        except http.client.HTTPException as error:
            raise ConnectionError("The provider's answer is no HTTP.") from error
        if answer.will_close or not answer.isclosed():
            self.close()
        return answer.status

    def _open(self) -> http.client.HTTPConnection:
        self.is_connected = False
        address = urlsplit(settings.SMS_URL)
        host = address.hostname or ""
        connection = (
            http.client.HTTPSConnection(host, address.port, timeout=SECONDS, context=ssl.create_default_context())
            if address.scheme == "https"
            else http.client.HTTPConnection(host, address.port, timeout=SECONDS)
        )
        connection.connect()
        self._connection, self.is_connected = connection, True
        return connection

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _path() -> str:
    address = urlsplit(settings.SMS_URL)
    return (address.path or "/") + (f"?{address.query}" if address.query else "")


def _body(text: Text) -> bytes:
    said = {"from": settings.SMS_FROM, "to": text.number, "text": text.words, "id": text.message_id}
    return json.dumps(said).encode()


def _headers(text: Text) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {settings.SMS_TOKEN}",
        "Content-Type": "application/json",
        "Idempotency-Key": text.message_id,
    }


class TextLine:
    """The gateway of one batch, used as the connection to the mail server is."""

    def __init__(self) -> None:
        self._gateway: Gateway = ConsoleGateway() if settings.SMS_URL == CONSOLE else HttpGateway()

    @property
    def is_connected(self) -> bool:
        return self._gateway.is_connected

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def send(self, text: Text) -> None:
        self._gateway.send(text)

    def close(self) -> None:
        self._gateway.close()
