"""The archive: a ZIP file with the database and the manifest. A ZIP file that was cut off cannot be opened."""

import hashlib
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pages.backups.errors import BackupError, is_full
from pages.backups.manifest import FileFacts, Manifest, manifest_from

MANIFEST = "manifest.json"
LARGEST_MANIFEST = 10_000_000  # bytes
CHUNK = 1 << 20


# --- Writing --------------------------------------------------------------------------------------------------------


class ArchiveWriter:
    """Writes the files of a backup, and collects the size and SHA-256 of each for the manifest."""

    def __init__(self, archive: zipfile.ZipFile):
        self._archive = archive
        self.files: dict[str, FileFacts] = {}

    @contextmanager
    def open(self, name: str, *, compress: bool) -> Iterator["HashedFile"]:
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        entry.external_attr = 0o600 << 16
        with self._archive.open(entry, "w", force_zip64=True) as file:
            hashed = HashedFile(file)
            yield hashed
        self.files[name] = {"bytes": hashed.size, "sha256": hashed.digest.hexdigest()}

    def close_with(self, manifest: Manifest) -> None:
        self._archive.writestr(MANIFEST, manifest.to_json())


class HashedFile:
    """A file that can only be written; it counts its bytes and their SHA-256."""

    def __init__(self, file: IO[bytes]):
        self._file = file
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)


@contextmanager
def new_archive(path: Path) -> Iterator[ArchiveWriter]:
    """Yield a writer for a new archive, which gets the name `path` once all of it is on the disk.

    Until then the file is called `.NAME.….part`. An error removes it, a kill of the process leaves it. Only its owner
    can read the archive. Raises BackupError.
    """
    if path.exists():
        raise BackupError(f"{path} exists already. Name another file.")
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(part, "xb", opener=_for_the_owner_only) as file:
            with zipfile.ZipFile(file, "w", compresslevel=1) as archive:
                yield ArchiveWriter(archive)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = "the disk is full. Make room, or name a file on another disk" if is_full(error) else error.strerror
        raise BackupError(
            f"The backup could not be written to {path}: {reason}. Nothing of it was left behind."
        ) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _for_the_owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    """Write the folder to the disk, so that the new name of the archive outlives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- Reading --------------------------------------------------------------------------------------------------------


class Archive:
    """An archive whose every byte was read and compared with the manifest."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest):
        self._archive, self.manifest = archive, manifest

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        with self._archive.open(name) as file:
            yield file


@contextmanager
def whole_archive(path: Path) -> Iterator[Archive]:
    """Open the archive at `path`; raise BackupError when any part of it is missing, cut off or changed."""
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            manifest = _manifest_of(archive, path)
            for name, expected in manifest.files.items():
                _check_file(archive, name, expected)
            yield Archive(archive, manifest)
    except zipfile.BadZipFile as error:
        raise BackupError(f"{path} is no backup, or it was cut off or damaged. Take another copy of it.") from error
    except FileNotFoundError as error:
        raise BackupError(f"There is no file {path}.") from error
    except (IsADirectoryError, PermissionError) as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error


def _manifest_of(archive: zipfile.ZipFile, path: Path) -> Manifest:
    names = archive.namelist()
    if MANIFEST not in names or archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
        raise BackupError(f"{path} is no backup of the portal: it has no manifest.")
    manifest = manifest_from(archive.read(MANIFEST))
    if sorted(names) != sorted([*manifest.files, MANIFEST]):
        raise BackupError(f"{path} does not hold the files that its manifest names. Take another copy of it.")
    return manifest


def _check_file(archive: zipfile.ZipFile, name: str, expected: FileFacts) -> None:
    with archive.open(name) as file, open(os.devnull, "wb") as nowhere:
        found = HashedFile(nowhere)
        shutil.copyfileobj(file, found, CHUNK)
    if {"bytes": found.size, "sha256": found.digest.hexdigest()} != expected:
        raise BackupError(f"The file {name} in the archive is not the one that was backed up. Take another copy of it.")
