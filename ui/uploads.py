"""Where Django stores an upload while it arrives."""

import tempfile
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MOST_KEPT = 110_000_000  # bytes of one file: a little more than the largest roster, so that its own page refuses it


class NamelessUploadHandler(FileUploadHandler):
    """Stores an upload in a file without a name, so that a killed process leaves nothing on the disk.

    What comes after MOST_KEPT is counted and dropped: no request fills the disk, and the form still knows that the file
    is too large.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  closed with the request

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start < MOST_KEPT:
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        self.file.seek(0)
        return UploadedFile(
            self.file, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra
        )

    def upload_interrupted(self) -> None:
        self.file.close()
