"""The digest of a seal as a line that is kept outside the database."""

import re
from collections.abc import Iterable

from audit.models import Seal
from audit.rules.sealing import seal_digest
from ui.errors import PortalError

LINE = re.compile(r"(?P<made>\S+) seal (?P<seal>\d+) events to (?P<last>\d+) sha256 (?P<digest>[0-9a-f]{64})")


class OutsideError(PortalError):
    """A file of digests that cannot be read as one."""


def outside_line(seal: Seal) -> str:
    """Return one line that names a seal and its digest, without a line end."""
    made = seal.created_at.isoformat(timespec="microseconds")
    return f"{made} seal {seal.pk} events to {seal.last_id} sha256 {seal_digest(seal)}"


def read_outside(lines: Iterable[str]) -> dict[int, bytes]:
    """Return the digests by seal from lines that `outside_line` wrote; skip empty lines. Raises OutsideError."""
    digests: dict[int, bytes] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found = LINE.fullmatch(line.strip())
        if found is None:
            raise OutsideError(
                f"Line {number} is no seal. Each line reads: TIME seal NUMBER events to NUMBER sha256 DIGEST"
            )
        seal, digest = int(found["seal"]), bytes.fromhex(found["digest"])
        if digests.setdefault(seal, digest) != digest:
            raise OutsideError(
                f"Line {number} gives seal {seal} another digest than a line before. Which one is right?"
            )
    if not digests:
        raise OutsideError("The file holds no seal. Give the file that seal_audit writes.")
    return digests
