"""An upload on the disk has no name, and beyond the limit it is counted and not stored."""

import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory, override_settings

from ui import uploads

CHUNK = 65_536


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(uploads, "MOST_KEPT", 150_000)
    with override_settings(FILE_UPLOAD_HANDLERS=["ui.uploads.NamelessUploadHandler"]):
        yield


@pytest.mark.parametrize(("size", "most_on_disk"), [(100_000, 100_000), (900_000, 150_000 + CHUNK)])
def test_a_file_that_is_too_large_is_counted_and_not_stored(size, most_on_disk):
    """The chunk in which the limit is reached is the last one that is stored."""
    request = RequestFactory().post("/", {"file": SimpleUploadedFile("a.csv", bytes(size))})
    file = request.FILES["file"]
    on_disk = os.fstat(file.file.fileno()).st_size
    file.close()
    assert file.size == size and min(size, 150_000) <= on_disk <= most_on_disk


def test_the_file_has_no_name_on_the_disk():
    request = RequestFactory().post("/", {"file": SimpleUploadedFile("a.csv", b"a,b")})
    assert os.fstat(request.FILES["file"].file.fileno()).st_nlink == 0
    assert request.FILES["file"].read() == b"a,b"
    request.FILES["file"].close()
