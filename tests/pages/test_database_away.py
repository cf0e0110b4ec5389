"""While the database is stopped or locked, visitors get a plain 503 page and never a 500."""

import os
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.test import Client

from pages.backups.postgres import server_major, tools_for
from pages.connections import is_outage
from tests import processes, servers
from tests.wire import Wire

postgres_only = pytest.mark.skipif(connection.vendor != "postgresql", reason="about a server that is stopped")
sqlite_only = pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite's one writer")
SPANISH = {"Accept-Language": "es-PR,es;q=0.9"}
SESSION = {"__Host-session": "a" * 32}  # makes the portal read the database before the view runs


# --- PostgreSQL, stopped and started again --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgres(django_db_setup, django_db_blocker):
    """A PostgreSQL only for this module, with the portal's tables in it, copied from the database of this worker."""
    server = servers.Postgres()
    with django_db_blocker.unblock():
        dump = [tools_for(server_major()).dump, "--no-owner", "--dbname", processes.database_url()]
    tables = subprocess.run(dump, check=True, capture_output=True).stdout
    subprocess.run([server.psql, "--quiet", "--output", os.devnull, "--dbname", server.url], input=tables, check=True)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def portal(postgres):
    server = servers.Portal(postgres.url)
    yield server
    server.stop()


def get(portal, path="/", **options):
    return requests.get(portal.url + path, timeout=20, allow_redirects=False, **options)


@pytest.fixture
def stopped(postgres, portal):
    """A portal that has answered once, and whose database then stops."""
    assert get(portal).status_code == 200
    postgres.halt()
    yield portal
    if postgres.process.poll() is not None:
        postgres.resume()
    assert get(portal).status_code == 200


@postgres_only
def test_visitors_of_a_stopped_database_get_a_plain_page(stopped):
    for response in (
        get(stopped),
        get(stopped, "/home/", cookies=SESSION),
        get(stopped, "/admin/", cookies=SESSION),
        requests.post(f"{stopped.url}/language/", {"language": "es"}, cookies=SESSION, timeout=20),
    ):
        assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
        assert "no-store" in response.headers["Cache-Control"] and not response.cookies
        assert "default-src" in response.headers["Content-Security-Policy"]
        assert "<h1>The portal is not available for a moment</h1>" in response.text
        assert "(203) 555-0100" in response.text and '<html lang="en">' in response.text


@postgres_only
def test_the_page_follows_the_language_of_the_browser(stopped):
    response = get(stopped, headers=SPANISH)
    assert response.status_code == 503
    assert '<html lang="es">' in response.text
    assert "<h1>El portal no está disponible por un momento</h1>" in response.text


@postgres_only
def test_the_probes_answer_that_the_process_is_alive_and_the_database_is_not(stopped):
    assert get(stopped, "/livez", cookies=SESSION).json() == {"status": "ok"}
    response = get(stopped, "/readyz", cookies=SESSION)
    assert (response.status_code, response.json()["database"]) == (503, "unreachable")


@postgres_only
def test_the_portal_is_back_within_a_second(postgres, stopped):
    with ThreadPoolExecutor(16) as pool:  # each thread of both processes has lost its connection
        assert {response.status_code for response in pool.map(lambda _: get(stopped), range(32))} == {503}
        postgres.resume()
        begun = time.monotonic()
        assert get(stopped).status_code == 200
        assert time.monotonic() - begun < 1
        assert {response.status_code for response in pool.map(lambda _: get(stopped), range(32))} == {200}
    assert get(stopped, "/readyz").status_code == 200


@postgres_only
def test_control_without_the_middleware_it_is_a_500(postgres):
    missing = {"WITHOUT_MIDDLEWARE": "pages.middleware.DatabaseAwayMiddleware"}
    server = servers.Portal(postgres.url, "tests.without", **missing)
    try:
        postgres.halt()
        assert get(server, "/home/", cookies=SESSION).status_code == 500
    finally:
        postgres.resume()
        server.stop()


# --- PostgreSQL behind a network that is cut or hangs ---------------------------------------------------------------


@contextmanager
def portal_behind_a_wire(postgres, application="mmp_portal.wsgi", **environment):
    """Start a portal with a wire between it and PostgreSQL; it has answered once on each of its 8 threads."""
    folder = f"{postgres.folder}/.s.PGSQL.5432"
    with Wire(folder) as wire:
        url = f"postgres://postgres@127.0.0.1:{wire.port}/postgres?sslmode=disable"
        server = servers.Portal(url, application, **environment)
        try:
            assert {response.status_code for response in on_all_threads(server)} == {200}
            yield server, wire
        finally:
            wire.passes()
            server.stop()


def on_all_threads(server):
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda _: get(server), range(32)))


@postgres_only
def test_nobody_sees_a_cut_during_which_nobody_asked(postgres):
    """Every thread holds a dead connection afterwards, and looks before it uses it (`conn_health_checks`)."""
    with portal_behind_a_wire(postgres) as (server, wire):
        wire.cuts()
        assert {response.status_code for response in on_all_threads(server)} == {200}


@postgres_only
def test_control_without_health_checks_the_first_to_ask_after_a_cut_get_an_error(postgres):
    option = {"WITHOUT_OPTION": "CONN_HEALTH_CHECKS"}
    with portal_behind_a_wire(postgres, "tests.without_option", **option) as (server, wire):
        wire.cuts()
        assert 503 in {response.status_code for response in on_all_threads(server)}


def seconds_without_an_answer(postgres, *portal, **environment):
    """Return how long the portal looks for a database that takes connections and says nothing, 8 s at most."""
    with portal_behind_a_wire(postgres, *portal, **environment) as (server, wire):
        wire.cuts()
        wire.hangs()
        begun = time.monotonic()
        try:
            response = requests.get(server.url, timeout=8)
        except requests.Timeout:
            return 8
        assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
        return time.monotonic() - begun


@postgres_only
def test_a_database_that_takes_connections_and_says_nothing_costs_three_seconds(postgres):
    assert 2 < seconds_without_an_answer(postgres) < 5


@postgres_only
def test_control_without_the_time_out_a_visitor_waits_as_long_as_the_database_hangs(postgres):
    assert seconds_without_an_answer(postgres, "tests.without_option", WITHOUT_OPTION="connect_timeout") == 8


# --- SQLite, locked -------------------------------------------------------------------------------------------------


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_locked_database_is_a_503():
    message = {"name": "Rosa", "email": "rosa@example.org", "message": "Hello"}
    visitor = Client(raise_request_exception=False)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100")  # twenty seconds otherwise
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    response = visitor.post("/contact/", message)
    other.execute("ROLLBACK")
    other.close()
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert visitor.post("/contact/", message).status_code == 302


# --- Which errors mean an outage ------------------------------------------------------------------------------------


def fail_twice():
    """Raise a KeyError while an error of the database is being handled."""
    try:
        raise InterfaceError("connection already closed")
    except InterfaceError:
        return {}["missing"]


def test_an_outage_is_found_behind_a_later_error():
    with pytest.raises(KeyError) as caught:
        fail_twice()
    assert is_outage(caught.value)
    assert is_outage(OperationalError("server closed the connection unexpectedly"))


@pytest.mark.django_db
def test_a_wrong_statement_is_no_outage():
    with pytest.raises(DatabaseError) as caught, connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert not is_outage(caught.value)
    assert not is_outage(ValueError("no error of the database"))
    assert not is_outage(None)
