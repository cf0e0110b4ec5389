"""Read a mailbox by IMAP (RFC 3501), with a limit on time and size for a server that hangs or sends without end."""

import imaplib
import re
import socket
import ssl
import threading
from contextlib import suppress
from typing import Any, Self

ANSWER_WITHIN = 10  # seconds, for each answer of the server
MOST_BYTES = 512 * 1024  # of one mail that is read: what comes back holds one of our mails, which are much smaller
SIZE = re.compile(rb"RFC822\.SIZE (\d{1,18})")
MailboxError = (imaplib.IMAP4.error, OSError)  # what any method may raise: refused, hung, cut, signed in wrongly


class _Bounded(imaplib.IMAP4):
    """A client that ends its connection after `within` seconds, whatever the server does in between.

    A limit on each answer is not enough: a server may send one byte at a time.
    """

    def __init__(self, host: str, port: int, *, within: float, **options: Any) -> None:
        self._cut = threading.Timer(within, self._hang_up)
        self._cut.daemon = True
        super().__init__(host, port, timeout=min(ANSWER_WITHIN, within), **options)

    def open(self, *arguments: Any, **options: Any) -> None:
        super().open(*arguments, **options)
        self._cut.start()

    def shutdown(self) -> None:
        self._cut.cancel()
        super().shutdown()

    def read(self, size: int) -> bytes:
        if size > 2 * MOST_BYTES:
            raise imaplib.IMAP4.abort("more than it had said")
        return super().read(size)

    def _hang_up(self) -> None:
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


class _Encrypted(_Bounded, imaplib.IMAP4_SSL):
    pass


class Mailbox:
    """An open folder of a mail server. `account` is the setting BOUNCE_MAILBOX; `within` the seconds of the visit."""

    def __init__(self, account: dict[str, Any], *, within: float) -> None:
        where = account["host"], account["port"]
        self._client: imaplib.IMAP4
        if account["is_encrypted"]:
            self._client = _Encrypted(*where, ssl_context=ssl.create_default_context(), within=within)
        else:
            self._client = _Bounded(*where, within=within)
        try:
            self._client.login(_quoted(account["user"]), account["password"])
            self._checked(self._client.select(_quoted(account["folder"])))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        with suppress(*MailboxError):
            self._client.logout()
        with suppress(*MailboxError):  # when the server did not answer the logout
            self._client.shutdown()

    @property
    def uid_validity(self) -> int:
        """Return the number with which the UIDs of this folder count: with another one they count anew."""
        return self._number(self._client.response("UIDVALIDITY")[1][-1])

    def uids_after(self, uid: int) -> list[int]:
        """Return the UIDs of the mails that came after the mail `uid`, oldest first."""
        found = self._checked(self._client.uid("SEARCH", f"UID {uid + 1}:*"))
        numbers = sorted(int(number) for number in b" ".join(line or b"" for line in found).split() if number.isdigit())
        return [number for number in numbers if number > uid]  # `n:*` names the last mail, also when it is below n

    def read(self, uid: int) -> bytes | None:
        """Return a mail, which stays unread, or None when it is larger than MOST_BYTES or gone."""
        (about, *_) = self._checked(self._client.uid("FETCH", str(uid), "(RFC822.SIZE)"))
        size = SIZE.search(about) if isinstance(about, bytes) else None
        if size is None or int(size[1]) > MOST_BYTES:
            return None
        parts = self._checked(self._client.uid("FETCH", str(uid), "(BODY.PEEK[])"))
        return next((part[1] for part in parts if isinstance(part, tuple)), None)

    def mark_read(self, uid: int) -> None:
        self._checked(self._client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)"))

    @staticmethod
    def _checked(answer: tuple[str, list[Any]]) -> list[Any]:
        kind, parts = answer
        if kind != "OK" or not parts:
            raise imaplib.IMAP4.error(f"answered {kind}")
        return parts

    @staticmethod
    def _number(given: bytes | None) -> int:
        if not re.fullmatch(rb"\d{1,10}", given or b""):
            raise imaplib.IMAP4.error("a number is missing")
        return int(given or b"")


def _quoted(name: str) -> str:
    """Return a name in quotes: imaplib quotes the password alone."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
