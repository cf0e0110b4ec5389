"""Read a mail that a mail server has sent back: which message could not be delivered, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Any

from flufl.bounce import all_failures

from notifications.message_ids import message_named_in
from notifications.rules import Fault, codes_in, fault_of


@dataclass(frozen=True)
class Report:
    """A mail that came back. `message` is the key of ours, or None for somebody else's; `code` is such as 5.1.1."""

    message: int | None
    fault: Fault
    code: str


def read_report(raw: bytes) -> Report | None:
    """Return what a mail reports, or None when it is no bounce, or says that the delivery is still tried.

    flufl.bounce knows the formats in which servers report; it gives addresses, and no codes. The addresses are not
    used, because a mail may have been forwarded: the Message-ID of what came back names the message.
    """
    mail = message_from_bytes(raw)
    _delayed, failed = all_failures(mail)
    if not failed:
        return None
    status, smtp = _codes(mail)
    return Report(message_named_in(_all_text(mail, raw)), fault_of(status, smtp), status or str(smtp or ""))


def _codes(mail: Message) -> tuple[str, int | None]:
    """Return the status code and the SMTP code: from the report for machines (RFC 3464), else from the first text."""
    for block in _delivery_blocks(mail):
        if block.get("Action", "").strip().lower().startswith(("fail", "error")):
            status, _ = codes_in(block.get("Status", ""))
            more_exact, smtp = codes_in(block.get("Diagnostic-Code", ""))
            return (more_exact if more_exact and (not status or status.endswith(".0.0")) else status), smtp
    text = next((part for part in mail.walk() if part.get_content_type() == "text/plain"), None)
    return codes_in(_decoded(text).decode("ascii", "replace")) if text else ("", None)


def _delivery_blocks(mail: Message) -> Iterator[Message]:
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            yield from part.get_payload()  # type: ignore[misc] # a list of messages, when it is multipart


def _all_text(mail: Message, raw: bytes) -> bytes:
    """Return the mail as it came, and its texts that were encoded for the way."""
    encoded = [part for part in mail.walk() if not part.is_multipart() and part.get("Content-Transfer-Encoding")]
    return b"\n".join([raw, *(_decoded(part) for part in encoded)])


def _decoded(part: Message) -> bytes:
    payload: Any = part.get_payload(decode=True)
    return payload or b""
