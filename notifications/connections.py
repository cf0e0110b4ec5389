"""The connection to the mail server."""

import smtplib
from typing import Any, Self

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.filebased import EmailBackend as FileBackend


class Line:
    """One connection, kept from mail to mail; `is_connected` is whether the server has taken the last one.

    A server may close after each mail: then the next mail opens the connection again.
    """

    def __init__(self) -> None:
        self._backend: Any = None
        self.is_connected = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def send(self, message: EmailMessage) -> None:
        """Send one mail; return when the server has answered that it has it. Raises what the backend raises."""
        was_open = self._backend is not None
        try:
            self._send(message)
        except (smtplib.SMTPServerDisconnected, ConnectionError) as error:
            self.close()
            if not was_open or isinstance(error.__context__, TimeoutError):  # a server that hangs would hang again
                raise
            self._send(message)

    def _send(self, message: EmailMessage) -> None:
        if self._backend is None:
            self._open()
        self._backend.send_messages([message])
        if isinstance(self._backend, FileBackend):  # it writes one file for each connection
            self._backend = None

    def _open(self) -> None:
        self.is_connected = False
        backend = get_connection()
        backend.open()
        self._backend, self.is_connected = backend, True

    def close(self) -> None:
        """End the connection; the server may be gone already."""
        backend, self._backend = self._backend, None
        if backend is not None:
            try:
                backend.close()
            except (OSError, smtplib.SMTPException):
                return
