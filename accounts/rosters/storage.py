"""Uploaded rosters in the database, sealed: any worker can read them, and nothing is left once they are deleted."""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from accounts.models import RosterPart, RosterUpload
from ui.encryption import decrypt_bytes, encrypt_bytes

PART = 1 << 20  # bytes of the file in one row


def sealed_parts(upload: RosterUpload, file: BinaryIO) -> Iterator[RosterPart]:
    """Yield the file as rows that are not saved yet. Each can be opened at its own place of its own upload only."""
    file.seek(0)
    position = 0
    while data := file.read(PART):
        sealed = encrypt_bytes(data, context=part_context(upload.pk, position))
        yield RosterPart(upload=upload, position=position, data=sealed)
        position += 1


def open_upload(upload: RosterUpload) -> io.BufferedReader:
    """Return an uploaded roster as a file to read."""
    return io.BufferedReader(_Unsealed(upload))


def part_context(upload_id: int, position: int) -> str:
    """Return what the seal of a part is bound to: its own place of its own upload."""
    return f"{RosterPart._meta.db_table}.data:{upload_id}:{position}"


class _Unsealed(io.RawIOBase):
    """A file that holds one part at a time in the clear, in memory only."""

    def __init__(self, upload: RosterUpload) -> None:
        self._upload = upload
        self._at = 0
        self._held = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begins = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._upload.byte_count}
        self._at = begins[whence] + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = self._part(self._at // PART)[self._at % PART :][: len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _part(self, position: int) -> bytes:
        if position != self._held[0]:
            stored = RosterPart.objects.filter(upload=self._upload, position=position).values_list("data", flat=True)
            sealed = stored.first()
            data = (
                decrypt_bytes(bytes(sealed), context=part_context(self._upload.pk, position))
                if sealed is not None
                else b""
            )
            self._held = (position, data)
        return self._held[1]
