"""The canonical form of an event and of a seal, equal on SQLite and PostgreSQL, and the ids a seal still waits for."""

import hashlib
import json
import struct
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from audit.models import Seal

COLUMNS = (
    "id", "created_at", "actor_id", "role", "action", "subject_type", "subject_id", "outcome", "reason", "address",
    "session", "request_id",
)  # fmt: skip
_ADDRESS = COLUMNS.index("address")
_FINGERPRINT = struct.Struct(">q8s")  # id, and as many bytes of its digest as show that an event was altered
Ranges = list[list[int]]


# --- Digests -------------------------------------------------------------------------------------------------------


def row_digest(row: tuple[Any, ...]) -> bytes:
    """Return SHA-256 of one event, given as the values of COLUMNS."""
    values = [_moment(value) if isinstance(value, datetime) else value for value in row]
    if values[_ADDRESS] is not None:  # the databases abbreviate IPv6 in different ways
        values[_ADDRESS] = ip_address(values[_ADDRESS]).exploded
    return hashlib.sha256(_json(values)).digest()


def rows_digest(digests: Iterable[bytes]) -> str:
    """Return SHA-256 in hex over the digests of the events of one seal, in the order of their ids."""
    return hashlib.sha256(b"".join(digests)).hexdigest()


def seal_digest(seal: Seal) -> str:
    """Return SHA-256 in hex of everything in a stored seal; the next seal holds it as `previous_digest`."""
    said = [
        seal.pk, _moment(seal.created_at), seal.first_id, seal.last_id, seal.count, seal.rows_digest,
        seal.previous_digest, hashlib.sha256(bytes(seal.fingerprints)).hexdigest(), seal.awaited,
    ]  # fmt: skip
    return hashlib.sha256(_json(said)).hexdigest()


def _json(values: list[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def packed(digests: dict[int, bytes]) -> bytes:
    """Return the fingerprints of these events (digest by id) as a seal stores them."""
    return b"".join(_FINGERPRINT.pack(pk, digest[:8]) for pk, digest in digests.items())


def fingerprints_of(seal: Seal) -> dict[int, bytes]:
    """Return the first eight bytes of each event's digest, by id. Raises `struct.error` for other bytes."""
    return dict(_FINGERPRINT.iter_unpack(bytes(seal.fingerprints)))


# --- Ids that were given and not committed -------------------------------------------------------------------------


def gaps_between(ids: Iterable[int], *, after: int, until: int) -> Iterator[list[int]]:
    """Yield [first, last] of each run of ids that is missing among the ascending `ids`, from `after` + 1 to `until`."""
    for pk in (*ids, until + 1):
        if pk > after + 1:
            yield [after + 1, pk - 1]
        after = pk


def awaited_ranges(seal: Seal | None) -> Ranges:
    """Return the runs of ids that may still be committed after this seal."""
    return [ids for entry in (seal.awaited if seal else []) for ids in entry["ids"]]


def is_awaited(pk: int, ranges: Ranges) -> bool:
    return any(first <= pk <= last for first, last in ranges)


def still_awaited(seal: Seal | None, *, writers: Collection[str], found: Collection[int]) -> list[dict[str, Any]]:
    """Return the entries of a seal's `awaited` whose transaction still runs, without the ids `found` since."""
    awaited = []
    for entry in seal.awaited if seal else []:
        running = sorted(set(entry["writers"]) & set(writers))
        ids = [gap for first, last in entry["ids"] for gap in _without(found, first, last)]
        if running and ids:
            awaited.append({"ids": ids, "writers": running})
    return awaited


def _without(found: Collection[int], first: int, last: int) -> Iterator[list[int]]:
    inside = sorted(pk for pk in found if first <= pk <= last)
    return gaps_between(inside, after=first - 1, until=last)
