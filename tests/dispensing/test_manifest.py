"""The manifest of a run: printed with empty boxes before it leaves, and with what the portal recorded afterwards."""

from datetime import timedelta
from uuid import uuid4

import pypdfium2
import pytest
from django.urls import reverse
from django.utils import timezone, translation

from audit.models import Event
from delivery import actions as deliveries
from delivery import rules as delivery_rules
from delivery.models import DoorAttempt, Order
from dispensing.actions import enter_paper_name
from dispensing.papers.manifest import manifest_pdf
from dispensing.presenters.manifest import Item, Outcome, manifest_of
from tests import factories
from tests.delivery import door, people
from tests.dispensing.units import grams
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
A = DoorAttempt.Outcome


def words_of(pdf):
    with pypdfium2.PdfDocument(pdf) as opened:
        return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in opened)


@shared
def orders():
    """Return five orders: of a patient with a caregiver, and of patients with strange names."""
    product = grams(name="Harbor Mist Flower")
    adult, caregiver = people.patient_with_caregiver(first_name="Łukasz", last_name="Đặng")
    patients = [adult, *(factories.patient(first_name=name) for name in ("李", "Al^~", "A" * 90, "Zoë"))]
    return [
        factories.order(
            patient,
            lines=[(product, 2)],
            by=caregiver.user if patient == adult else None,
            address=factories.address(street=f"{number} Oak Street"),
        )
        for number, patient in enumerate(patients, start=1)
    ]


def test_a_manifest_is_printed_empty_and_then_with_what_was_recorded(orders, monday):
    driver = factories.staff("Driver", first_name="Dan")
    enter_paper_name(user=driver, full_name="Daniel Hooper", by=None)
    run = door.run_of(*orders, driver=driver)
    before = manifest_of(run)
    assert (before.number, before.driver, before.is_complete) == (str(run), "Daniel Hooper", False)
    assert [row.place for row in before.rows] == [1, 2, 3, 4, 5]
    for row, order in zip(before.rows, orders, strict=True):
        assert (row.order, row.certificate, row.due_cents) == (order.number, order.patient.number, 8000)
        assert row.items == tuple(Item(str(unit), "Harbor Mist Flower", "3.5 g") for unit in order.units.all())
        assert (row.departed_at, row.arrived_at, row.outcomes, row.received_cents) == (None, None, frozenset(), None)
        assert row.address == f"{order.street_address}, {order.town}"
    caregiver = orders[0].patient.current_assignment.caregiver
    assert (
        before.rows[0].recipient
        == f"{orders[0].patient.name}, patient or {caregiver.name}, caregiver of {orders[0].patient.name}"
    )
    with translation.override("es"):
        empty = words_of(manifest_pdf(before, now=timezone.now()))
    assert "Wednesday, November 25, 2026, 9:30 a.m. to 1:30 p.m." in empty and "not left yet" in empty
    assert "Van 1" in empty and "Daniel Hooper" in empty and "Debit card" in empty
    for order in orders:
        assert order.number in empty and f"{order.units.first()} Harbor Mist Flower, 3.5 g" in empty

    run = door.under_way(run, monday)
    left_at = run.opened_at
    monday.shift(timedelta(minutes=20))
    line = orders[0].lines.get()
    answers = door.answers(orders[0], received_by="caregiver", cash_cents=4500, refused=((line.pk, 1),))
    handed = deliveries.hand_over(order=orders[0], run=run, answers=answers, by=driver)
    deliveries.try_later(order=orders[1], run=run, entry_key=uuid4(), by=driver)
    monday.shift(timedelta(minutes=10))
    for order, outcome in zip(orders[1:4], (A.NOBODY_HOME, A.ID_DIFFERS, A.REFUSED), strict=True):
        deliveries.return_order(order=order, run=run, outcome=outcome, entry_key=uuid4(), by=driver)
    assert not manifest_of(run).is_complete
    answers = door.answers(
        orders[4], cash_cents=0, debit_cents=8000, signed="paper", signature="", photo_id_kind="passport", id_state=""
    )
    deliveries.hand_over(order=orders[4], run=run, answers=answers, by=driver)
    deliveries.take_in(order=orders[3], by=factories.staff("Technician"))
    one = delivery_rules.LineCorrection(line=orders[4].lines.get(), kind="refund", quantity=1, goods="kept")
    deliveries.correct_hand_over(
        hand_over=orders[4].hand_over, lines=[one], method="cash", reason="Broken.", seen=0, entry_key=uuid4(),
        by=factories.staff("Pharmacist"),
    )  # fmt: skip

    after = manifest_of(run)
    rows = {row.order: row for row in after.rows}
    found = [rows[order.number] for order in orders]
    assert [row.outcomes for row in found] == [
        {Outcome.DELIVERED},
        {Outcome.NOBODY_HOME, Outcome.RETURNED},
        {Outcome.ID_FAILED, Outcome.RETURNED},
        {Outcome.REFUSED, Outcome.RETURNED},
        {Outcome.DELIVERED},
    ]
    assert after.is_complete and {row.departed_at for row in found} == {left_at}
    assert [row.arrived_at for row in found][:2] == [handed.stated_at, left_at + timedelta(minutes=30)]
    assert found[0].recipient == f"{caregiver.name}, caregiver of {orders[0].patient.name}"
    assert (found[0].received_cents, found[0].cash_cents, found[0].tip_cents, found[0].due_cents) == (
        4500,
        4500,
        500,
        4000,
    )
    assert (found[0].is_checked, found[0].photo_id, found[0].signature) == (
        True,
        "CT Driver’s license",
        "On the screen",
    )
    assert found[0].notes == ("Refused and brought back: 1 × Harbor Mist Flower",)
    assert [len(row.items) for row in found] == [2] * 5
    assert found[1].notes == ("9:50 a.m.: Nobody home, tried again", "10 a.m.: Nobody home")
    assert found[3].notes == ("10 a.m.: The order was refused", "Taken in Nov 25, 2026, 10 a.m.")
    assert (found[4].debit_cents, found[4].signature, found[4].photo_id) == (8000, "On paper", "Passport")
    assert found[4].notes == ("Corrected Nov 25, 2026: 1 refunded, $40.00 given back",)
    printed = words_of(manifest_pdf(after, now=timezone.now()))
    for said in (
        "left 9:30 a.m.",
        "complete",
        "Received: $45.00 cash, $80.00 debit card, $5.00 of it tips",
        "On paper",
    ):
        assert said in printed


def test_the_statements_do_not_grow_and_an_order_without_units_names_its_lines(orders, django_assert_max_num_queries):
    run = deliveries.make_run(
        window=orders[0].window, orders=door.packed(*orders[:4]), driver=None, by=factories.staff("Manager")
    )
    factories.confirm(orders[4])
    deliveries.assign_run(orders=[orders[4]], run=run, by=factories.staff("Manager"))
    with django_assert_max_num_queries(12):
        manifest = manifest_of(run)
    assert manifest.rows[4].items == (Item("", "Harbor Mist Flower", "× 2"),) and manifest.driver == ""
    assert "No driver yet" in words_of(manifest_pdf(manifest, now=timezone.now()))


def test_a_run_offers_its_manifest_and_the_print_is_recorded(orders):
    run = door.run_of(orders[0])
    client = factories.client_for(factories.staff("Pharmacist"))
    address = reverse("admin:dispensing_dispensedunit_manifest", args=[run.pk])
    assert address in client.get(reverse("admin:delivery_run_change", args=[run.pk])).content.decode()
    sent = client.get(address)
    assert sent.content.startswith(b"%PDF") and f"manifest-{run}.pdf" in sent["Content-Disposition"]
    events = Event.objects.filter(action__in=["manifest.print", "order.print"]).values_list("action", "subject_id")
    assert set(events) == {("manifest.print", run.pk), ("order.print", orders[0].pk)}
    assert client.get(reverse("admin:dispensing_dispensedunit_manifest", args=[0])).status_code == 404
    assert Order.objects.get(pk=orders[0].pk).status == "packed"
