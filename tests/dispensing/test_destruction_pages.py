"""The pages on which a destruction is proposed, witnessed and withdrawn, and its papers."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from dispensing import actions
from dispensing.models import DestroyedItem, Destruction
from dispensing.papers.destructions import destruction_files, destruction_pdf, destructions_csv
from dispensing.rules import LotPart
from tests import factories, pdfs
from tests.delivery.people import words_of
from tests.dispensing.units import places
from tests.dispensing.waste import doomed_units, expired_lot, propose, quarantined_lot
from ui.templatetags.portal import clock

pytestmark = pytest.mark.django_db
PROPOSE = reverse("admin:dispensing_destruction_propose")
LIST = reverse("admin:dispensing_destruction_changelist")


def step(made, name):
    return reverse("admin:dispensing_destruction_step", args=[made.pk, name])


def typed(*units, **over):
    said = {"method": "ground", "details": "Coffee", "place": "Milford", "weight_mg": "7", "entry_key": str(uuid4())}
    return {"units": [unit.pk for unit in units], **said, **over}


def test_a_pharmacist_proposes_and_a_manager_witnesses(monday):
    units, lot = doomed_units(monday), quarantined_lot()
    old = expired_lot(monday)
    client = factories.client_for(factories.staff("Pharmacist"))
    shown = words_of(client.get(PROPOSE))
    assert f"Unit {units[0]}: Harbor Mist Tincture, lot LOT-1, came back with order {units[0].order.number}" in shown
    assert "4 in quarantine" in shown and "3 on the shelf, expired" in shown
    post = typed(*units, **{f"lot_{lot.pk}_quarantine": "1", f"lot_{old.pk}_shelf": ""}, weight_mg="10,5 g")
    for _sent_twice in range(2):
        client.post(PROPOSE, post)
    made = Destruction.objects.get()
    assert (made.weight_mg, made.method, made.details, made.place) == (10_500, "ground", "Coffee", "Milford")
    assert list(made.items.values_list("unit", "lot", "quantity")) == [
        *((unit.pk, unit.lot_id, 1) for unit in units), (None, lot.pk, 1),
    ]  # fmt: skip
    refused = client.post(step(made, "witness"), {"seen": "on"})
    assert "You proposed this yourself" in words_of(refused)
    manager = factories.client_for(factories.staff("Manager"))
    assert "Destruction" in words_of(manager.get(LIST, {"state": "waiting"}))
    page = words_of(manager.get(step(made, "witness")))
    assert f"Unit {units[1]}: " in page and "Together it weighs 10.5 g" in page
    assert "Tick this once you have seen it" in words_of(manager.post(step(made, "witness")))
    manager.post(step(made, "witness"), {"seen": "on"})
    assert places(units[0].order) == ["destroyed", "destroyed"]
    page = words_of(manager.get(reverse("admin:dispensing_destruction_change", args=[made.pk])))
    assert "Destroyed" in page and f"1 × {lot.product.name}" in page and "Witness" not in page.split("Paper")[1]


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"weight_mg": "0"}, "from 0.1 to 100,000"),
        ({"weight_mg": "1000000000"}, "from 0.1 to 100,000"),
        ({"weight_mg": "1e9"}, "Enter grams with at most 3 decimals"),
        ({"weight_mg": ""}, "Enter grams with at most 3 decimals"),
        ({"weight_mg": "-7"}, "Enter grams with at most 3 decimals"),
        ({"weight_mg": "70"}, "By their labels these items weigh 7 g, and not 70 g"),
        ({"method": "disposer", "details": ""}, "Name the disposer and its license"),
        ({"method": ""}, "Choose how it is destroyed"),
        ({"place": " "}, "Name the place where it is destroyed"),
        ({"units": []}, "Tick a unit, or enter how many"),
        ({"units": ["999999"]}, "in another destruction by now"),
        ({"units": ["²"]}, "in another destruction by now"),
        ({"lot_999_shelf": "2"}, "in another destruction by now"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(monday, over, words):
    units = doomed_units(monday)
    client = factories.client_for(factories.staff("Manager"))
    page = client.post(PROPOSE, typed(*units, **over))
    assert words in words_of(page)
    assert 'value="Milford"' in page.content.decode() or "place" in over
    assert not Destruction.objects.exists()


def test_all_that_is_wrong_is_said_at_once():
    client = factories.client_for(factories.staff("Manager"))
    page = client.post(PROPOSE, typed(weight_mg="0", place="", method="disposer", details=""))
    assert set(page.context["form"].errors) == {"details", "place", "weight_mg"}


def test_more_of_a_lot_than_is_there_is_refused_at_its_box(monday):
    lot = quarantined_lot()
    client, name = factories.client_for(factories.staff("Manager")), f"lot_{lot.pk}_quarantine"
    page = client.post(PROPOSE, typed(**{name: "5"}, weight_mg="17.5"))
    assert page.context["form"][name].errors == ["Enter at most 4, or nothing."]
    client.post(PROPOSE, typed(**{name: "4"}, weight_mg="14", entry_key=""))
    assert Destruction.objects.get().items.get().quantity == 4


def test_a_destruction_is_withdrawn_with_a_reason_and_an_auditor_reads(monday):
    made = propose(*doomed_units(monday))
    client = factories.client_for(factories.staff("Pharmacist"))
    client.post(step(made, "withdraw"), {"reason": ""})
    assert Destruction.objects.get().is_waiting
    client.post(step(made, "withdraw"), {"reason": "Wrong scale"})
    auditor = factories.client_for(factories.staff("Auditor"))
    page = words_of(auditor.get(reverse("admin:dispensing_destruction_change", args=[made.pk])))
    assert "Withdrawn" in page and "Wrong scale" in page
    assert "withdrawn" in words_of(auditor.get(LIST, {"state": "withdrawn"})).lower()
    assert auditor.get(PROPOSE).status_code == auditor.get(step(made, "witness")).status_code == 403
    paper = auditor.get(reverse("admin:dispensing_destruction_paper", args=[made.pk]))
    assert "nothing was destroyed" in pdfs.text_of(paper.content)
    assert auditor.get(reverse("admin:dispensing_destruction_paper", args=[999])).status_code == 404


# --- Papers -----------------------------------------------------------------------------------------------------------


def test_paper_and_csv_say_what_the_rows_say(monday):
    """Each field, in English whatever the reader's language, with both persons by full name."""
    units, lot = doomed_units(monday), quarantined_lot(name="Núñez Oil")
    by, witness = factories.staff("Pharmacist"), factories.staff("Manager", first_name="Rosa")
    actions.enter_paper_name(user=by, full_name="María Núñez", by=None)
    parts = [LotPart(lot, 2, DestroyedItem.Source.QUARANTINE)]
    made = propose(*units, parts=parts, weight_mg=21_000, weight_reason="Moldy, wet", by=by)
    waiting = pdfs.text_of(destruction_pdf(made, now=timezone.now()))
    assert "Waits for a witness" in waiting and "Who witnessed it" in waiting
    made = actions.witness_destruction(destruction=made, by=witness)
    with translation.override("es"):
        text = pdfs.text_of(destruction_pdf(made, now=timezone.now()))
        rows = list(csv.DictReader(io.StringIO(b"".join(destructions_csv(*today())).decode("utf-8-sig"))))
    assert "Who witnessed it" not in text
    said = [
        f"Destruction {made.pk}", "Ground and mixed with other waste: With coffee grounds", "Back office, Milford",
        "21 g without packaging", "Moldy, wet", "María Núñez", "Rosa", str(units[0]), str(units[1]), "Núñez Oil",
        "LOT-1", "In quarantine", "Came back, decided to be destroyed", clock(made.witnessed_at),
    ]  # fmt: skip
    assert [words for words in said if words not in text] == []
    assert [row["serial"] for row in rows] == [str(units[0]), str(units[1]), ""]
    assert rows[2] == {
        "destruction": str(made.pk), "destroyed (New York)": "2026-11-25 09:00:00", "serial": "",
        "sku": lot.product.sku, "product": "Núñez Oil", "lot": "LOT-1", "quantity": "2", "from": "In quarantine",
        "method": "Ground and mixed with other waste: With coffee grounds", "place": "Back office, Milford",
        "weight of all in g": "21", "reason of the weight": "Moldy, wet", "proposed by": "María Núñez",
        "witnessed by": "Rosa",
    } | {"destroyed (New York)": f"{timezone.localtime(made.witnessed_at):%Y-%m-%d %H:%M:%S}"}  # fmt: skip


def today():
    day = timezone.localdate()
    return day, day


def test_the_files_of_a_range_hold_what_was_witnessed_in_it(monday):
    first, second = doomed_units(monday)
    manager = factories.staff("Manager")
    one, two = propose(first, weight_mg=3500), propose(second, weight_mg=3500)
    monday.move_to(datetime(2026, 11, 26, 4, 59, 59, tzinfo=UTC))  # a second before midnight in New York
    actions.witness_destruction(destruction=one, by=manager)
    monday.shift(timedelta(seconds=1))
    actions.witness_destruction(destruction=two, by=manager)
    for day, made in ((date(2026, 11, 25), one), (date(2026, 11, 26), two)):
        files = {name: b"".join(parts) for name, parts in destruction_files(day, day)}
        assert list(files) == ["destructions.csv", f"destruction-{made.pk}.pdf"]
        assert files["destructions.csv"].count(b"\r\n") == 2 and files[f"destruction-{made.pk}.pdf"].startswith(b"%PDF")
    assert len(list(destruction_files(date(2026, 11, 25), date(2026, 11, 26)))) == 3
    assert len(list(destruction_files(date(2026, 11, 27), date(2026, 11, 27)))) == 1
