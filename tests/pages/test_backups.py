"""A restore brings back the same rows; an archive that does not fit is refused before anything is written."""

import json
import os
import random
import resource
import signal
import stat
import subprocess
import sys
import threading
import zipfile

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from audit.models import Event
from certification.models import Letter
from pages.backups import keys, postgres, restoring, sqlite
from pages.backups.archive import new_archive, whole_archive
from pages.backups.errors import BackupError
from pages.backups.making import back_up
from pages.backups.manifest import tables_that_differ
from pages.models import ContactMessage
from tests import factories
from tests.guard import unguarded
from tests.pages.backups import archive, cursor_on, empty_database, manifest
from tests.pages.test_reencrypt import NEW, OLD, messages
from tests.processes import BASE_DIR, run_manage

# A script for the restored database, run as the portal's role: it signs in, reads encrypted columns, writes a row and
# tries to change an event.
INSPECT = """
import json, os
import django; django.setup()
from django.db import DatabaseError, transaction
from django.test import Client
from audit.models import Event
from certification.models import Card, Letter
from delivery.models import Order, Product
from pages.models import ContactMessage

client = Client()
answer = client.post("/accounts/login/", {"login": os.environ["EMAIL"], "password": os.environ["PASSWORD"]})
product = Product.objects.get(sku=os.environ["SKU"])
product.pk, product.sku = None, "NEW"
product.save()
refused = ""
try:
    with transaction.atomic():
        Event.objects.update(action="altered")
except DatabaseError as error:
    refused = str(error)
print(json.dumps({
    "login": [answer.status_code, "sessionid" in str(client.cookies) or "__Host-session" in str(client.cookies)],
    "token": Card.objects.get().token,
    "letter": bytes(Letter.objects.values_list("content", flat=True)[0]).hex(),
    "message": ContactMessage.objects.order_by("pk").first().message,
    "orders": Order.objects.count(),
    "product": product.pk,
    "refused": refused,
    "events": list(Event.objects.order_by("pk").values_list("action", flat=True))[-3:],
}))
"""


@pytest.fixture
def world():
    """An order, letters, a card and messages; the password is hashed as in production."""
    with override_settings(PASSWORD_HASHERS=["accounts.hashers.PortalPasswordHasher"]):
        order = factories.order()
    born = {"birth_date": order.created_at.date().replace(year=order.created_at.year - 12, day=1)}
    factories.draft(profile=factories.profile(**born), caregiver=factories.caregiver())
    factories.card(order.patient)
    messages(20)
    return order


def writing_meanwhile(until):
    """Store messages in another thread until the event is set."""
    number = 100
    while not until.is_set():
        number += 1
        with unguarded():
            ContactMessage.objects.create(number=f"M-{number}", name="A", email="a@example.org", message="x",
                                          address_digest="0" * 64, content_digest=f"{number:064d}")  # fmt: skip
    connection.close()


# --- Backup and restore ---------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_backup_comes_back_as_it_was(world, tmp_path):
    factories.client_for(world.patient.user)  # a session, which is left out
    over = threading.Event()
    writer = threading.Thread(target=writing_meanwhile, args=[over])
    writer.start()
    try:
        made = back_up(tmp_path / "backup.zip")
    finally:
        over.set()
        writer.join()
    assert made.tables["pages_contactmessage"]["rows"] < ContactMessage.objects.count()
    assert made.field_keys["k1"]["values"] > 20 and made.left_out == ["django_session"]
    with empty_database(tmp_path) as other:
        restored = run_manage("restore", str(tmp_path / "backup.zip"), **other)
        assert restored.returncode == 0, restored.stderr
        assert f"{made.row_count:,} rows are as they were" in restored.stdout
        seen = inspected(other, EMAIL=world.patient.user.email, PASSWORD=factories.PASSWORD,
                         SKU=world.lines.first().product.sku)  # fmt: skip
        assert seen["login"] == [302, True]
        assert seen["token"] == world.patient.cards.get().token
        assert seen["letter"] == bytes(Letter.objects.values_list("content", flat=True)[0]).hex()
        assert (seen["message"], seen["orders"]) == ("Question 0", 1)
        assert seen["product"] == world.lines.first().product_id + 1
        assert "permission denied" in seen["refused"] or "append-only" in seen["refused"]
        assert "backup.restore" in seen["events"]
        again = run_manage("restore", str(tmp_path / "backup.zip"), **other)
        assert again.returncode == 1 and "is not empty" in again.stderr


def inspected(other, **environment):
    """Return what INSPECT finds in the restored database."""
    variables = {**os.environ, **other, **environment, "MIGRATION_DATABASE_URL": ""}
    done = subprocess.run([sys.executable, "-c", INSPECT], cwd=BASE_DIR, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.django_db(transaction=True)
def test_control_an_altered_row_is_found(tmp_path):
    """The comparison after a restore fails for a single row that differs from the backup."""
    messages(3)
    made = back_up(tmp_path / "backup.zip")
    found = restoring.ENGINES[connection.vendor].table_digests()
    assert "pages_contactmessage" not in tables_that_differ(made, found)
    with unguarded():
        ContactMessage.objects.filter(number="M-00000001").update(email="other@example.org")
    found = restoring.ENGINES[connection.vendor].table_digests()
    assert "pages_contactmessage" in tables_that_differ(made, found)
    with pytest.raises(BackupError, match=r"pages_contactmessage.* differ\. Do not use it"):
        restoring.finish(made)


@pytest.mark.django_db(transaction=True)
def test_a_missing_and_an_added_row_change_the_digest(tmp_path):
    messages(2)
    before = digest_of_messages()
    with unguarded():
        removed = ContactMessage.objects.get(number="M-00000001")
        ContactMessage.objects.filter(pk=removed.pk).delete()
        assert digest_of_messages() != before
        removed.save()
    assert digest_of_messages()["rows"] == before["rows"]


def digest_of_messages():
    return restoring.ENGINES[connection.vendor].table_digests()["pages_contactmessage"]


@pytest.mark.django_db(transaction=True)
def test_a_missing_table_and_an_extra_table_differ(tmp_path):
    made = back_up(tmp_path / "backup.zip")
    found = dict(made.tables)
    del found["pages_contactmessage"]
    assert tables_that_differ(made, {**found, "new": {"rows": 0, "digest": ""}}) == ["new", "pages_contactmessage"]


@pytest.mark.django_db(transaction=True)
def test_a_sequence_that_is_behind_is_found():
    messages(3)
    engine = restoring.ENGINES[connection.vendor]
    assert engine.sequences_behind() == []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence('pages_contactmessage', 'id'), 1)")
        else:
            cursor.execute("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'pages_contactmessage'")
    assert [name for name in engine.sequences_behind() if "contactmessage" in name]


@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_no_secret_and_only_its_owner_can_read_it(tmp_path):
    messages(1)
    path = tmp_path / "backup.zip"
    call_command("backup", "--file", str(path))
    with zipfile.ZipFile(path) as made:
        content = b"".join(made.read(name) for name in made.namelist())
    for secret in (OLD.partition(":")[2], "1" * 32, settings.SSN_PEPPERS[0], settings.SECRET_KEY):
        assert secret.encode() not in content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["backup.zip"]
    assert Event.objects.filter(action="backup.make").count() == 1
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", "--file", str(path))


# --- Refusals before anything is written ----------------------------------------------------------------------------


def refusal(path):
    """Return the sentence with which the command refuses an archive; check that it wrote nothing."""
    before = Event.objects.count()
    with pytest.raises(CommandError) as caught:
        call_command("restore", str(path))
    assert Event.objects.count() == before
    return str(caught.value)


@pytest.mark.django_db
def test_restore_refuses_a_database_that_is_not_empty(tmp_path):
    """This check is the last: an archive with any other fault is refused for that fault first."""
    assert "is not empty: it holds" in refusal(archive(tmp_path / "a.zip"))


@pytest.mark.django_db
@pytest.mark.parametrize("part", [0, 0.1, 0.5, 0.9, 0.999])
def test_restore_refuses_an_archive_that_was_cut_off(tmp_path, part):
    whole = archive(tmp_path / "whole.zip", content=random.Random(1).randbytes(50_000)).read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole[: int(len(whole) * part)])
    assert "was cut off or damaged" in refusal(cut)


@pytest.mark.django_db
def test_restore_refuses_a_changed_byte(tmp_path):
    path = archive(tmp_path / "a.zip", content=b"x" * 50_000)
    content = bytearray(path.read_bytes())
    content[25_000] ^= 1
    path.write_bytes(content)
    assert "cut off or damaged" in refusal(path)


@pytest.mark.django_db
def test_restore_refuses_a_file_that_differs_from_the_manifest(tmp_path):
    """The ZIP file is whole, but its content is not what was backed up."""
    assert "is not the one that was backed up" in refusal(archive(tmp_path / "a.zip", manifest(b"other"), b"a dump"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"format": 1}', "cannot be read"),
        ('{"format": 2, "portal": "9.0"}', "has format 2, and this portal reads format 1"),
    ],
)
def test_restore_refuses_a_manifest_that_does_not_fit(tmp_path, text, sentence):
    assert sentence in refusal(archive(tmp_path / "a.zip", text))


@pytest.mark.django_db
def test_restore_refuses_a_manifest_with_a_part_of_a_wrong_type(tmp_path):
    for over in ({"tables": {"a": {"rows": "1", "digest": ""}}}, {"files": {"x": 1}}, {"migrations": ["a"]}):
        assert "cannot be read" in refusal(archive(tmp_path / "a.zip", manifest(**over)))


@pytest.mark.django_db
def test_restore_refuses_files_that_the_manifest_does_not_name(tmp_path):
    assert "does not hold the files" in refusal(archive(tmp_path / "a.zip", more="x"))


@pytest.mark.django_db
def test_restore_refuses_a_file_that_is_no_backup(tmp_path):
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as made:
        made.writestr("photo.jpg", b"")
    assert "has no manifest" in refusal(other)
    assert "There is no file" in refusal(tmp_path / "missing.zip")
    assert "cannot be read" in refusal(tmp_path)


@pytest.mark.django_db
def test_restore_refuses_another_kind_of_database(tmp_path):
    other = {"vendor": "oracle", "version": "1", "major": 1, "dumped_with": 1}
    assert "was made on oracle" in refusal(archive(tmp_path / "a.zip", manifest(database=other)))


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite reads the files of newer versions")
def test_restore_refuses_a_newer_server(tmp_path):
    newer = {"vendor": "postgresql", "version": "99", "major": 99, "dumped_with": 99}
    assert "Restore into a server of version 99" in refusal(archive(tmp_path / "a.zip", manifest(database=newer)))


@pytest.mark.django_db
def test_restore_refuses_newer_migrations(tmp_path):
    newer = manifest(migrations=[["pages", "0001_initial"], ["pages", "9999_future"]])
    assert "the migration pages.9999_future is unknown here" in refusal(archive(tmp_path / "a.zip", newer))


@pytest.mark.django_db
def test_restore_refuses_when_a_field_key_is_missing(tmp_path):
    path = archive(tmp_path / "a.zip", with_values("k1"))
    with override_settings(FIELD_KEYS=[NEW]):
        assert "the key k1 is missing" in refusal(path)
    with override_settings(FIELD_KEYS=[NEW, OLD]):
        assert "is not empty" in refusal(path)  # the key is found behind a newer one


@pytest.mark.django_db
def test_restore_refuses_when_a_field_key_differs(tmp_path):
    path = archive(tmp_path / "a.zip", with_values("k1"))
    with override_settings(FIELD_KEYS=["k1:" + NEW.partition(":")[2]]):
        assert "the key k1 is not the key" in refusal(path)


@pytest.mark.django_db
def test_restore_needs_no_key_without_values(tmp_path):
    with override_settings(FIELD_KEYS=[NEW, OLD]):
        path = archive(tmp_path / "a.zip", with_values("k2"))
    with override_settings(FIELD_KEYS=[NEW]):
        assert "is not empty" in refusal(path)


def with_values(key_id):
    """Return a manifest with values that `key_id` has sealed."""
    return manifest(field_keys=keys.field_key_probes({"a_table.column": keys.Counter({key_id: 3})}))


@pytest.mark.django_db
def test_restore_refuses_when_a_pepper_is_missing(tmp_path):
    with override_settings(SSN_PEPPERS=["newer", "older"]):
        path = archive(tmp_path / "a.zip")
    with override_settings(SSN_PEPPERS=["newest", "newer"]):
        assert "of its 2 peppers, newest first, number 2 is missing" in refusal(path)
    with override_settings(SSN_PEPPERS=["newest", "newer", "older"]):
        assert "is not empty" in refusal(path)


@pytest.mark.django_db
def test_a_key_that_was_lost_before_the_backup_does_not_stop_a_restore(tmp_path):
    of = manifest(field_keys=keys.field_key_probes({"a_table.column": keys.Counter({"k0": 3})}))
    assert keys.lost_keys(of) == {"k0": 3}
    assert "is not empty" in refusal(archive(tmp_path / "a.zip", of))


# --- A full disk and a kill -----------------------------------------------------------------------------------------


def test_a_backup_that_does_not_fit_on_the_disk_leaves_no_file(tmp_path):
    """A limit on the size of files stops the write in the middle, like a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(BackupError, match="the disk is full"):
            write_three_megabytes(tmp_path / "a.zip")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def write_three_megabytes(path):
    with new_archive(path) as writer, writer.open("database.dump", compress=False) as file:
        for _megabyte in range(3):
            file.write(b"x" * 1_000_000)


def test_a_backup_into_a_missing_folder_says_so(tmp_path):
    with pytest.raises(BackupError, match="No such file or directory"), new_archive(tmp_path / "none" / "a.zip"):
        pass


def test_a_restore_that_does_not_fit_on_the_disk_is_refused_before_it_begins(tmp_path):
    with pytest.raises(BackupError, match="is too full: the restore needs 1000000000001 MB"):
        sqlite.check_room(tmp_path, 10**18)
    sqlite.check_room(tmp_path, 1)


def test_a_backup_that_was_killed_never_looks_whole(tmp_path):
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom pages.backups.archive import new_archive\n"
        "with new_archive(Path(sys.argv[1])) as writer, writer.open('database.dump', compress=False) as file:\n"
        "    file.write(b'x' * 5_000_000)\n    print('half', flush=True)\n    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.zip")]
    with subprocess.Popen(command, cwd=BASE_DIR, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    [part] = tmp_path.iterdir()
    assert part.name.endswith(".part") and stat.S_IMODE(part.stat().st_mode) == 0o600
    with pytest.raises(BackupError, match="cut off"), whole_archive(part):
        pass


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="about pg_restore")
def test_a_restore_that_fails_in_the_middle_leaves_no_table(tmp_path):
    """The dump is cut off and its manifest fits the cut dump: pg_restore notices the cut and rolls back."""
    messages(2)
    made = back_up(tmp_path / "whole.zip")
    with zipfile.ZipFile(tmp_path / "whole.zip") as whole:
        cut = whole.read("database.dump")[:-2_000]
    cut_manifest = manifest(cut, tables=made.tables, migrations=made.migrations, database=made.database)
    archive(tmp_path / "cut.zip", cut_manifest, cut)
    with empty_database(tmp_path) as other:
        failed = run_manage("restore", str(tmp_path / "cut.zip"), **other)
        assert failed.returncode == 1 and "pg_restore failed, and nothing was written" in failed.stderr
        with cursor_on(other) as cursor:
            cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
            assert cursor.fetchone() == (0,)


# --- The programs of PostgreSQL -------------------------------------------------------------------------------------


def folder_with(tmp_path, major):
    """Make a folder with programs that print this version of PostgreSQL."""
    folder = tmp_path / f"pg{major}"
    folder.mkdir()
    for name in ("pg_dump", "pg_restore"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {major}.4 (Debian {major}.4-1)'\n")
        program.chmod(0o755)
    return folder


def test_tools_have_the_version_of_the_server_or_the_next_newer_one(tmp_path):
    folders = [folder_with(tmp_path, major) for major in (18, 15, 17)]
    found = [postgres.tools_for(server, folders=folders).major for server in (14, 15, 17, 18)]
    assert found == [15, 15, 17, 18]
    assert postgres.tools_for(17, made_with=18, folders=folders).major == 18


@pytest.mark.parametrize(
    ("have", "server", "made_with", "package"),
    [
        ([15], 17, 0, "postgresql-client-17"),  # an older pg_dump refuses a newer server
        ([15], 15, 16, "postgresql-client-16"),  # an older pg_restore cannot read a newer archive
        ([17, 18], 16, 0, "postgresql-client-16"),  # pg_restore 17 uses a setting that older servers do not know
        ([], 17, 0, "postgresql-client-17"),
    ],
)
def test_tools_that_do_not_suit_are_refused_with_the_name_of_the_package(tmp_path, have, server, made_with, package):
    folders = [tmp_path / "nothing", *(folder_with(tmp_path, major) for major in have)]
    with pytest.raises(BackupError, match=f"Install the package {package};"):
        postgres.tools_for(server, made_with=made_with, folders=folders)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no password")
def test_the_password_is_only_in_the_environment(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "made-up-password")
    environment = postgres._environment()
    assert environment["PGPASSWORD"] == "made-up-password"
    assert not {"FIELD_KEYS", "SSN_PEPPERS", "SECRET_KEY"} & set(environment)


# --- The source of a backup -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_backup_of_a_database_without_tables_is_refused(tmp_path):
    with empty_database(tmp_path) as other:
        done = run_manage("backup", "--file", str(tmp_path / "a.zip"), **other)
    assert done.returncode == 1 and "holds no tables of the portal" in done.stderr
    assert not (tmp_path / "a.zip").exists()


def test_no_model_stores_a_file_on_the_disk():
    """Letters, photos and rosters are in the database: a backup would miss a file on the disk."""
    from django.apps import apps
    from django.db.models import FileField

    assert not [field for model in apps.get_models() for field in model._meta.fields if isinstance(field, FileField)]
