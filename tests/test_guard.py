"""The write guard finds every write outside an action, and lets everything else pass."""

import threading

import pytest
from django.db import connection

from tests.guard import ACTIONS, BASE_DIR, WRITE, UnguardedWrite, unguarded

INSERT = "INSERT INTO pages_nothing (id) VALUES (1)"


@pytest.fixture
def pages_nothing(db):
    """An empty table whose name looks like ours."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE pages_nothing (id integer)")


def run_as(path, statement=INSERT):
    """Run the statement in a function that seems to be defined in the file `path`."""
    source = "def write(cursor, statement):\n    cursor.execute(statement)\n"
    names = {}
    exec(compile(source, str(BASE_DIR / path), "exec"), names)
    with connection.cursor() as cursor:
        names["write"](cursor, statement)


def rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pages_nothing")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("path", ["pages/views.py", "pages/admin.py", "delivery/tasks.py", "pages/rules.py"])
def test_write_outside_an_action_fails(pages_nothing, path):
    with pytest.raises(UnguardedWrite, match="pages_nothing"):
        run_as(path)

    assert rows() == 0


@pytest.mark.parametrize("path", ["pages/actions.py", "audit/sql.py"])
def test_write_of_an_action_passes(pages_nothing, path):
    run_as(path)

    assert rows() == 1


def test_actions_may_be_a_package_in_our_apps():
    assert ACTIONS.match(f"{BASE_DIR}/delivery/actions/orders.py")
    assert not ACTIONS.match(f"{BASE_DIR}/elsewhere/actions.py")
    assert not ACTIONS.match(f"{BASE_DIR}/tests/delivery/actions.py")


def test_write_through_the_orm_fails(db):
    from delivery.models import Product

    with pytest.raises(UnguardedWrite, match="delivery_product"):
        Product.objects.update(stock=0)
    with pytest.raises(UnguardedWrite, match="delivery_product"):
        Product.objects.all()._raw_delete("default")


def test_write_in_a_thread_fails(transactional_db):
    caught = []

    def write():
        try:
            run_as("pages/views.py", "DELETE FROM pages_nothing")
        except UnguardedWrite as error:
            caught.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()

    assert len(caught) == 1


def test_unguarded_allows_a_write_without_an_action(pages_nothing):
    with unguarded():
        run_as("pages/views.py")

    assert rows() == 1


@pytest.mark.parametrize("path", ["allauth/account/models.py", "django/contrib/auth/models.py"])
def test_django_may_write_only_the_table_of_users(db, django_user_model, path):
    assert django_user_model._meta.db_table == "accounts_user"
    with pytest.raises(UnguardedWrite, match="accounts_user"):
        run_as("accounts/views/physicians.py", "UPDATE accounts_user SET password = ''")

    run_as(f"../site-packages/{path}", "UPDATE accounts_user SET password = ''")
    with pytest.raises(UnguardedWrite, match="accounts_physician"):
        run_as(f"../site-packages/{path}", "UPDATE accounts_physician SET email = ''")


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT "delivery_order"."id" FROM "delivery_order" FOR NO KEY UPDATE',
        'SELECT 1 FROM "delivery_order" FOR UPDATE OF "delivery_order"',
        'CREATE TRIGGER x BEFORE UPDATE ON "audit_event" BEGIN SELECT 1; END',
        'INSERT INTO "account_emailaddress" ("id") VALUES (1)',
        'UPDATE "django_session" SET "session_data" = 1',
    ],
)
def test_the_guard_ignores_reading_and_other_tables(statement):
    assert not WRITE.search(statement)


@pytest.mark.parametrize(
    "statement",
    [
        'INSERT OR IGNORE INTO "delivery_order" ("id") VALUES (1)',
        'EXECUTE "INSERT INTO delivery_order 12" (1)',
        'EXECUTE "UPDATE delivery_deliverywindow 3" (1)',
        'UPDATE "audit_event" SET "reason" = 1',
        'DELETE FROM "pages_contactmessage"',
        'WITH "x" AS (SELECT 1) UPDATE ONLY "delivery_order" SET "status" = 1',
    ],
)
def test_the_guard_sees_every_way_of_writing(statement):
    assert WRITE.search(statement)
