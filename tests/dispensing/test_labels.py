"""Labels: what they say, how they wrap, when they are printed, and that PDF and ZPL print the same words."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pypdfium2
import pytest
import zxingcpp
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from delivery import actions as deliveries
from dispensing import rules
from dispensing.actions import enter_paper_name, print_labels, write_directions
from dispensing.models import DispensedUnit, LabelPrint, LineDirections, full_names
from dispensing.papers.label_layout import EDGE, HEIGHT, LEAST, WIDTH
from dispensing.papers.labels import faces_of, roll_pdf, sheet_pdf
from dispensing.papers.zpl import escaped, zpl_of
from dispensing.presenters.labels import labels_of
from tests import factories
from tests.delivery import people
from tests.dispensing.units import hand_over, order_on_road, packed_order
from tests.guard import unguarded

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # papers and words: the database says nothing about them
LABEL = rules.Label(
    serial="000123",
    order="D-7KQ4-M2XP",
    dispensed_date=date(2026, 11, 25),
    product="Harbor Mist Tincture",
    quantity="3.5 g",
    days=10,
    thc_mg=1250,
    cbd_mg=0,
    patient="María José Núñez-O’Brien",
    patient_number="P-7KQ4-M2XP",
    caregiver="Łukasz Đặng",
    caregiver_number="G-2222-3333",
    certifier="Alan Peters",
    directions="Take one drop under the tongue each evening.",
    pharmacist="Maria Lopez",
    dispensary="Southern CT Wellness & Healing",
    dispensary_address="100 Main Street, Milford, CT 06460",
    dispensary_phone="(203) 555-0100",
    cautions=rules.cautions_for("tincture"),
    producer="Shoreline Growers",
    lot="LOT-1",
    expires_date=date(2027, 11, 23),
)
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
LONG = "Hold one drop under the tongue for a minute in the evening, and note how you slept. " * 9


def words_of(lines):
    return " ".join(" ".join(line.text for line in lines).split())


def name_pharmacist(*units):
    for unit in units:
        enter_paper_name(user=unit.pharmacist, full_name="Maria Lopez", by=None)


def of(order):
    return order.units.order_by("serial")


def serials(order):
    return list(of(order).values_list("pk", flat=True))


# --- What a label says ------------------------------------------------------------------------------------------------


def test_a_label_says_what_unit_card_and_hand_over_say(monday):
    patient, caregiver = people.patient_with_caregiver()
    order = order_on_road(monday, of=patient, by=patient.user)
    name_pharmacist(*of(order))
    handed = hand_over(order, received_by="caregiver", cash_cents=8000)
    unit, label = of(order).first(), labels_of(of(order))[0]
    card = order.certification
    assert label == rules.Label(
        serial=str(unit),
        order=order.number,
        dispensed_date=timezone.localdate(handed.stated_at),
        product=unit.product.name,
        quantity="3.5 g",
        days=unit.days,
        thc_mg=unit.thc_mg,
        cbd_mg=unit.cbd_mg,
        patient=patient.name,
        patient_number=patient.number,
        caregiver=handed.assignment.caregiver.name,
        caregiver_number=caregiver.number,
        certifier=card.physician.name,
        directions=label.directions,
        pharmacist="Maria Lopez",
        dispensary="Example Dispensary",
        dispensary_address="1 Example Street, New Haven, CT 06510",
        dispensary_phone="(203) 555-0100",
        cautions=rules.cautions_for("tincture"),
        producer="Shoreline Growers",
        lot=unit.lot_number,
        expires_date=unit.lot.expires_date,
    )
    assert label.directions in (card.directions, rules.labels.DIRECTIONS)


def test_an_exchange_is_dispensed_on_its_own_day(monday):
    order = packed_order()
    unit = of(order).first()
    assert rules.dispensed_date_of(unit) == order.window.date
    unit.correction_id, unit.handed_over_at = 1, order.window.starts_at + timedelta(days=2, hours=14)
    assert rules.dispensed_date_of(unit) == order.window.date + timedelta(days=2)


def test_directions_are_the_pharmacists_or_the_certifiers_or_a_sentence():
    assert rules.directions_for(of_line="One drop.", of_certifier="Two drops.") == "One drop."
    assert rules.directions_for(of_line="", of_certifier="Two\n drops.") == "Two drops."
    assert rules.directions_for(of_line="", of_certifier="").startswith("Use as your certifier")


@pytest.mark.parametrize(
    ("quantity", "code", "words"),
    [
        ("1.000", "01", "1 piece"),
        ("10.000", "01", "10 pieces"),
        ("30.000", "02", "30 mL"),
        ("0.500", "03", "0.5 g"),
    ],
)
def test_a_quantity_is_written_out(quantity, code, words):
    assert rules.quantity_in_words(Decimal(quantity), code) == words


# --- How it wraps -----------------------------------------------------------------------------------------------------


def test_directions_wrap_down_to_six_points_and_then_continue_on_a_second_label():
    (short,) = faces_of([LABEL], now=NOW)
    (smaller,) = faces_of([replace(LABEL, directions=LONG[:300])], now=NOW)
    first, second = faces_of([replace(LABEL, directions=LONG)], now=NOW)
    sizes = [{line.size for line in face.lines} for face in (short, smaller, first, second)]
    assert min(sizes[0]) >= LEAST and min(sizes[1]) == LEAST
    assert max(sizes[0]) > max(size for size in sizes[1] if size != 9)
    for face in (short, smaller, first, second):
        for line in face.lines:
            assert line.size >= LEAST and line.y + line.size < HEIGHT and line.x + line.width < WIDTH - EDGE + 1
    assert "1 of" not in words_of(short.lines) + words_of(smaller.lines)
    assert "1 of 2" in words_of(first.lines) and "2 of 2" in words_of(second.lines)
    begin = words_of(first.lines).partition("Directions: ")[2].partition(" 000123")[0]
    rest = words_of(second.lines).removeprefix(f"Continued: {LABEL.patient} ").partition(" 000123")[0]
    assert f"{begin} {rest}" == LONG.strip()
    for fact in ("Maria Lopez", "Use by Nov 23, 2027", "Alan Peters", "locked away from children"):
        assert fact in words_of(first.lines)


@pytest.mark.parametrize(
    "name", ["A" * 330, "李小龍 " * 60, "Ægir Þórsson-O’Brien " * 15, "शर्मा " * 50, "\u200b", "😀 م"]
)
def test_a_strange_name_stays_on_the_label(name):
    faces = faces_of([replace(LABEL, patient=name, caregiver=name, producer=name, certifier=name)], now=NOW)
    assert 1 <= len(faces) <= 5
    for face in faces:
        assert all(line.y + line.size < HEIGHT for line in face.lines)
    letters = "".join("".join(line.text.split()) for face in faces for line in face.lines)
    assert letters.count("".join(name.split())) >= 1 or len(faces) > 1
    assert "zpl" not in zpl_of(faces) and roll_pdf([replace(LABEL, patient=name)], now=NOW)


# --- PDF and ZPL ------------------------------------------------------------------------------------------------------


def test_pdf_and_zpl_print_the_same_words_and_the_code_says_the_serial():
    labels = [replace(LABEL, serial=f"{100 + number:06d}") for number in range(11)]
    faces = faces_of(labels, now=NOW)
    roll, sheet = (pypdfium2.PdfDocument(made(labels, now=NOW)) for made in (roll_pdf, sheet_pdf))
    assert (len(roll), len(sheet)) == (11, 2)
    assert [round(side) for side in roll[0].get_size()] == [288, 144]
    for face, page in zip(faces, roll, strict=True):
        text = page.get_textpage().get_text_range()
        assert sorted(text.split()) == sorted(words_of(face.lines).split())
    printed = re.findall(r"\^FB\d+,1,0,[LR],0\^FH\^FD(.*?)\^FS", zpl_of(faces))
    assert printed == [escaped(line.text) for face in faces for line in face.lines]
    for page, count in ((roll[0], 1), (sheet[0], 10), (sheet[1], 1)):
        found = zxingcpp.read_barcodes(page.render(scale=3).to_pil())
        assert len(found) == count and {code.text for code in found} <= {label.serial for label in labels}
    roll.close()
    sheet.close()


def test_zpl_escapes_what_the_printer_would_obey():
    face = faces_of([replace(LABEL, directions="^XA~JR take_1 \\& \x07^FD 2 drops")], now=NOW)[0]
    zpl = zpl_of([face])
    assert zpl.count("^XA") == zpl.count("^XZ") == 1 and "~" not in zpl
    assert zpl.startswith("^XA^CI28^PW812^LL406") and "^BQN,2,6^FH^FDMA,000123^FS" in zpl
    assert "_5EXA_7EJR take_5F1 _5C_5C&" in zpl and "\x07" not in zpl


# --- When it is printed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", DispensedUnit.Place)
def test_check_has_label(place):
    unit = DispensedUnit(serial=7, place=place)
    if place in ("bag", "road", "patient"):
        rules.check_has_label(unit)
    else:
        with pytest.raises(rules.LabelError, match="Unit 000007 gets no label: "):
            rules.check_has_label(unit)


def test_check_some_to_print():
    rules.check_some_to_print([None])
    with pytest.raises(rules.LabelError, match="Pack it first"):
        rules.check_some_to_print([])
    with pytest.raises(rules.LabelError, match="Choose fewer orders"):
        rules.check_some_to_print([None] * 1001)


def test_check_pharmacists_are_named():
    unit = DispensedUnit(serial=7, pharmacist=factories.staff("Pharmacist", email="p@example.org"))
    rules.check_pharmacists_are_named([unit], {unit.pharmacist_id})
    with pytest.raises(rules.LabelError, match="under Full names: p@example.org"):
        rules.check_pharmacists_are_named([unit], set())


def test_check_dispensary_is_known(settings):
    rules.check_dispensary_is_known()
    settings.DISPENSARY_ADDRESS = ""
    with pytest.raises(rules.LabelError, match="DISPENSARY_ADDRESS"):
        rules.check_dispensary_is_known()


def test_check_print_kind_and_check_print_reason():
    rules.check_print_kind("zpl")
    with pytest.raises(rules.LabelError, match="Choose how"):
        rules.check_print_kind("fax")
    rules.check_print_reason("", printed=0)
    rules.check_print_reason("Jammed.", printed=1)
    for reason, printed in (("", 1), ("", 2), ("a" * 201, 0), ("😀", 1)):
        with pytest.raises(rules.LabelError) as refused:
            rules.check_print_reason(reason, printed=printed)
        assert refused.value.field == "reason"


def test_check_may_print_and_check_may_write_directions():
    rules.check_may_print(None)
    for group, prints, writes in (("Pharmacist", 1, 1), ("Technician", 1, 0), ("Manager", 0, 0), ("Driver", 0, 0)):
        account = factories.staff(group)
        for check, is_allowed in ((rules.check_may_print, prints), (rules.check_may_write_directions, writes)):
            if is_allowed:
                check(account)
            else:
                with pytest.raises(rules.LabelError):
                    check(account)


def test_check_directions():
    rules.check_directions("Tómelo: 1 gota ^ 2 por la noche.")
    for text in ("a" * 401, "😀", "a\x00b", "مساء"):
        with pytest.raises(rules.LabelError):
            rules.check_directions(text)


def test_labels_are_printed_once_and_again_with_a_reason():
    order = packed_order()
    technician = factories.staff("Technician")
    with pytest.raises(rules.LabelError, match="names the pharmacist in full"):
        print_labels(units=serials(order), kind="roll", by=technician)
    name_pharmacist(*of(order))
    done = print_labels(units=serials(order)[:1], kind="roll", by=technician)
    assert done.serials == (serials(order)[0],)
    with pytest.raises(rules.LabelError, match="1 of these labels was printed before"):
        print_labels(units=serials(order), kind="roll", by=technician)
    print_labels(units=serials(order), kind="zpl", reason=" It  jammed. ", by=technician)
    rows = LabelPrint.objects.order_by("pk").values_list("unit", "copy", "kind", "reason", "by")
    first, second = serials(order)
    assert list(rows) == [
        (first, 1, "roll", "", technician.pk),
        (first, 2, "zpl", "It jammed.", technician.pk),
        (second, 1, "zpl", "", technician.pk),
    ]
    deliveries.unpack_order(order=order, by=factories.staff("Pharmacist"))
    with pytest.raises(rules.LabelError, match="gets no label"):
        print_labels(units=serials(order), kind="roll", reason="Again.", by=technician)


def test_a_pharmacist_writes_directions_and_takes_them_away():
    order = packed_order()
    name_pharmacist(*of(order))
    pharmacist, line = factories.staff("Pharmacist"), order.lines.get()
    write_directions(order=order, texts={line.pk: "  One drop\tat night. ", 999: "Foreign."}, by=pharmacist)
    assert {label.directions for label in labels_of(of(order))} == {"One drop at night."}
    write_directions(order=order, texts={line.pk: "Two drops."}, by=pharmacist)
    assert LineDirections.objects.get().text == "Two drops."
    with pytest.raises(rules.LabelError, match="Only a Pharmacist"):
        write_directions(order=order, texts={line.pk: ""}, by=factories.staff("Technician"))
    write_directions(order=order, texts={line.pk: ""}, by=pharmacist)
    assert not LineDirections.objects.exists()


def test_check_directions_can_change(monday):
    order = order_on_road(monday)
    with pytest.raises(rules.LabelError, match="before the order leaves"):
        rules.check_directions_can_change(order)


@pytest.mark.parametrize("over", [{"copy": 2}, {"copy": 0, "reason": "Why."}, {"copy": 1}, {"kind": "fax", "copy": 9}])
def test_the_database_refuses_a_print_without_reason_or_twice(over):
    order = packed_order()
    name_pharmacist(*of(order))
    print_labels(units=serials(order), kind="roll", by=None)
    row = LabelPrint(unit=of(order).first(), batch=uuid4(), **{"kind": "roll", "at": NOW, **over})
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        row.save()


# --- The pages of staff -----------------------------------------------------------------------------------------------


@pytest.fixture
def order():
    """Return an order that is packed by a pharmacist with a full name."""
    made = packed_order()
    name_pharmacist(*of(made))
    return made


def test_a_technician_prints_from_the_page_and_the_list_of_orders(order):
    client = factories.client_for(factories.staff("Technician"))
    address = f"{reverse('admin:dispensing_labelprint_print')}?orders={order.pk}"
    page = reverse("admin:delivery_order_change", args=[order.pk])
    main_button = f'<a class="review__button" href="{address}">'
    assert main_button in client.get(page).content.decode()
    listed = client.post(
        reverse("admin:delivery_order_changelist"), {"action": "labels", "_selected_action": [order.pk], "index": 0}
    )
    assert listed.url == address
    assert "2 labels." in people.words_of(client.get(address))
    assert "One order that you chose is not packed" in people.words_of(client.get(f"{address},{factories.order().pk}"))
    for kind, begin in (("sheet", b"%PDF"), ("roll", b"%PDF"), ("zpl", b"^XA")):
        sent = client.post(address, {"kind": kind, "reason": "" if kind == "sheet" else "It jammed."})
        assert sent.content.startswith(begin) and f"labels-{of(order).first()}" in sent["Content-Disposition"]
    refused = client.post(address, {"kind": "roll", "reason": ""})
    assert "2 of these labels were printed before." in people.words_of(refused)
    wrong = client.post(address, {"kind": "fax", "reason": "x" * 201})
    assert wrong.status_code == 200 and "x" * 201 in wrong.content.decode()
    assert LabelPrint.objects.count() == 6
    listing = client.get(reverse("admin:dispensing_labelprint_changelist"))
    assert listing.context["cl"].result_count == 6
    for shown, count in (("first", 2), ("again", 4)):
        listing = client.get(reverse("admin:dispensing_labelprint_changelist"), {"print": shown})
        assert listing.context["cl"].result_count == count
    left = client.get(page).content.decode()
    assert address in left and main_button not in left
    assert client.get(f"{reverse('admin:dispensing_labelprint_print')}?orders=x,²,").status_code == 404
    unit = client.get(reverse("admin:dispensing_dispensedunit_change", args=[of(order).first().pk]))
    assert f"?units={of(order).first().pk}" in unit.content.decode()


def test_a_pharmacist_writes_directions_on_a_page_that_keeps_what_was_typed(order):
    client, line = factories.client_for(factories.staff("Pharmacist")), order.lines.get()
    address = reverse("admin:dispensing_labelprint_directions", args=[order.pk])
    assert "An empty box prints" in people.words_of(client.get(address))
    refused = client.post(address, {f"line_{line.pk}": "b" * 401})
    assert "these are 401" in people.words_of(refused) and "b" * 401 in refused.content.decode()
    client.post(address, {f"line_{line.pk}": "One drop\r\nat night."})
    assert labels_of(of(order))[0].directions == "One drop at night."
    assert "One drop at night." in people.words_of(client.get(address))
    assert client.get(reverse("admin:dispensing_labelprint_directions", args=[0])).status_code == 404


@pytest.mark.parametrize(("groups", "is_shown"), [(["Pharmacist"], True), ([], False)])
def test_only_a_pharmacist_reads_the_directions_of_the_certifier_on_that_page(order, groups, is_shown):
    """Whoever holds every permission opens the page as well, without what the certifier wrote."""
    with unguarded():
        order.certification.directions = "Vaporize at dusk."
        order.certification.save()
    client = factories.client_for(factories.staff(*groups, is_superuser=not groups))
    words = people.words_of(client.get(reverse("admin:dispensing_labelprint_directions", args=[order.pk])))
    assert "An empty box prints what the certifier wrote" in words
    assert ("Vaporize at dusk." in words) is is_shown


def test_full_names_are_entered_by_a_manager_and_the_own_by_a_pharmacist():
    pharmacist, manager = factories.staff("Pharmacist"), factories.staff("Manager")
    own, enter = (reverse(f"admin:dispensing_papername_{page}") for page in ("own", "enter"))
    refused = factories.client_for(pharmacist).post(own, {"full_name": "Maria"})
    assert "Give first and last name" in people.words_of(refused)
    factories.client_for(pharmacist).post(own, {"full_name": "Maria Lopez"})
    factories.client_for(manager).post(enter, {"user": manager.pk, "full_name": "Mary Ng"})
    assert full_names([pharmacist.pk, manager.pk]) == {pharmacist.pk: "Maria Lopez", manager.pk: "Mary Ng"}
    listed = factories.client_for(pharmacist).get(reverse("admin:dispensing_papername_changelist"))
    assert listed.context["cl"].result_count == 1
