"""Made-up backups, and a second database into which a test can restore one."""

import hashlib
import os
import sqlite3
import zipfile
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import psycopg2
from django.db import connection

from pages.backups import keys
from pages.backups.making import ENGINES
from pages.backups.manifest import Manifest
from pages.backups.postgres import FILE as DUMP
from pages.backups.sqlite import FILE as COPY
from tests.processes import database_url

ROLE, OTHER = "portal_of_a_restore", "portal_restored"


def file_name():
    return DUMP if connection.vendor == "postgresql" else COPY


def manifest(content=b"a database", **over):
    """Return a manifest that fits this portal and database, for an archive with `content`."""
    major = ENGINES[connection.vendor].server_major()
    parts = {
        "portal": "0.1.0",
        "made_at": "2026-11-28T12:00:00+00:00",
        "database": {"vendor": connection.vendor, "version": "x", "major": major, "dumped_with": 0},
        "migrations": [["pages", "0001_initial"]],
        "tables": {"pages_contactmessage": {"rows": 0, "digest": hashlib.sha256().hexdigest()}},
        "files": {file_name(): {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}},
        "field_keys": keys.field_key_probes({}),
        "ssn_peppers": keys.pepper_probes(),
    }
    return Manifest(**{**parts, **over})


def archive(path, of=None, content=b"a database", **files):
    """Write an archive with the manifest `of` and the named `files` at `path`; return the path."""
    of = manifest(content) if of is None else of
    with zipfile.ZipFile(path, "w") as made:
        for name, data in {file_name(): content, **files}.items():
            made.writestr(name, data)
        made.writestr("manifest.json", of if isinstance(of, str) else of.to_json())
    return path


@contextmanager
def empty_database(tmp_path):
    """Make a new database; yield the environment with which manage.py restores into it and runs on it."""
    if connection.vendor == "sqlite":
        yield {"DATABASE_URL": f"sqlite:///{tmp_path}/{OTHER}.sqlite3"}
        return
    owner = urlsplit(database_url())._replace(path=f"/{OTHER}")
    host = owner.netloc.rpartition("@")[2]
    _as_owner(f"DROP DATABASE IF EXISTS {OTHER}", f"DROP ROLE IF EXISTS {ROLE}")
    _as_owner(f"CREATE DATABASE {OTHER} TEMPLATE template0", f"CREATE ROLE {ROLE} LOGIN PASSWORD 'made-up'")
    try:
        yield {
            "DATABASE_URL": owner._replace(netloc=f"{ROLE}:made-up@{host}").geturl(),
            "MIGRATION_DATABASE_URL": owner.geturl(),
        }
    finally:
        _as_owner(f"DROP DATABASE {OTHER} WITH (FORCE)", f"DROP ROLE {ROLE}")


def _as_owner(*statements):
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as server:
        server.autocommit = True
        for statement in statements:
            server.cursor().execute(statement)


@contextmanager
def cursor_on(environment):
    """Yield a cursor on the database of `environment`, as the owner of its tables."""
    url = environment.get("MIGRATION_DATABASE_URL") or environment["DATABASE_URL"]
    driver = psycopg2.connect(url) if url.startswith("postgres") else sqlite3.connect(urlsplit(url).path)
    with closing(driver), closing(driver.cursor()) as cursor:
        yield cursor
        driver.commit()
