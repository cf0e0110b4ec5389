"""A temporary portal for the scan: PostgreSQL, a person of every role, and gunicorn on 127.0.0.1."""

import os
from contextlib import contextmanager

from tests import servers
from tests.conftest import ENVIRONMENT

CSRF = "c" * 32
servers.Server.patience = 120  # seconds, because a scan may share its machine


@contextmanager
def database():
    """Start a PostgreSQL with the portal's tables, set Django up on it, and yield its address."""
    postgres = servers.Postgres()
    try:
        os.environ.update(ENVIRONMENT | {"DATABASE_URL": postgres.url, "PYTHONWARNINGS": "ignore"})
        import django
        from django.conf import settings
        from django.core.management import call_command

        settings.PASSWORD_HASHERS = [
            "django.contrib.auth.hashers.MD5PasswordHasher"
        ]  # a fast hash for the people that this process makes
        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        yield postgres.url
    finally:
        from django.db import connections

        connections.close_all()
        postgres.stop()


@contextmanager
def served(database_url, application="mmp_portal.wsgi"):
    server = servers.Portal(database_url, application)
    try:
        yield server.url
    finally:
        server.stop()


class People:
    """The accounts of tests/world.py; `cookie` begins a new session for one of them."""

    def __init__(self):
        from tests import factories
        from tests.world import World

        self.world = World()
        factories.cart(self.world.patient, (self.world.product, 2))

    def cookie(self, role):
        from tests import factories

        if role == "nobody":
            return f"__Host-csrf={CSRF}"
        client = factories.client_for(self.world.accounts[role])
        return f"__Host-session={client.cookies['__Host-session'].value}; __Host-csrf={CSRF}"
