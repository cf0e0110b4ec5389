"""What staff and the orderer see of a hand-over: a pharmacist's decision, what was refused, and the signature."""

import pytest
from django.urls import reverse

from delivery import actions
from delivery.models import HandOver, IdDifference, ReturnedItem
from notifications.models import Notification
from tests import factories
from tests.delivery import door, people
from tests.delivery.people import words_of
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def order():
    return factories.order(lines=[(factories.product(price_cents=2000), 3), (factories.product(price_cents=1000), 2)])


@shared
def run(order, monday):
    return door.under_way(door.run_of(order), monday)


def step(order, name):
    return reverse("admin:delivery_order_step", args=[order.pk, name])


def hand_over(order, run, **over):
    return actions.hand_over(order=order, run=run, answers=door.answers(order, **over), by=run.driver)


def test_a_pharmacist_decides_while_the_driver_waits(order, run):
    pharmacist = factories.client_for(factories.staff("Pharmacist"))
    page = words_of(pharmacist.get(step(order, "photo-id")))
    assert f"The patient in our record: {order.patient.name}, born" in page
    decision = {"received_by": "patient", "words": "The ID says Ortiz.", "decision": "allow", "reason": "Same face."}
    page = words_of(pharmacist.post(step(order, "photo-id"), {**decision, "decision": "", "reason": ""}))
    assert "Choose whether the order may be handed over." in page and "The ID says Ortiz." in page
    page = words_of(pharmacist.post(step(order, "photo-id"), {**decision, "received_by": "caregiver"}))
    assert "no caregiver who may take the order" in page
    assert pharmacist.post(step(order, "photo-id"), decision).status_code == 302
    sheet = words_of(factories.client_for(run.driver).get(reverse("delivery:run-detail", args=[run.uuid])))
    assert "A pharmacist allowed the photo ID of the patient at 9:30 a.m.: Same face." in sheet
    made = hand_over(order, run, id_differs=True)
    assert made.id_difference == IdDifference.objects.get()
    pharmacist.post(step(order, "photo-id"), decision)  # the driver has left the door
    assert IdDifference.objects.count() == 1


def test_only_a_pharmacist_decides(order, run):
    for group in ("Technician", "Manager", "Driver"):
        staff = factories.client_for(factories.staff(group))
        assert staff.get(step(order, "photo-id")).status_code in (302, 403, 404)
    assert not IdDifference.objects.exists()


def test_a_part_is_refused_on_the_sheet_and_taken_in(order, run):
    first, second = order.lines.all()
    client = factories.client_for(run.driver)
    address = reverse("delivery:run-hand-over", args=[run.uuid, order.number])
    page = words_of(client.post(address, door.typed(order, **{f"refused_{first.pk}": "4"})))
    assert "Enter how many of the line are refused: 0 to 3." in page
    assert "Line 1: 3 at $20.00" in page and first.product.name not in page
    page = words_of(
        client.post(address, door.typed(order, **{f"refused_{first.pk}": "3", f"refused_{second.pk}": "2"}))
    )
    assert "All of it is refused. Choose “The order was refused” instead." in page
    page = words_of(client.post(address, door.typed(order, cash_cents="70", **{f"refused_{first.pk}": "2"})))
    assert "That leaves a tip of $30.00." in page
    client.post(address, door.typed(order, cash_cents="42", **{f"refused_{first.pk}": "2"}))
    assert (HandOver.objects.get().amount_due_cents, HandOver.objects.get().tip_cents) == (4000, 200)
    assert Notification.objects.get(kind="order_delivered").context["due_cents"] == 4000
    sheet = words_of(client.get(reverse("delivery:run-detail", args=[run.uuid])))
    assert "A part comes back with you $40.00" in sheet
    page = words_of(factories.client_for(order.placed_by).get(reverse("delivery:order-detail", args=[order.number])))
    assert f"Refused at the door: 2 × {first.product.name}, $40.00. It was not paid." in page
    technician = factories.client_for(factories.staff("Technician"))
    assert f"2 × {first.product.sku}: LOT-1" in words_of(technician.get(step(order, "take-in")))
    technician.post(step(order, "take-in"))
    assert not ReturnedItem.objects.with_driver().exists()
    assert technician.get(step(order, "take-in")).status_code == 302


@pytest.mark.parametrize(
    ("over", "shown"),
    [
        ({}, f'd="{door.SIGNATURE}"'),
        ({"signed": "typed", "signature": "Ana <b>Rivera"}, "Ana &lt;b&gt;Rivera"),
        ({"signed": "paper"}, "On paper"),
    ],
)
def test_the_admin_shows_the_signature_and_never_the_number_of_the_id(order, run, over, shown):
    made = hand_over(order, run, **over)
    manager = factories.client_for(factories.staff("Manager"))
    page = manager.get(reverse("admin:delivery_handover_change", args=[made.pk])).content.decode()
    assert shown in page and "123 456 780" not in page


@pytest.mark.parametrize(
    ("money", "sentence"),
    [
        ({"cash_cents": "79.99"}, "$79.99 is $0.01 less than the $80.00 that is due."),
        ({"cash_cents": "850"}, "That leaves a tip of $770.00."),
        ({"cash_cents": "-80"}, "Enter dollars and cents"),
        ({"cash_cents": "1e6"}, "Enter dollars and cents"),
        ({"cash_cents": "$1e6"}, "Enter dollars and cents"),
        ({"cash_cents": "1.000,00"}, "Enter dollars and cents"),
        ({"cash_cents": "83.5"}, "Enter dollars and cents"),
        ({"cash_cents": "٨٠"}, "Enter dollars and cents"),
        ({"id_expires_date": "soon"}, "Enter the day as on the ID"),
        ({"id_expires_date": ""}, "Enter the day on which the photo ID expires"),
        ({"signature": "<svg>"}, "This is no signature yet."),
        ({"signed": ""}, "Let the person sign on the screen"),
        ({"signed": "typed"}, "Enter the name of the person who signs"),
    ],
)
def test_wrong_input_gets_a_sentence_and_is_kept(order, run, money, sentence):
    address = reverse("delivery:run-hand-over", args=[run.uuid, order.number])
    page = factories.client_for(run.driver).post(address, door.typed(order, **money))
    assert sentence in words_of(page)
    if "cash_cents" in money:
        assert f'value="{money["cash_cents"]}"' in page.content.decode()
    assert not HandOver.objects.exists()


def test_a_caregiver_is_told_apart_on_the_page_of_a_decision(monday):
    adult, caregiver = people.patient_with_caregiver()
    order = factories.order(adult)
    run = door.under_way(door.run_of(order), monday)
    page = words_of(factories.client_for(factories.staff("Pharmacist")).get(step(order, "photo-id")))
    assert f"The caregiver in our record: {caregiver.name}" in page and run.driver_id
