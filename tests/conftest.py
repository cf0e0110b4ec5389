"""The base of every test: the chosen database, made-up settings, the write guard, no network.

Django's settings are loaded after `pytest_configure` has set the environment, so nothing here imports a model at the
top.
"""

import base64
import gc
import os
import resource
import socket
import sys
import tempfile
from functools import cache, partial
from pathlib import Path

import hypothesis
import pytest

from tests import browser, guard, kept_database, servers, shared

# Every name that mmp_portal/settings.py reads, so that neither var/env nor this machine changes a setting.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "mmp_portal.settings",
    "DEBUG": "false",
    "SECRET_KEY": "made-up-for-the-tests-" + "0123456789" * 4,
    "FIELD_KEYS": "k1:" + base64.b64encode(b"1" * 32).decode(),
    "SSN_PEPPERS": "made-up-pepper",
    "SITE_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "CSRF_TRUSTED_ORIGINS": "",
    "TRUSTED_PROXY_COUNT": "0",
    "REQUIRE_MFA": "false",  # a test of the second factor turns it on
    "EMAIL_URL": "memory://",
    "DEFAULT_FROM_EMAIL": "Portal <portal@example.org>",
    "REPLY_TO_EMAIL": "help@example.org",
    "BOUNCE_ADDRESS": "",
    "BOUNCE_MAILBOX_URL": "",  # a test of bounces starts an IMAP server
    "DISPENSARY_NAME": "Example Dispensary",
    "DISPENSARY_PHONE": "+12035550100",
    "DISPENSARY_EMAIL": "help@example.org",
    "DISPENSARY_HOURS": "Monday to Friday, 9 a.m. to 5 p.m. Eastern",
    "DISPENSARY_ADDRESS": "1 Example Street, New Haven, CT 06510",
    "DISPENSARY_PERMIT": "MMDF.0000000",
    "MIGRATION_DATABASE_URL": "",
    "REDIS_URL": "",  # tasks run eagerly; a test that needs a real Redis takes the fixture `redis_url`
    "SENTRY_DSN": "",
    "METRICS_TOKEN": "",
    "SMS_URL": "",
    "SMS_TOKEN": "",
    "SMS_FROM": "",
    "SMS_WEBHOOK_TOKEN": "",
    "SMS_HOURS": "08:00-21:00",
    "REPORT_SOURCE_ID": "2035550100",
    "REPORT_PHARMACY_NUMBER": "MM0000001",
    "REPORT_ORIGIN_CODE": "99",
    "REPORT_TEST": "true",
    "REPORT_SFTP_URL": "",  # a test of sending starts an SFTP server
    "REPORT_SFTP_KEY": "",
    "REPORT_HOST_KEY": "",
    "REPORT_ANSWERS": "",
    "PROMETHEUS_MULTIPROC_DIR": "",
    "RENEWAL_OPENS_DAYS": "30",
    "SECURE_SSL_REDIRECT": "false",  # the test client and the live server speak plain HTTP
    "EXAM_MAX_AGE_DAYS": "180",
    "INVITATION_VALID_DAYS": "14",
    "WITHDRAWAL_STOP_DAYS": "30",
    "FOUR_EYES": "true",
    "OIDC_SERVER_URL": "",
    "OIDC_CLIENT_ID": "",
    "OIDC_CLIENT_SECRET": "",
    "OIDC_NAME": "",
    "OIDC_SIGN_IN_ORIGIN": "",
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright runs an event loop in the thread of the test
}

LARGE = 20_000_000  # bytes

# Each module is compiled once for all workers and child processes, which takes a tenth of the suite's time.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

hypothesis.settings.register_profile("portal", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("portal")


# --- The test run ---------------------------------------------------------------------------------------------------


def pytest_addoption(parser):
    parser.addoption("--database", choices=["sqlite", "postgres"], default="sqlite", help="the database of the tests")
    parser.addoption(
        "--drill", action="store_true", help="run the long form of the state machine, the races and others"
    )


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # the controller; its workers inherit the environment
        config.add_cleanup(partial(_say_what_it_cost, config))  # last, when the servers have ended
        if os.environ.get("REDIS_URL"):
            os.environ["TEST_REDIS_URL"] = os.environ["REDIS_URL"]
        os.environ["DATABASE_URL"] = _start_database(config)
        os.environ.update(ENVIRONMENT)
    _forbid_network()

    import django
    from django.conf import settings
    from django.db.backends.signals import connection_created

    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # a production hash takes a second at each sign-in
    django.setup()
    connection_created.connect(guard.put_on, dispatch_uid="guard")


def _say_what_it_cost(config):
    """Print the processor time of this process and of its children that have ended: workers, servers, browsers."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    ran = sum(len(reporter.stats.get(outcome, ())) for outcome in ("passed", "failed", "skipped"))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(each.ru_utime + each.ru_stime for each in used)
    if ran:
        reporter.write_line(f"Processor time: {seconds:.0f} s, {1000 * seconds / ran:.0f} ms a test")


def _start_database(config) -> str:
    if config.getoption("database") == "sqlite":
        folder = tempfile.TemporaryDirectory(prefix="portal-sqlite-")
        config.add_cleanup(folder.cleanup)
        return f"sqlite:///{folder.name}/portal.sqlite3"
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith(("postgres:", "postgresql:")):
        return given
    postgres = servers.Postgres()
    config.add_cleanup(postgres.stop)
    return postgres.url


def _forbid_network():
    """Fail a test that connects to another machine. (The library of PostgreSQL does not use this socket.)"""
    connect = socket.socket.connect

    def connect_here(self, address):
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"A test tried to reach {address[0]}")
        return connect(self, address)

    socket.socket.connect = connect_here


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("journey"):  # measuring doubles its time, and the other tests reach the same lines
            item.add_marker("no_cover")


def pytest_collection_finish():
    """Collect garbage less often: looking through thousands of collected tests takes a tenth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    shared.end_what_is_not_for(item)
    if item.get_closest_marker("journey") and not browser.light_chromium():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{browser.NO_BROWSER}. {browser.HOW_TO_INSTALL}", pytrace=False)
        pytest.skip(browser.NO_BROWSER)


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef, request):
    if fixturedef.argname == "_django_db_helper":  # begins the transaction of the test
        shared.make_for(request.node, request.getfixturevalue("django_db_blocker"))


def pytest_report_header(config):
    return f"database: {os.environ['DATABASE_URL'].partition(':')[0]}"


def pytest_terminal_summary(terminalreporter):
    browser.list_skipped_journeys(terminalreporter)


# --- Database -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_modify_db_settings(worker_id):
    """Give each worker a database; on SQLite a real file as in production, which threads share."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    name = f"test_portal_{worker_id}"
    if database["ENGINE"].endswith("sqlite3"):
        name = str(Path(database["NAME"]).with_name(f"{name}.sqlite3"))
    database.setdefault("TEST", {})["NAME"] = name


@pytest.fixture(scope="session")
def _kept_database(django_db_modify_db_settings, django_db_blocker):
    """Begin with the kept database, if there is one; return whether there is. Django then applies no migration."""
    from django.conf import settings

    with django_db_blocker.unblock():
        return kept_database.fetch(settings.DATABASES["default"])


@pytest.fixture(scope="session")
def django_db_keepdb(_kept_database):
    from django.conf import settings

    return _kept_database and settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")


@pytest.fixture(autouse=True, scope="session")
def _keep_the_database(django_db_setup, _kept_database, django_db_blocker):
    from django.conf import settings

    if not _kept_database:
        with django_db_blocker.unblock():
            kept_database.keep(settings.DATABASES["default"])


@pytest.fixture(autouse=True, scope="session")
def _nothing_shared_outlives_the_tests(django_db_setup):
    yield
    shared.end_all()


@pytest.fixture(autouse=True, scope="session")
def _flush_with_triggers_off():
    """Drop the audit triggers while a transactional test flushes its tables: they refuse DELETE and TRUNCATE."""
    from django.core.cache import cache
    from django.db import connection
    from django.test import TransactionTestCase

    from audit.sql import drop_triggers, install_triggers

    tear_down = TransactionTestCase._fixture_teardown

    def tear_down_with_triggers_off(self):
        drop_triggers(connection)
        cache.clear()  # rate limits are in a table without a model, which flush does not empty
        try:
            tear_down(self)
        finally:
            install_triggers(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", tear_down_with_triggers_off)
        yield


@pytest.fixture(autouse=True, scope="session")
def _empty_the_tables_that_have_rows(django_db_setup, django_db_blocker):
    """Let PostgreSQL delete the few rows of a test: TRUNCATE makes new files for each of a hundred tables.

    What was deleted stays in the files; once they are large, all are truncated.
    """
    from django.db import connection

    if connection.vendor != "postgresql":
        yield
        return
    truncate = connection.ops.sql_flush

    def empty(style, tables, **options):
        asked = [f"SELECT '{name}', pg_relation_size('{name}') WHERE EXISTS (SELECT FROM {name})" for name in tables]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(asked))
            sizes = dict(cursor.fetchall())
        if options.get("reset_sequences") or sum(sizes.values()) > LARGE:
            return truncate(style, tables, **options)
        return [f"DELETE FROM {name}" for name in sizes]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.ops, "sql_flush", empty)
        yield


@pytest.fixture(autouse=True, scope="session")
def _fill_flushed_tables_from_memory():
    """Fill the tables with what the receivers of `post_migrate` write; from the second time on with the same rows.

    The receivers compare hundreds of permissions and conditions one by one, which takes as long as most tests.
    """
    from django.core.management.commands import flush
    from django.db import connection, transaction

    emit, rows = flush.emit_post_migrate_signal, {}

    def fill(*arguments, **options):
        with connection.cursor() as cursor:
            if not rows:
                emit(*arguments, **options)
                for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
                    cursor.execute(f"SELECT * FROM {table}")
                    if found := cursor.fetchall():
                        rows[table] = found
                return
            with transaction.atomic():
                for table, found in rows.items():
                    places = ", ".join(["%s"] * len(found[0]))
                    values = ", ".join([f"({places})"] * len(found))
                    cursor.execute(f"INSERT INTO {table} VALUES {values}", [value for row in found for value in row])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "emit_post_migrate_signal", fill)
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_session_outlives_the_tests(django_db_setup, django_db_blocker):
    """End all other connections: a thread of the live server may keep one, and the database could not be dropped."""
    from django.db import connection

    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True, scope="session")
def _compare_prepared_queries():
    """Compare each prepared query with what Django compiles anew: none may keep a day or a language.

    A query may depend on nothing but its values. What else changes while the portal runs is the clock and the language.
    So a query is compared for each set of values, in each minute of the clock of a test, in each language; most tests
    ask with values that another test has asked with. (A query that reads the clock within a minute is found where it is
    compiled: `ui.prepared` compiles it twice.) The run on SQLite does, once for both.
    """
    from django.db import connection
    from django.db.models import QuerySet
    from django.utils import timezone
    from django.utils.translation import get_language

    from ui.prepared import Prepared

    rows, change, compare, lock = Prepared.rows, Prepared.change, Prepared._check, QuerySet.select_for_update
    compared = set()

    def compare_once(self, statement, filled, values):
        asked = (statement.name, tuple(filled), f"{timezone.now():%Y-%m-%d %H:%M}", get_language())
        if asked not in compared:
            compare(self, statement, filled, values)
            compared.add(asked)

    def rows_without_a_lock(self, **values):
        """A control takes the locks away from all queries: prepared ones lose theirs too."""
        return rows(self, **values) if QuerySet.select_for_update is lock else list(self.build(**values))

    def change_without_a_condition(self, **values):
        """A control may take the condition of a change away as well."""
        if QuerySet.select_for_update is lock:
            return change(self, **values)
        asked = self.build(**values)
        return asked.rows.update(**asked.fields)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Prepared, "checks", connection.vendor == "sqlite")
        patch.setattr(Prepared, "_check", compare_once)
        patch.setattr(Prepared, "rows", rows_without_a_lock)
        patch.setattr(Prepared, "change", change_without_a_condition)
        yield


@pytest.fixture(autouse=True, scope="session")
def _look_through_static_files_once():
    """Let WhiteNoise list the static files once: for each new client it would take a quarter of the suite's time."""
    from whitenoise.base import WhiteNoise

    look_through, seen = WhiteNoise.update_files_dictionary, {}

    def look_through_once(self, root, prefix):
        if root not in seen:
            look_through(self, root, prefix)
            seen[root] = dict(self.files)
        self.files.update(seen[root])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "update_files_dictionary", look_through_once)
        yield


@pytest.fixture(autouse=True, scope="session")
def _clean_each_pdf_once():
    """Remember the result for each letter: most are the same file, and each cleaning takes half a second."""
    from certification import letter_files

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(letter_files, "run_bounded", cache(letter_files.run_bounded))
        yield


@pytest.fixture(autouse=True, scope="session")
def _places_of_its_own(tmp_path_factory):
    """Give each worker places of its own for files that are read: workers are no web processes of one machine."""
    from ui.bounded import run

    paths = [tmp_path_factory.mktemp("places") / str(number) for number in range(len(run.PLACES))]
    for path in paths:
        path.touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "PLACES", paths)
        yield


@pytest.fixture(autouse=True)
def _birth_dates_begin_anew():
    from tests import factories

    factories.begin_a_test(shared.people())


@pytest.fixture(scope="session")
def redis_url():
    """The address of a real Redis only for this worker, or of the Redis that REDIS_URL named."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    redis = servers.Redis()
    yield redis.url
    redis.stop()


@pytest.fixture(scope="session")
def provider():
    """A real OpenID Connect provider only for this worker."""
    started = servers.OpenIdProvider()
    yield started
    started.stop()


# --- Browser --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {"executable_path": browser.light_chromium(), "args": browser.launch_arguments(), "headless": True}
