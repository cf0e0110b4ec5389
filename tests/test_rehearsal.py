"""The parts of `make rehearse` that need no deployment: how it reads compose, counts requests and prints the table."""

import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
import redis

from mmp_portal import required
from rehearsal import journeys, main
from rehearsal.compose import BASE_DIR, command_of, environment_of
from rehearsal.load import Ledger, OrderTry, Request
from rehearsal.report import Report
from rehearsal.servers import Database, Redis, Service, Web, wait_until
from rehearsal.stage import REPORT_VALUES, made_up
from rehearsal.trials import counted, processes
from tests import proxy

pytestmark = pytest.mark.once


@pytest.fixture
def values():
    return made_up() | {"DATABASE_URL": "postgres://portal:secret@127.0.0.1:1/portal"}


# --- Reading docker-compose.yml -------------------------------------------------------------------------------------


def test_commands_are_those_of_compose_and_of_the_image():
    assert command_of("web")[:2] == ["gunicorn", "mmp_portal.wsgi"]
    assert command_of("worker-urgent")[:5] == ["celery", "--quiet", "--app", "mmp_portal.celery", "worker"]
    assert command_of("migrate") == [
        "sh", "-c", "python manage.py createcachetable && python manage.py migrate --noinput",
    ]  # fmt: skip
    assert command_of("proxy") == []


def test_an_environment_comes_only_from_the_env_files(values):
    web, migrate = environment_of("web", values), environment_of("migrate", values)
    assert web["SECRET_KEY"] == values["SECRET_KEY"]
    assert web["TRUSTED_PROXY_COUNT"] == "1"  # as the example has it
    assert "POSTGRES_PASSWORD" not in web and "MIGRATION_DATABASE_URL" not in web
    assert set(migrate) - set(web) == {"MIGRATION_DATABASE_URL"}


def test_a_service_does_not_see_the_environment_of_this_process(values, monkeypatch):
    monkeypatch.setenv("POSTGRES_PASSWORD", "of this process")
    web = Web(values)
    try:
        assert "POSTGRES_PASSWORD" not in web.environment
        assert web.words()[web.words().index("--bind") + 1] == web.address
    finally:
        web.stop()


def test_the_monitoring_report_has_its_values():
    """Otherwise the job of every minute writes an error into the log of a worker."""
    assert {name for name, value in REPORT_VALUES.items() if value} >= set(required.FOR_REPORTS)


def test_the_memory_of_a_container_is_a_folder_here(values):
    beat = Service("beat", values)
    try:
        assert beat.words()[-1] == f"{beat.folder}/beat"
    finally:
        beat.stop()


# --- The database and Redis, as compose starts them -----------------------------------------------------------------


def arguments_of_all():
    """Yield the command lines that any user of this machine can read."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue


def test_redis_needs_the_password_and_no_command_line_shows_it(values):
    started = Redis(values)
    try:
        assert started.client().ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=started.port).ping()
        assert not [line for line in arguments_of_all() if values["REDIS_PASSWORD"] in line]
        assert (started.folder / "redis.conf").stat().st_mode & 0o777 == 0o600
    finally:
        started.stop()


@pytest.fixture(scope="module")
def database():
    started = Database(made_up())
    yield started
    started.stop()


def connect(to, user, password):
    return psycopg2.connect(host="127.0.0.1", port=to.port, dbname=to.name, user=user, password=password)


def test_the_database_has_two_roles_and_the_portals_role_owns_nothing(database):
    with connect(database, "portal", database.environment["PORTAL_PASSWORD"]) as portal, portal.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False, False)
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("CREATE TABLE of_the_portal (id int)")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        connect(database, "portal", "guessed")


def test_a_database_that_was_cut_off_keeps_what_was_committed(database):
    owner = ("portal_owner", database.environment["POSTGRES_PASSWORD"])
    with connect(database, *owner) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE committed AS SELECT 1 AS number")
    database.cut()
    with pytest.raises(psycopg2.OperationalError):
        connect(database, *owner)
    database.begin()
    with connect(database, *owner) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT number FROM committed")
        assert cursor.fetchone() == (1,)


# --- Counting and printing -----------------------------------------------------------------------------------------


def request(status, began):
    return Request("GET", "/", status, "", began, began, False)


def test_a_ledger_counts_what_failed_since_a_moment():
    ledger = Ledger(
        [request(500, 1), request(200, 2), request(0, 3), request(404, 4)], [OrderTry(1, 1), OrderTry(2, 3, 2, "D-1")]
    )
    assert [failed.status for failed in ledger.failed] == [500, 0]
    later = ledger.since(2)
    assert ([failed.status for failed in later.failed], later.without_order) == ([0], [])
    assert [order.key for order in ledger.without_order] == [1]


def test_counted_names_the_number_and_the_first():
    words = [counted(["D-1", "D-2"][:count], "failed order") for count in (0, 1, 2)]
    assert words == ["", "1 failed order, as D-1", "2 failed orders, as D-1"]


def test_a_report_is_whole_only_if_something_was_done_and_nothing_lost(capsys):
    report = Report()
    assert not report.is_whole
    report.add("Redis stopped", "40 requests")
    assert report.is_whole
    report.add("PostgreSQL cut off", "3 requests " * 12, lost="1 failed order")
    assert not report.is_whole
    assert "LOST: 1 failed order" in capsys.readouterr().out
    table = report.table()
    assert "1 failed order" in table.replace("\n", " ") or "1 failed" in table
    assert max(map(len, table.splitlines())) <= 124


def test_without_nginx_or_chromium_one_sentence_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["rehearse"])
    monkeypatch.setattr(proxy, "nginx", lambda: None)
    assert main.main() == 2
    assert (
        capsys.readouterr().err == "There is no nginx on this machine: install it with `apt-get install nginx-light`.\n"
    )


def test_the_command_explains_itself():
    done = subprocess.run([sys.executable, BASE_DIR / "bin" / "rehearse", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "--deploys" in done.stdout


@pytest.mark.parametrize(("second", "wait"), [(0, 0), (25, 0), (26, 4), (59.5, 0.5), (60, 0)])
def test_a_code_is_typed_only_when_it_counts_for_five_more_seconds(second, wait):
    assert journeys.seconds_to_wait(second) == wait


def test_the_children_of_a_service_end_with_it(values, monkeypatch):
    service = Service("beat", values)
    monkeypatch.setattr(service, "words", lambda: ["sh", "-c", "sleep 60 & sleep 60"])
    service.begin()
    assert wait_until(service.children, seconds=5)
    children = service.children()
    service.stop()
    assert wait_until(lambda: not any(map(is_running, children)), seconds=5)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_control_a_password_on_a_command_line_is_found():
    program = "import time; print('ready', flush=True); time.sleep(60)"
    words = [sys.executable, "-c", program, "hunter-2-of-a-test"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        process.stdout.readline()  # until the program runs, its command line is still that of the test
        found = [pid for pid, line in processes("cmdline").items() if "hunter-2-of-a-test" in line]
        process.kill()
    assert found == [str(process.pid)]
