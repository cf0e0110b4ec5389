from django.db import connections

from audit.sql import install_triggers


def on_migrated(*, using, **_):
    """A table remade on SQLite silently loses its triggers, so every migrate puts them back."""
    install_triggers(connections[using])
