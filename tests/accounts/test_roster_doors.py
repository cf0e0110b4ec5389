"""Two doors lead to the import: a command, and a page of the Registrar's."""

import csv
import html
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import Physician, RosterImport
from accounts.rosters.problems import write_problems
from accounts.tasks import import_rosters
from audit.models import Event
from tests import factories
from tests.guard import unguarded
from tests.rosters import program, read

pytestmark = pytest.mark.django_db
LIST = "/admin/accounts/rosterimport/"
UPLOAD = f"{LIST}upload/"
ROOT = Path(__file__).resolve().parents[2]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text(program({}, {"npi": "1", "dea_number": "BO2345672"}))
    return path


def run_command(*args):
    out, err = io.StringIO(), Terminal()
    call_command("import_roster", *args, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


# --- The command ----------------------------------------------------------------------------------------------------


def test_the_command_prints_the_result_of_the_file(file):
    out, _ = run_command(file)

    assert out.splitlines() == [
        "program roster: 2 rows read, 1 new, 0 changed, 0 unchanged, 1 bad.",
        "  line 3 npi: Enter the NPI as ten digits that begin with 1 or 2, like 1234567893. (bad)",
    ]
    run = RosterImport.objects.get()
    assert (run.file_name, run.by, Physician.objects.count()) == ("roster.csv", None, 1)


def test_the_command_shows_a_progress_bar_on_a_terminal_only(file, capsys):
    _, err = run_command(file)
    call_command("import_roster", file)

    assert err.endswith(f"\r[{'#' * 40}] 100 %\n")
    assert capsys.readouterr().err == ""


def test_the_command_runs_dry(file):
    out, _ = run_command(file, "--dry-run")

    assert "1 new" in out
    assert "A dry run: nothing was changed." in out
    assert not Physician.objects.exists()


def test_the_command_writes_the_problems_into_a_file(tmp_path):
    path, problems = tmp_path / "roster.csv", tmp_path / "problems.csv"
    path.write_text(program().splitlines()[0] + "\nx" * 25)

    out, _ = run_command(path, "--problems", str(problems))

    rows = list(csv.reader(problems.read_text("utf-8-sig").splitlines()))
    assert (rows[0], len(rows)) == (["line", "column", "severity", "reason"], 26)
    assert rows[25] == ["26", "", "bad", "The row has 1 columns, not 15."]
    assert "and 5 more; --problems writes them all into a file." in out


@pytest.mark.parametrize(("name", "words"), [("roster.csv", "This file is empty"), ("gone.csv", "cannot be read")])
def test_the_command_refuses_in_one_sentence(tmp_path, name, words):
    (tmp_path / "roster.csv").touch()

    with pytest.raises(CommandError, match=words):
        run_command(tmp_path / name)


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_killed_command_leaves_whole_batches_and_the_next_one_finishes(tmp_path):
    """kill -9 while the second half is being written."""
    rows = [
        {"dea_number": factories.dea_number(n, "BO"), "npi": "", "license_number": f"1.{n:06d}", "csp_number": ""}
        for n in range(1, 1_201)
    ]
    path = tmp_path / "roster.csv"
    path.write_text(program(*rows))
    environment = os.environ | {"DATABASE_URL": database_url()}
    process = subprocess.Popen([sys.executable, "manage.py", "import_roster", path], cwd=ROOT, env=environment)
    deadline = time.monotonic() + 60
    while Physician.objects.count() < 500 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()

    done = Physician.objects.count()
    cut = RosterImport.objects.get()
    assert (process.returncode, cut.finished_at, cut.new_count) == (-signal.SIGKILL, None, done)
    assert (done % 500, 500 <= done < 1_200) == (0, True)
    assert not Physician.objects.filter(registrations__isnull=True).exists()
    run = read(path.read_text())
    assert (run.new_count, run.unchanged_count, run.bad_count) == (1_200 - done, done, 0)


def database_url():
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(
        **{name: str(settings[name]).replace("/", "%2F") for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")}
    )


# --- The Registrar's page -------------------------------------------------------------------------------------------


def registrar():
    return factories.client_for(factories.staff("Registrar"))


def upload(client, data, **over):
    data = data.encode() if isinstance(data, str) else data
    return client.post(UPLOAD, {"file": SimpleUploadedFile("roster.csv", data), **over}, follow=True)


def page_of(run, what):
    return f"{LIST}{run.pk}/{what}/"


def test_a_roster_is_uploaded_from_the_list_and_read_by_the_jobs():
    client = registrar()
    assert f'href="{UPLOAD}"' in client.get(LIST).content.decode()
    page = client.get(UPLOAD).content.decode()
    assert 'enctype="multipart/form-data"' in page
    assert "checked" in page  # a dry run, unless the Registrar chooses otherwise

    waits = upload(client, program({}, {"npi": "1"}))

    run = RosterImport.objects.get()
    assert waits.redirect_chain == [(page_of(run, "progress"), 302)]
    assert "Waiting to be read" in waits.content.decode()
    assert not Physician.objects.exists()
    import_rosters()
    text = client.get(page_of(run, "progress"), follow=True).content.decode()
    assert "Read: 1 new, 0 changed, 0 unchanged, 1 bad." in text
    assert "Enter the NPI as ten digits" in text
    assert "Download 1 as CSV" in text
    assert run.by.groups.get().name == "Registrar"
    assert Event.objects.filter(action="rosterimport.view", subject_id=run.pk).count() == 1


def test_progress_is_asked_for_again_and_again_and_leads_on_at_the_end():
    client = registrar()
    upload(client, program())
    run = RosterImport.objects.get()
    with unguarded():
        RosterImport.objects.update(status="running", started_at=timezone.now(), bytes_read=run.byte_count // 2)

    whole = client.get(page_of(run, "progress")).content.decode()
    part = client.get(page_of(run, "progress"), headers={"HX-Request": "true"}).content.decode()

    assert client.get(page_of(run, "change")).headers["Location"] == page_of(run, "progress")
    assert f'href="{page_of(run, "progress")}">Look again' in whole  # without JavaScript
    for text in (whole, part):
        assert '<progress id="roster-progress" max="100" value="49">' in text
    assert "<html" not in part
    with unguarded():
        RosterImport.objects.update(status="cut_off")
    over = client.get(page_of(run, "progress"), headers={"HX-Request": "true"})
    assert over.headers["HX-Redirect"] == page_of(run, "change")
    assert "was cut off" in client.get(page_of(run, "change")).content.decode()


def test_a_dry_run_is_uploaded_and_then_imported_for_real():
    client = registrar()
    upload(client, program(), is_dry_run="on")
    import_rosters()
    dry = RosterImport.objects.get()
    text = client.get(page_of(dry, "progress"), follow=True).content.decode()
    assert "This was a dry run: nothing was changed." in text
    assert f'href="{page_of(dry, "real")}"' in text
    assert "None" in text
    assert "By the dry run: 1 new, 0 changed, 0 bad." in client.get(page_of(dry, "real")).content.decode()
    assert not Physician.objects.exists()

    answer = client.post(page_of(dry, "real"))

    real = RosterImport.objects.latest("pk")
    assert answer.headers["Location"] == page_of(real, "progress")
    import_rosters()
    assert (Physician.objects.count(), RosterImport.objects.get(pk=real.pk).new_count) == (1, 1)
    assert page_of(dry, "real") not in client.get(page_of(dry, "change")).content.decode()
    again = client.post(page_of(dry, "real"))
    assert "is not kept any more" in again.content.decode()
    assert RosterImport.objects.count() == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "This file is empty"),
        (b"PK\x03\x04bomb", "This file is packed"),
        (b"name\n", "This is no roster we know"),
        (program().encode("utf-16"), "not text in UTF-8"),
        (program().replace("npi,", "").encode(), "must have these columns too: npi"),
        (b"x" * 2_001, "larger than 0 MB"),
    ],
)
def test_an_upload_is_refused_beside_the_field(settings, data, words):
    settings.ROSTER_UPLOAD_BYTES = 2_000

    page = html.unescape(upload(registrar(), data).content.decode())

    assert words in page
    assert "<title>Error:" in page.replace("\n", "").replace("    ", "")
    assert not RosterImport.objects.exists()


def test_a_missing_file_is_asked_for():
    assert "file" in registrar().post(UPLOAD, {}).context["form"].errors


def test_no_cell_of_the_problems_is_a_formula():
    run, out = read(program({"npi": "1"})), io.StringIO()
    with unguarded():
        run.problems.update(column="=cmd", reason="@SUM(A1)")

    write_problems(run, out)

    assert list(csv.reader(io.StringIO(out.getvalue())))[1] == ["2", "'=cmd", "bad", "'@SUM(A1)"]


def test_problems_are_downloaded_and_the_look_is_recorded():
    run = read(program({"npi": "1"}, {"dea_number": "BC2345672"}))

    response = registrar().get(reverse("admin:accounts_rosterimport_problems", args=[run.pk]))

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f"roster-import-{run.pk}-problems.csv" in response.headers["Content-Disposition"]
    assert [row[:3] for row in csv.reader(io.StringIO(response.content.decode("utf-8-sig")))] == [
        ["line", "column", "severity"],
        ["2", "npi", "bad"],
        ["3", "dea_number", "warning"],
    ]
    assert Event.objects.filter(action="rosterimport.download", subject_id=run.pk).count() == 1
    assert registrar().get(reverse("admin:accounts_rosterimport_problems", args=[run.pk + 1])).status_code == 404


@pytest.mark.parametrize(
    ("role", "reads", "imports"),
    [("Registrar", 200, 200), ("Auditor", 200, 403), ("Manager", 403, 403), ("Driver", 403, 403)],
)
def test_only_these_groups_see_and_import_rosters(role, reads, imports):
    run = read(program({"npi": "1"}))
    client = factories.client_for(factories.staff(role))

    assert client.get(UPLOAD).status_code == imports
    assert upload(client, program()).status_code == imports
    for page in (LIST, page_of(run, "change"), f"{LIST}{run.pk}/problems.csv"):
        assert client.get(page).status_code == reads
    assert client.get(page_of(run, "progress")).status_code == (302 if reads == 200 else reads)
    assert client.get(page_of(run, "real")).status_code == imports
    if reads == 200:
        assert (UPLOAD in client.get(LIST).content.decode()) is (imports == 200)


def test_a_long_list_of_problems_shows_the_first_and_leads_to_all():
    run = read(program().splitlines()[0] + "\nx" * 80)

    text = registrar().get(f"{LIST}{run.pk}/change/").content.decode()

    assert text.count("The row has 1 columns, not 15.") == 50
    assert "Download 80 as CSV" in text
