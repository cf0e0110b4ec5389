"""A recall: who got some of a lot, what becomes of orders and stock, who is told, and what they say."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from delivery import actions as deliveries
from delivery import rules as delivery_rules
from delivery.models import Lot, Shortage
from dispensing import actions, rules
from dispensing.models import Recall, RecalledLot, RecalledPerson
from notifications.models import Notification
from tests import factories
from tests.delivery import door, people
from tests.dispensing.units import grams, hand_over, order_on_road, packed_order, places
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
WORDS = {"reason": "It may hold mold.", "instructions": "Do not use it. Keep it sealed until we fetch it."}
Answer = RecalledPerson.Answer


def start(lot_number="LOT-1", **over):
    return actions.start_recall(**{"lot_number": lot_number, **WORDS, "by": factories.staff("Manager"), **over})


def receive(product, quantity, lot="LOT-2", **details):
    details = factories.lot_details(**details)
    deliveries.receive_stock(product=product, quantity=quantity, lot=lot, details=details, by=None)
    product.refresh_from_db()


def mails(kind="lot_recalled"):
    return set(Notification.objects.filter(kind=kind).values_list("channel", flat=True))


@shared
def held(monday):
    """Return an order of two units of LOT-1 that was handed over."""
    order = order_on_road(monday)
    hand_over(order, cash_cents=8000)
    return order


# --- The lot ----------------------------------------------------------------------------------------------------------


def test_check_lot_number_fits_one():
    product, other = grams(), grams()
    for number in ("AB-12", "AB12", "QR 7"):
        receive(product, 1, lot=number)
    assert {lot.product for lot in rules.lots_called(" lot 1")} == {product, other}
    assert [lot.product for lot in rules.lots_called("LOT-1", product=other)] == [other]
    assert [lot.number for lot in rules.lots_called("AB12")] == ["AB12"]
    assert [lot.number for lot in rules.lots_called("qr-7")] == ["QR 7"]
    for typed, sentence in [
        ("ab 12", "look alike: AB-12, AB12"),
        ("LOT-11", "These look alike: LOT-1"),
        ("ZZZZ", "No lot ZZZZ was ever received. Check"),
        (" - ", "Enter the number"),
    ]:
        with pytest.raises(rules.RecallError, match=sentence):
            rules.lots_called(typed)


def test_check_recall_words():
    grams()
    for wrong in ({"reason": " "}, {"instructions": "x" * 501}, {"reason_es": "x" * 301}):
        with pytest.raises(rules.RecallError, match="patients read it"):
            start(**wrong)
    assert not Recall.objects.exists()
    rules.check_recall_words(**WORDS)


def test_check_is_as_previewed():
    grams()
    with pytest.raises(rules.RecallError, match="changed meanwhile"):
        start(seen={"1.2.3"})
    assert not Lot.objects.filter(recalled_at__isnull=False).exists()
    assert start("lot-1", seen=set()).lot_number == "LOT-1"


def test_check_is_not_being_recalled():
    grams()
    start()
    with pytest.raises(rules.RecallError, match="has been recalled since"):
        start()


# --- Stock and orders -------------------------------------------------------------------------------------------------


def test_what_is_left_goes_into_quarantine_for_good():
    product, pharmacist = grams(stock=5), factories.staff("Pharmacist")
    recall = start()
    product.refresh_from_db()
    assert (product.stock, delivery_rules.quarantined(product, "LOT-1")) == (0, 5)
    assert recall.lots.get().quarantined == 5
    with pytest.raises(delivery_rules.StockError, match="was recalled"):
        deliveries.clear_stock(product=product, quantity=1, lot="LOT-1", reason="Well.", by=pharmacist)


def test_orders_take_another_lot_as_far_as_it_lasts_and_lose_the_rest(monday):
    """Two packed orders of 2 hold LOT-1; LOT-2 has 3. A placed order of 1 has no lot and nothing is left for it."""
    product = grams(stock=5)
    first, second = (packed_order(lines=[(product, 2)]) for _place in range(2))
    receive(product, 3)
    last = factories.order(lines=[(product, 1), (factories.product(), 2)])
    lots = list(Lot.objects.filter(number="LOT-1", product=product))
    planned = delivery_rules.outcomes_of_recall(lots)
    assert [(each.order, each.replaced, each.recalled, each.missing) for each in planned] == [
        (first, (("LOT-2", 2),), 0, 0),
        (second, (("LOT-2", 1),), 1, 1),
        (last, (), 0, 1),
    ]
    start(seen={each.key for each in planned}, product=product)
    for order in (first, second, last):
        order.refresh_from_db()
    assert (first.status, second.status, last.status) == ("confirmed", "confirmed", "placed")
    assert places(first) == places(second) == ["shelf", "shelf"]
    assert [(each.kind, each.quantity) for each in Shortage.objects.order_by("pk")] == [("lessen", 1), ("drop", 0)]
    assert last.lines.count() == 1 and second.lines.get().quantity == 1
    product.refresh_from_db()
    assert (product.stock, delivery_rules.stock_mismatches()) == (0, [])
    assert delivery_rules.quarantined(product, "LOT-1") == 5
    deliveries.pack_order(order=first, by=factories.staff("Pharmacist"))
    assert set(first.units.filter(place="bag").values_list("lot_number", flat=True)) == {"LOT-2"}


def test_an_order_of_nothing_else_is_cancelled_and_a_line_that_waits_leaves_whole(monday):
    product = grams(stock=8)
    alone, asked = packed_order(lines=[(product, 2)]), packed_order(lines=[(product, 4), (factories.product(), 2)])
    line = asked.lines.get(product=product)
    deliveries.change_order(order=asked, line=line, kind="lessen", quantity=3, by=factories.staff("Pharmacist"))
    start(product=product)
    alone.refresh_from_db()
    asked.refresh_from_db()
    assert (alone.status, alone.ended_reason) == ("cancelled", delivery_rules.NOTHING_LEFT)
    assert asked.status == "confirmed" and not asked.lines.filter(product=product).exists()
    product.refresh_from_db()
    assert (product.stock, delivery_rules.stock_mismatches()) == (0, [])


def test_an_order_on_the_road_comes_back(monday):
    order = order_on_road(monday)
    ((found, _lot, quantity),) = delivery_rules.on_the_road(list(Lot.objects.all()))
    assert (found, quantity) == (order, 2)
    recall = start()
    with pytest.raises(delivery_rules.HandOverError, match="All of it was recalled"):
        hand_over(order, cash_cents=8000)
    deliveries.return_order(order=order, run=order.run, outcome="recalled", entry_key=uuid4(), by=order.run.driver)
    deliveries.take_in(order=order, by=factories.staff("Technician"))
    assert places(order) == ["safe", "safe"] and not recall.people.exists()


# --- People -----------------------------------------------------------------------------------------------------------


def test_everybody_who_got_some_is_told_once(held, monday):
    recall = start()
    (person,) = recall.people.all()
    assert (person.patient, person.caregiver, person.way, person.is_waiting) == (held.patient, None, "email", True)
    assert mails() == {"email"}
    traced = rules.trace([row.lot for row in recall.lots.all()], today=timezone.localdate())
    assert traced.places == {"Handed over": 2} and [holder.units for holder in traced.holders] == [2]


def test_the_caregiver_is_told_who_orders_alone_or_has_the_only_address():
    today = timezone.localdate()
    guardian, child = people.guardian_of_a_child()
    grown_up, caregiver = people.patient_with_caregiver()
    assert rules.caregiver_to_tell(child, guardian, today=today) == guardian
    assert rules.caregiver_to_tell(grown_up, caregiver, today=today) is None
    grown_up.email, grown_up.user = "", None
    assert rules.caregiver_to_tell(grown_up, caregiver, today=today) == caregiver
    assert rules.caregiver_to_tell(grown_up, None, today=today) is None


def test_a_trace_takes_few_queries_however_many_there_are(held, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        rules.trace(list(Lot.objects.all()), today=timezone.localdate())


def test_check_may_answer(held):
    person = start().people.get()
    other = factories.patient()
    for by, answer, sentence in [
        (other.user, "used", "Only the patient"),
        (held.placed_by, "other", "one of the three"),
    ]:
        with pytest.raises(rules.RecallError, match=sentence):
            actions.answer_recall(person=person, answer=answer, by=by)
    person = actions.answer_recall(person=person, answer=Answer.RETURNS, by=held.placed_by)
    assert not person.is_waiting and person.answered_by == held.placed_by
    actions.end_recall(recall=person.recall, by=factories.staff("Manager"))
    person.recall.refresh_from_db()
    with pytest.raises(rules.RecallError, match="This recall has ended"):
        actions.answer_recall(person=person, answer=Answer.USED, by=held.placed_by)
    page = factories.client_for(held.placed_by).get(reverse("dispensing:recall", args=[person.uuid]))
    assert "This recall has ended" in page.content.decode() and "Send the answer" not in page.content.decode()


def test_check_what_was_said(held):
    person, by = start().people.get(), factories.staff("Pharmacist")
    for wrong in ({}, {"answer": "other"}, {"answer": "no"}, {"answer": "used", "note": "x" * 1001}):
        with pytest.raises(rules.RecallError):
            actions.enter_reached(person=person, by=by, **wrong)
    actions.enter_reached(person=person, note="Is away, has it at home.", by=by)
    person = actions.enter_reached(person=person, answer=Answer.USED, note="Used it in October.", by=by)
    assert (person.answer, person.reached_by) == ("used", by)
    assert person.note == "Is away, has it at home.\nUsed it in October."


def test_check_may_end(held):
    recall, by = start(), factories.staff("Manager")
    with pytest.raises(rules.RecallError, match="1 person has neither answered"):
        actions.end_recall(recall=recall, by=by)
    recall = actions.end_recall(recall=recall, reason="Moved abroad, no address.", by=by)
    assert not recall.is_open and not RecalledLot.objects.filter(is_open=True).exists()
    with pytest.raises(rules.RecallError, match="ended already"):
        actions.end_recall(recall=recall, by=by)
    assert start().people.count() == 1


def test_who_does_not_answer_is_reminded_once_after_two_days(held, monday):
    recall = start()
    now = timezone.now()
    assert actions.remind_recalled(now=now + timedelta(hours=47), by=None) == 0
    assert actions.remind_recalled(now=now + timedelta(hours=48), by=None) == 1
    assert mails("recall_reminder") == {"email", "phone"} and recall.people.get().reminded_at
    assert actions.remind_recalled(now=now + timedelta(hours=99), by=None) == 0


def test_a_hand_over_that_is_recorded_late_joins_the_recall(monday):
    order = order_on_road(monday)
    happened = timezone.now()
    monday.shift(600)
    recall = start()
    actions.end_recall(recall=recall, by=factories.staff("Manager"))
    deliveries.hand_over(
        order=order, run=order.run, answers=door.answers(order), by=order.run.driver, stated_at=happened
    )
    recall.refresh_from_db()
    assert recall.is_open and recall.people.get().patient == order.patient and mails() == {"email"}


def test_what_was_handed_over_all_the_same_is_typed_in_from_paper(monday):
    order = order_on_road(monday)
    recall = start()
    answers = door.answers(order, tip_agreed_cents=0)
    typist = factories.staff("Manager")
    deliveries.hand_over(order=order, run=order.run, answers=answers, by=typist, is_from_paper=True)
    assert recall.people.get().patient == order.patient and places(order) == ["patient", "patient"]


# --- Invariants -------------------------------------------------------------------------------------------------------


def test_the_database_refuses_what_cannot_be(held):
    recall, moment = start(), timezone.now()
    person, by = recall.people.get(), factories.staff("Manager")
    with unguarded():
        second = Recall.objects.create(lot_number="LOT-1", started_at=moment, started_by=by, **WORDS)
    tries = [
        lambda: Recall.objects.update(reason=""),
        lambda: Recall.objects.update(ended_at=moment),
        lambda: RecalledLot.objects.create(recall=recall, lot=recall.lots.get().lot, quarantined=0, is_open=False),
        lambda: RecalledLot.objects.create(recall=second, lot=recall.lots.get().lot, quarantined=0),
        lambda: RecalledPerson.objects.update(way="fax"),
        lambda: RecalledPerson.objects.update(answer="used"),
        lambda: RecalledPerson.objects.update(reached_at=moment),
        lambda: RecalledPerson.objects.update(reached_at=person.told_at - timedelta(1), reached_by=by),
        lambda: RecalledPerson.objects.create(recall=recall, patient=person.patient, way="email", told_at=moment),
    ]
    for attempt in tries:
        with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
            attempt()


def test_a_late_hand_over_opens_an_ended_recall_beside_a_newer_one_of_its_other_product(monday):
    manager, handed = factories.staff("Manager"), hand_over(order_on_road(monday), cash_cents=8000)
    words = {"lot_number": "LOT-1", "reason": "It may hold mold.", "instructions": "Do not use it.", "by": manager}
    other = grams(report_code="99999000202")
    both = actions.start_recall(**words)
    actions.end_recall(recall=both, reason="All is back.", by=manager)
    newer = actions.start_recall(**words, product=other)
    actions.follow_recalls(order=handed.order, units=list(handed.order.units.all()), by=manager)
    both.refresh_from_db()
    assert both.is_open and newer.is_open
    assert both.lots.filter(is_open=True).get().lot.product == handed.order.units.first().product
