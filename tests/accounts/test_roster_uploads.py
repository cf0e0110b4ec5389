"""An uploaded roster is sealed, read by one worker, read again when that one is lost, and erased."""

import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from accounts.actions import import_for_real, import_uploaded_rosters, roster_uploads, upload_roster
from accounts.models import Physician, RosterImport, RosterPart, RosterUpload
from accounts.rosters import importing, storage
from accounts.rosters.files import (
    RosterFileError,
    RosterImportError,
    check_waits_for_its_real_import,
    open_roster,
)
from accounts.rosters.storage import open_upload
from audit.models import Event
from tests import factories
from tests.guard import unguarded
from tests.rosters import counts, dea, elicense, problems, program, read
from ui.encryption import DecryptionError

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
LATER = timedelta(minutes=6)


def upload(text, *, is_dry_run=False, by=None):
    by = by or factories.staff("Registrar")
    return upload_roster(file=io.BytesIO(text.encode()), file_name="roster.csv", is_dry_run=is_dry_run, by=by)


def again(run):
    return RosterImport.objects.get(pk=run.pk)


def many(count):
    rows = [
        {"dea_number": factories.dea_number(n, "BO"), "npi": "", "license_number": f"1.{n:06d}"}
        for n in range(1, count + 1)
    ]
    return program(*rows, {"npi": "1"})


@pytest.fixture
def cut_off(monkeypatch):
    """The worker is lost while it writes its third batch of four."""
    monkeypatch.setattr(importing, "BATCH", 4)

    def read_and_die(**which):
        batches = []
        reading, write = importing.READERS["program"]

        def write_some(batch, report):
            write(batch, report)
            batches.append(batch)
            if len(batches) == 3:
                raise SystemExit

        with monkeypatch.context() as patch:
            patch.setitem(importing.READERS, "program", (reading, write_some))
            with pytest.raises(SystemExit):
                import_uploaded_rosters(by=None)

    return read_and_die


# --- Kept sealed, and erased ----------------------------------------------------------------------------------------


def test_what_is_stored_is_sealed_and_reads_as_it_was(monkeypatch):
    monkeypatch.setattr(storage, "PART", 100)
    text = program({}, {"npi": "1"})

    run = upload(text)

    stored = b"".join(bytes(part.data) for part in RosterPart.objects.all())
    assert (RosterPart.objects.count() > 3, b"4821" in stored, b"Osei" in stored) == (True, False, False)
    file = open_upload(run.upload)
    assert file.read() == text.encode()
    assert (file.seek(-5, io.SEEK_END), file.read()) == (len(text) - 5, text.encode()[-5:])


def test_parts_in_another_order_are_refused(monkeypatch):
    monkeypatch.setattr(storage, "PART", 100)
    run = upload(program())
    first, second = RosterPart.objects.order_by("position")[:2]
    with unguarded():
        RosterPart.objects.filter(pk=first.pk).update(data=bytes(second.data))

    with pytest.raises(DecryptionError):
        open_upload(run.upload).read()


def test_a_real_import_deletes_its_file_and_names_the_uploader():
    registrar = factories.staff("Registrar")
    run = upload(program({}, {"npi": "1"}), by=registrar)
    assert (run.status, run.started_at, Physician.objects.count()) == ("waiting", None, 0)

    assert import_uploaded_rosters(by=None) == 1

    run = again(run)
    assert (run.status, counts(run), run.percent_read, run.lease_until) == ("finished", (1, 0, 0, 1), 100, None)
    assert (RosterUpload.objects.count(), RosterPart.objects.count()) == (0, 0)
    assert set(Event.objects.filter(subject_type="accounts.rosterimport").values_list("action", "actor_id")) == {
        ("roster.upload", registrar.pk),
        ("roster.import", registrar.pk),
    }
    assert import_uploaded_rosters(by=None) == 0


@pytest.mark.parametrize("text", [program(), elicense(), dea()], ids=["program", "elicense", "dea"])
def test_an_upload_ends_like_a_file_of_the_command(text):
    factories.physician(dea_number="AO1234563", registrations_over={"medical_license": {"number": "1.034567"}})
    run = upload(text, is_dry_run=True)
    import_uploaded_rosters(by=None)

    assert counts(again(run)) == counts(read(text, is_dry_run=True))


def test_a_file_that_is_none_of_ours_leaves_nothing():
    with pytest.raises(RosterFileError):
        upload("name,born\n")

    assert (RosterImport.objects.count(), RosterUpload.objects.count()) == (0, 0)
    assert Event.objects.get(action="roster.upload").outcome == "refused"


# --- A dry run first ------------------------------------------------------------------------------------------------


def test_the_file_of_a_dry_run_is_stored_for_the_real_import():
    dry = upload(program(), is_dry_run=True)
    import_uploaded_rosters(by=None)

    real = import_for_real(roster_import=dry, by=dry.by)

    assert (again(dry).new_count, Physician.objects.count(), again(dry).upload) == (1, 0, None)
    import_uploaded_rosters(by=None)
    assert (again(real).new_count, Physician.objects.count(), RosterPart.objects.count()) == (1, 1, 0)


def test_check_waits_for_its_real_import():
    dry = upload(program(), is_dry_run=True)
    with pytest.raises(RosterImportError):
        check_waits_for_its_real_import(dry)  # it is not read yet
    import_uploaded_rosters(by=None)
    check_waits_for_its_real_import(again(dry))
    import_for_real(roster_import=dry, by=dry.by)
    with pytest.raises(RosterImportError, match="Upload it again"):
        import_for_real(roster_import=dry, by=dry.by)


def test_the_file_of_a_dry_run_is_erased_after_a_day():
    with time_machine.travel(NOON, tick=False):
        dry = upload(program(), is_dry_run=True)
        import_uploaded_rosters(by=None)
    for hours, parts in ((24, 1), (25, 0)):
        with time_machine.travel(NOON + timedelta(hours=hours), tick=False):
            import_uploaded_rosters(by=None)
        assert RosterPart.objects.count() == parts
    assert again(dry).status == "finished"


# --- One worker, and what it leaves when it is lost -----------------------------------------------------------------


def test_a_lost_worker_s_import_is_read_again_and_counts_as_one(cut_off):
    with time_machine.travel(NOON, tick=False):
        run = upload(many(15))
        cut_off()
        assert (again(run).status, again(run).new_count, Physician.objects.count()) == ("running", 8, 8)
        assert import_uploaded_rosters(by=None) == 0  # its lease still runs
    with time_machine.travel(NOON + LATER, tick=False):
        assert import_uploaded_rosters(by=None) == 1

    run = again(run)
    assert (counts(run), run.row_count, run.attempts, len(problems(run))) == ((15, 0, 0, 1), 16, 2, 1)
    assert (Physician.objects.count(), RosterPart.objects.count()) == (15, 0)


def test_a_worker_that_lost_its_lease_writes_nothing_more():
    with time_machine.travel(NOON, tick=False):
        run = upload(program())
        lost = roster_uploads._claim(run.pk)
    with time_machine.travel(NOON + LATER, tick=False):
        assert roster_uploads._claim(run.pk).attempts == 2

    with unguarded(), open_upload(lost.upload) as file, pytest.raises(RosterImportError, match="given up"):
        importing.read_into(run=lost, roster=open_roster(file), by=None)
    assert not Physician.objects.exists()


def test_after_three_tries_it_is_given_up_and_erased(monkeypatch):
    run = upload(program())

    def fail(**arguments):
        raise RuntimeError

    monkeypatch.setattr(roster_uploads, "read_into", fail)
    for minute in range(5):
        with time_machine.travel(NOON + timedelta(minutes=minute), tick=False):
            assert import_uploaded_rosters(by=None) == 0

    assert (again(run).status, again(run).attempts, RosterPart.objects.count()) == ("cut_off", 3, 0)
    assert Event.objects.filter(action="roster.cut_off", subject_id=run.pk).count() == 1


def test_a_failing_import_does_not_stop_the_next(monkeypatch):
    bad, good = upload(program()), upload(dea())
    with unguarded():
        RosterPart.objects.filter(upload=bad.upload).update(data=b"k1:nothing")

    assert import_uploaded_rosters(by=None) == 1
    assert (again(bad).status, again(good).status) == ("running", "finished")


def test_a_command_that_was_cut_off_is_marked():
    with unguarded():
        cut = RosterImport.objects.create(kind="dea", status="running", started_at=NOON, lease_until=NOON + LATER)
    for minutes, status in ((6, "running"), (7, "cut_off")):
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            import_uploaded_rosters(by=None)
        assert again(cut).status == status


@pytest.mark.parametrize(("eager", "woken"), [(True, []), (False, ["accounts.import_rosters"])])
def test_a_worker_is_woken_where_there_is_one(monkeypatch, django_capture_on_commit_callbacks, eager, woken):
    calls = []
    monkeypatch.setattr(roster_uploads.current_app, "send_task", calls.append)

    with override_settings(CELERY_TASK_ALWAYS_EAGER=eager), django_capture_on_commit_callbacks(execute=True):
        upload(program())

    assert calls == woken


def test_a_redis_that_is_away_costs_nothing(monkeypatch, settings, django_capture_on_commit_callbacks):
    settings.CELERY_TASK_ALWAYS_EAGER = False

    def refuse(name):
        raise OSError

    monkeypatch.setattr(roster_uploads.current_app, "send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        run = upload(program())

    assert import_uploaded_rosters(by=None) == 1
    assert again(run).status == "finished"


@pytest.mark.parametrize(
    "over",
    [{"status": "half"}, {"status": "finished"}, {"status": "running"}, {"bytes_read": 1}],
    ids=["status", "finished", "started", "bytes"],
)
def test_what_the_table_refuses(over):
    with unguarded(), transaction.atomic(), pytest.raises(IntegrityError), transaction.atomic():
        RosterImport.objects.create(kind="dea", file_name="x", **over)


def test_a_stored_file_is_read_by_one_import():
    run = upload(program())
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        RosterImport.objects.create(kind="dea", upload=run.upload)


def test_names_are_numbers():
    assert (str(RosterUpload(pk=2)), str(RosterPart(pk=3))) == ("roster upload 2", "roster part 3")


@pytest.mark.django_db(transaction=True)
def test_no_digit_of_an_upload_stays_in_a_table():
    upload(program({"ssn_last_four": "9274"}))
    for _ in range(2):  # while it waits, and after
        with connection.cursor() as cursor:
            cursor.execute("SELECT data FROM accounts_rosterpart")
            assert not [row for row in cursor.fetchall() if b"9274" in bytes(row[0])]
        import_uploaded_rosters(by=None)
    assert not RosterPart.objects.exists()
