"""The migrated SQLite database of the tests, kept in `var/` until a migration or a package changes.

A hundred migrations take longer than most files of tests.
"""

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def _kept() -> Path:
    """Return where the database is kept that these migrations and packages make."""
    digest = hashlib.sha256((BASE_DIR / "requirements-dev.txt").read_bytes())
    for path in sorted(BASE_DIR.glob("*/migrations/*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return BASE_DIR / "var" / "test-databases" / f"{digest.hexdigest()[:32]}.sqlite3"


def fetch(name: str) -> bool:
    """Copy the kept database to the file `name`; return whether there is one."""
    kept = _kept()
    if kept.exists():
        _copy(kept, Path(name))
    return kept.exists()


def keep(name: str) -> None:
    """Keep a copy of the database in the file `name`, instead of those of older migrations."""
    kept = _kept()
    kept.parent.mkdir(parents=True, exist_ok=True)
    for older in set(kept.parent.glob("*.sqlite3")) - {kept}:
        older.unlink(missing_ok=True)
    beside = kept.with_suffix(f".{os.getpid()}")
    _copy(Path(name), beside)
    beside.replace(kept)


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)
