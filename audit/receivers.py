from typing import Any

from django.conf import settings
from django.db import connections

from audit.sql import grant_role, install_triggers


def on_migrated(*, using: str, **_: Any) -> None:
    """Install the triggers again after each migration: on SQLite a table that is made anew loses them."""
    install_triggers(connections[using])
    if settings.DATABASE_ROLE and connections[using].vendor == "postgresql":
        grant_role(connections[using], settings.DATABASE_ROLE)
