"""The inspector's pack: each file as its digest says, and as many rows as the database has."""

import hashlib
import io
import zipfile
from collections import Counter
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Q
from django.utils import timezone

from audit.models import Event
from delivery.models import HandOverCorrection
from dispensing import actions
from dispensing.models import DispensedUnit, UnitMove
from dispensing.papers.inspection import PARTS, audit_part
from dispensing.papers.proofs import destructions_part, recalls_part
from tests import factories
from tests.dispensing.papers import made, pages_of, rows_of
from tests.dispensing.test_recall import start
from tests.dispensing.test_units import correct
from tests.dispensing.units import hand_over, order_on_road, packed_order

pytestmark = pytest.mark.django_db
NAMES = [
    "about.txt", "log.pdf", "log.csv", "units.csv", "unit-moves.csv", "manifests/{run}.pdf", "reports.csv",
    "report-files.csv", "report-answers.csv", "reports/{report}", "answers/{answer}", "recalls.csv",
    "destructions.csv", "audit-trail.csv", "digests.txt",
]  # fmt: skip


def test_the_pack_holds_every_record_of_its_days_with_right_digests(monday):
    order = order_on_road(monday)
    handed, pharmacist = hand_over(order), factories.staff("Pharmacist")
    (file,) = actions.make_files(now=timezone.now(), at_once=True, by=None)
    actions.hand_over_download(file=file, by=pharmacist)
    correct(handed, HandOverCorrection.Goods.SEALED)
    answer = actions.record_answer(text="TH*4.2A", by=pharmacist)
    packed_order()
    day = timezone.localdate()
    paper, content = made("inspection", day, by=factories.staff("Auditor"))
    assert paper.digest == hashlib.sha256(content).hexdigest()
    archive = zipfile.ZipFile(io.BytesIO(content))
    stands = {"run": order.run, "report": file.name, "answer": f"{answer.pk}-no-file-of-ours"}
    names = [name.format(**stands) for name in NAMES]
    assert archive.testzip() is None and archive.namelist() == names
    files = {name: archive.read(name) for name in names}
    said = dict(reversed(line.split("  ")) for line in files["digests.txt"].decode().splitlines())
    assert said == {name: hashlib.sha256(files[name]).hexdigest() for name in names[:-1]}
    about = files["about.txt"].decode()
    assert "November 25, 2026" in about and "Example Dispensary" in about
    assert len(rows_of(files["log.csv"])) == 2 and "2 entries." in " ".join(pages_of(files["log.pdf"]))
    units = rows_of(files["units.csv"])
    assert {int(unit["serial"]) for unit in units} == set(DispensedUnit.objects.values_list("pk", flat=True))
    assert Counter(unit["place now"] for unit in units) == {"patient": 1, "safe": 1, "bag": 2}
    moved = UnitMove.objects.filter(at__gte=timezone.now() - timedelta(hours=9, minutes=30))
    assert len(rows_of(files["unit-moves.csv"])) == moved.count() > 0
    assert f"Manifest {order.run}" in " ".join(pages_of(files[names[5]]))
    assert Counter((row["kind"], row["status"]) for row in rows_of(files["reports.csv"])) == {
        ("new", "filed"): 2, ("void", "waiting"): 1,
    }  # fmt: skip
    (sent,) = rows_of(files["report-files.csv"])
    assert sent["SHA-256 as sent"] == said[f"reports/{file.name}"] == file.digest
    (came,) = rows_of(files["report-answers.csv"])
    assert "does not begin with a whole TH segment" in came["why it was not used"]
    assert order.patient.last_name.encode() not in files["audit-trail.csv"] + files["units.csv"]


def test_the_pack_holds_the_recalls_that_were_open_and_what_was_destroyed(monday):
    pharmacist = factories.staff("Pharmacist")
    order = order_on_road(monday)
    hand_over(order)
    day = timezone.localdate()
    recall = start(by=pharmacist)
    (person,) = csv_of_part(recalls_part, day)["recalls.csv"]
    assert (person["lot"], person["patient, last name"]) == (recall.lot_number, order.patient.last_name)
    assert csv_of_part(recalls_part, day - timedelta(days=1))["recalls.csv"] == []
    actions.end_recall(recall=recall, reason="All of it came back by post.", by=pharmacist)
    monday.move_to(timezone.now() + timedelta(days=1))
    assert csv_of_part(recalls_part, timezone.localdate())["recalls.csv"] == []
    assert len(csv_of_part(recalls_part, day)["recalls.csv"]) == 1
    assert csv_of_part(destructions_part, day) == {"destructions.csv": []}


def csv_of_part(part, day):
    """Return the rows of each CSV of a part about one day."""
    return {name: rows_of(b"".join(content)) for name, content in part(day, day) if name.endswith(".csv")}


def test_the_audit_trail_of_the_pack_is_about_orders_and_units(monday):
    packed_order()
    days = date(2000, 1, 1), date(2100, 1, 1)  # the database gives events its own time
    ((name, content),) = audit_part(*days)
    events = rows_of(b"".join(content))
    about = Q(subject_type__startswith="delivery.") | Q(subject_type__startswith="dispensing.")
    assert name == "audit-trail.csv" and len(events) == Event.objects.filter(about).count()
    assert {"order.place", "order.pack"} <= {event["name"] for event in events}
    assert Event.objects.exclude(about).exists()


def test_each_part_explains_its_files():
    for part in PARTS:
        explained = [name for names in part.explained for name in names.split(", ") if not name.endswith("/")]
        assert [name for name, _content in part.files(timezone.localdate(), timezone.localdate())] == explained


def test_the_command_writes_the_pack_once_and_is_audited(monday, tmp_path, capsys):
    path = tmp_path / "pack.zip"
    call_command("export_inspection", "--from", "2026-11-01", "--to", "2026-11-23", "--file", path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert capsys.readouterr().out == f"{digest}  {path}\n" and path.stat().st_mode & 0o777 == 0o600
    assert Event.objects.get(action="inspection.export").reason == f"2026-11-01 to 2026-11-23, SHA-256 {digest}"
    for first, last, words in [
        ("2026-11-01", "2026-11-23", "exists"),
        ("2026-11-02", "2026-11-01", "after the last day"),
        ("2026-11-01", "2026-11-24", "in the future"),
        ("1.11.2026", "2026-11-24", "Write it as year-month-day"),
    ]:
        other = path if words == "exists" else tmp_path / "other.zip"
        with pytest.raises(CommandError, match=words):
            call_command("export_inspection", "--from", first, "--to", last, "--file", other)
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_inspection", "--from", "2026-11-01", "--to", "2026-11-01", "--file", tmp_path / "no" / "x")
    assert [each.name for each in tmp_path.iterdir()] == ["pack.zip"]
