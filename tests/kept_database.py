"""The migrated database of the tests: the first worker makes it, and the others copy it.

It is kept until a migration or a package changes: of SQLite as a file in `var/`, of PostgreSQL as a template in the
server. A hundred migrations take longer than most files of tests.
"""

import fcntl
import hashlib
import os
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
FOLDER = BASE_DIR / "var" / "test-databases"

_turn = ExitStack()  # holds the lock of the worker that migrates


def fetch(database: dict) -> bool:
    """Begin the worker's database with the kept one; return whether there is one.

    If there is none, this worker makes it: all others wait here until it calls `keep`, or ends.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = _turn.enter_context((FOLDER / "lock").open("w"))
    fcntl.flock(lock, fcntl.LOCK_EX)
    found = _fetch_file(database) if database["ENGINE"].endswith("sqlite3") else _fetch_template(database)
    if found:
        _turn.close()
    return found


def keep(database: dict) -> None:
    """Keep a copy of the worker's database, instead of those of older migrations."""
    with _turn:
        if database["ENGINE"].endswith("sqlite3"):
            _keep_file(database)
        else:
            _keep_template(database)


def _fetch_file(database: dict) -> bool:
    kept = FOLDER / f"{_digest()}.sqlite3"
    if kept.exists():
        _copy(kept, Path(database["TEST"]["NAME"]))
    return kept.exists()


def _keep_file(database: dict) -> None:
    kept = FOLDER / f"{_digest()}.sqlite3"
    for older in set(FOLDER.glob("*.sqlite3")) - {kept}:
        older.unlink(missing_ok=True)
    beside = kept.with_suffix(f".{os.getpid()}")
    _copy(Path(database["TEST"]["NAME"]), beside)
    beside.replace(kept)


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)


def _fetch_template(database: dict) -> bool:
    name = _template()
    found = name in _templates()
    if found:
        database["TEST"]["TEMPLATE"] = name
    return found


def _keep_template(database: dict) -> None:
    from django.db import connection

    connection.close()  # PostgreSQL copies no database that somebody uses
    kept, found = _template(), _templates()
    with connection._nodb_cursor() as cursor:
        for older in found - {kept}:
            cursor.execute(f"DROP DATABASE IF EXISTS {older}")
        if kept not in found:
            cursor.execute(f"CREATE DATABASE {kept} TEMPLATE {database['TEST']['NAME']}")


def _template() -> str:
    return f"portal_migrated_{_digest()}"


def _templates() -> set[str]:
    from django.db import connection

    with connection._nodb_cursor() as cursor:
        cursor.execute(r"SELECT datname FROM pg_database WHERE datname LIKE 'portal\_migrated\_%'")
        return {name for (name,) in cursor.fetchall()}


def _digest() -> str:
    """Return what names the database that these migrations and packages make."""
    digest = hashlib.sha256((BASE_DIR / "requirements-dev.txt").read_bytes())
    for path in sorted(BASE_DIR.glob("*/migrations/*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:32]
