"""The pages of a recall: staff start it after a preview and follow it; patients read what to do, and answer."""

import pytest
from django.urls import reverse
from django.utils import timezone

from delivery.models import Order
from dispensing import actions
from dispensing.forms import USUAL_INSTRUCTIONS
from dispensing.models import Recall, RecalledPerson
from notifications import emails, kinds
from notifications.actions.calls import enter_call
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.dispensing.units import grams, hand_over, order_on_road, packed_order
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
LIST, FIND = reverse("admin:dispensing_recall_changelist"), reverse("admin:dispensing_recall_find")
START = reverse("admin:dispensing_recall_start")
WORDS = {"reason": "It may hold mold.", "instructions": "Keep it apart until we fetch it."}
TYPED = {"lot_number": "lot 1", "product": "", **WORDS}


@shared
def held(monday):
    """Return an order of two units of LOT-1 that was handed over."""
    order = order_on_road(monday)
    hand_over(order, cash_cents=8000)
    return order


def start():
    return actions.start_recall(lot_number="LOT-1", **WORDS, by=factories.staff("Manager"))


def test_a_manager_starts_a_recall_after_a_preview(held):
    product = grams(stock=2)
    packed = packed_order(lines=[(product, 2)])
    client = factories.client_for(factories.staff("Manager"))
    page = client.post(START, TYPED)
    words = people.words_of(page)
    assert packed.number in words and "all of it is left out, 2" in words
    assert (
        "1 patient got some of it. By mail or text: 1; by a call and a letter: 0." in words
        and not Recall.objects.exists()
    )
    agreed = ",".join(page.context["preview"].effects)
    changed = client.post(START, {**TYPED, "agreed": "x", "agreed_effects": "nothing"})
    assert "Orders have changed meanwhile" in people.words_of(changed) and not Recall.objects.exists()
    done = client.post(START, {**TYPED, "agreed": "x", "agreed_effects": agreed}, follow=True)
    recall = Recall.objects.get()
    words = people.words_of(done)
    assert "1 told, 0 answered, 0 reached by staff, 1 still open" in words
    assert "Handed over: 2" in words and "It may hold mold." in words
    assert recall.lots.filter(lot__product=product).exists()
    assert Order.objects.get(pk=packed.pk).status == "cancelled"


@pytest.mark.parametrize(("typed", "sentence"), [("", "Enter the number of the lot"), ("ZZ-9", "No lot ZZ-9 was ever")])
def test_a_lot_that_nobody_knows_is_said_to_be_unknown(held, typed, sentence):
    client = factories.client_for(factories.staff("Pharmacist"))
    for address in (START, FIND):
        page = client.post(address, {**TYPED, "lot_number": typed})
        assert page.status_code == 200 and sentence in people.words_of(page)


def test_staff_find_a_lot_and_follow_its_people(held):
    client = factories.client_for(factories.staff("Pharmacist"))
    words = people.words_of(client.post(FIND, {"lot_number": "LOT1", "product": ""}))
    assert held.patient.name in words and "1 patient got some of it." in words and "E-mail" in words
    recall = start()
    person = recall.people.get()
    calls = people.words_of(client.get(reverse("admin:dispensing_recall_calls", args=[recall.pk])))
    assert held.patient.name in calls and "lot LOT-1 was recalled" in calls
    step = reverse("admin:dispensing_recalledperson_step", args=[person.pk, "reached"])
    assert "Write down what was said" in people.words_of(client.post(step, {"answer": "", "note": ""}))
    assert client.post(step, {"answer": "destroyed", "note": "Threw it away."}).status_code == 302
    page = client.get(reverse("admin:dispensing_recalledperson_change", args=[person.pk]))
    assert "It was thrown away" in people.words_of(page) and "Threw it away." in people.words_of(page)
    everybody = reverse("admin:dispensing_recalledperson_changelist")
    assert client.get(everybody, {"recall": recall.pk}).context["cl"].result_count == 0
    assert client.get(everybody, {"recall": recall.pk, "waiting": "all"}).context["cl"].result_count == 1
    rows = b"".join(client.get(reverse("admin:dispensing_recalledperson_export_csv")).streaming_content)
    assert b"patient number" in rows
    end = reverse("admin:dispensing_recall_step", args=[recall.pk, "end"])
    assert client.post(end, {"reason": ""}).status_code == 302 and not Recall.objects.get().is_open


def test_a_technician_sees_the_recall_and_no_patient(held):
    recall, client = start(), factories.client_for(factories.staff("Technician"))
    words = people.words_of(client.get(reverse("admin:dispensing_recall_change", args=[recall.pk])))
    assert "LOT-1" in words and held.patient.last_name not in words
    for address in (
        START, FIND, reverse("admin:dispensing_recall_calls", args=[recall.pk]),
        reverse("admin:dispensing_recalledperson_changelist"),
    ):  # fmt: skip
        assert client.get(address).status_code == 403


def test_a_patient_reads_what_to_do_and_answers(held):
    person = start().people.get()
    client = factories.client_for(held.placed_by)
    address = reverse("dispensing:recall", args=[person.uuid])
    assert address.encode() in client.get(reverse("delivery:home")).content
    page = client.get(address)
    words = people.words_of(page)
    assert "It may hold mold." in words and "Keep it apart" in words and "lot LOT-1, serial" in words
    assert "Choose one of the three answers" in people.words_of(client.post(address, {"answer": "other"}))
    assert client.post(address, {"answer": "returns"}).status_code == 302
    assert RecalledPerson.objects.get().answer == "returns"
    assert address.encode() not in client.get(reverse("delivery:home")).content
    assert factories.client_for(factories.patient().user).get(address).status_code == 404


def test_the_usual_instructions_are_read_in_the_language_of_the_reader(held):
    client = factories.client_for(factories.staff("Manager"))
    page = client.get(START, {"lot_number": "LOT-1"}).context["form"]
    assert page["lot_number"].value() == "LOT-1" and page["instructions"].value() == USUAL_INSTRUCTIONS
    words = {**WORDS, "instructions": USUAL_INSTRUCTIONS}
    with unguarded():
        type(held.patient).objects.update(language="es")
    actions.start_recall(lot_number="LOT-1", **words, by=factories.staff("Manager"))
    person = RecalledPerson.objects.get()
    client = factories.client_for(held.placed_by)
    page = client.get(reverse("dispensing:recall", args=[person.uuid]), headers={"accept-language": "es"})
    assert "No lo use." in people.words_of(page)
    row = Notification.objects.get(kind="lot_recalled")
    assert "No lo use." in emails.build(row, kinds.get(row.kind).context_for(row)).body


def test_staff_give_the_words_in_both_languages(held):
    spanish = {"reason_es": "Puede tener moho.", "instructions_es": "Guárdelo aparte hasta que pasemos."}
    client = factories.client_for(factories.staff("Manager"))
    form = client.get(START, {"lot_number": "LOT-1"}).context["form"]
    assert list(form.fields)[2:6] == ["reason", "reason_es", "instructions", "instructions_es"]
    with unguarded():
        type(held.patient).objects.update(language="es")
    recall = actions.start_recall(lot_number="LOT-1", **WORDS, **spanish, by=factories.staff("Manager"))
    words = people.words_of(
        factories.client_for(held.placed_by).get(
            reverse("dispensing:recall", args=[recall.people.get().uuid]), headers={"accept-language": "es"}
        )
    )
    row = Notification.objects.get(kind="lot_recalled")
    said = emails.build(row, kinds.get(row.kind).context_for(row)).body
    for text in spanish.values():
        assert text in words and text in said
    assert WORDS["reason"] not in words + said
    calls = client.get(reverse("admin:dispensing_recall_calls", args=[recall.pk]))
    assert "In Spanish: Puede tener moho." in people.words_of(calls)


def test_the_messages_hold_until_somebody_answers(held):
    start()
    row = Notification.objects.get(kind="lot_recalled")
    words = kinds.get(row.kind).context_for(row)
    said = emails.build(row, words).body
    assert "lot LOT-1" in said and "/recalls/" in said and held.lines.get().product.name not in said
    actions.answer_recall(person=RecalledPerson.objects.get(), answer="used", by=held.placed_by)
    assert kinds.get(row.kind).context_for(row) is None


def test_a_call_that_reached_somebody_counts(held):
    with unguarded():
        type(held.patient).objects.update(email="", has_no_email=True, user=None)
    recall, by = start(), factories.staff("Pharmacist")
    assert sorted(Notification.objects.filter(kind="lot_recalled").values_list("channel", flat=True)) == [
        "letter",
        "phone",
    ]
    enter_call(
        notification=Notification.objects.get(kind="lot_recalled", channel="phone"),
        outcome="reached",
        note="Has it still.",
        by=by,
    )
    person = recall.people.get()
    assert (person.way, person.reached_by, person.note) == ("phone", by, "Has it still.")
    assert timezone.now() >= person.reached_at
