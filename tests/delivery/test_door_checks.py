"""At the door: the card of who takes the order, the photo ID and its differences, the signature, and a refused part."""

from contextlib import suppress
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from certification import qr
from certification.actions import card_of, revoke_card
from certification.models import Patient
from delivery import actions, rules
from delivery.licenses import read_license
from delivery.models import HandOver, IdDifference, Order, Product, RefusedLine
from tests import factories
from tests.delivery import door, licenses, people
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def order():
    return factories.order(lines=[(factories.product(price_cents=2000), 3), (factories.product(price_cents=1000), 2)])


@shared
def run(order, monday):
    """A run that is under way with one order: 3 × $20 and 2 × $10."""
    return door.under_way(door.run_of(order), monday)


def hand_over(order, run, **over):
    return actions.hand_over(order=order, run=run, answers=door.answers(order, **over), by=run.driver)


def reread(row):
    return type(row).objects.get(pk=row.pk)


# --- The card -------------------------------------------------------------------------------------------------------


def test_check_card(order, run):
    patient, other = order.patient, factories.patient()
    words = {
        "": "Scan the card, or enter its number",
        "P-0000-0000": "not the number of the card of",
        other.number: "not the number of the card of",
        "?" * 5000: "not the number of the card of",
    }
    for typed, sentence in words.items():
        with pytest.raises(rules.HandOverError, match=sentence) as refused:
            hand_over(order, run, card=typed)
        assert refused.value.field == "card"
    for typed in (patient.number, patient.number.lower().replace("-", " "), patient.number[2:]):
        assert rules.refusal_of(rules.check_card, typed, patient) == ""
    assert not HandOver.objects.exists()


def test_check_code(order, run):
    patient, caregiver = order.patient, people.patient_with_caregiver()[1]
    card = card_of(person=patient, by=run.driver)
    theirs = card_of(person=caregiver, by=run.driver)
    certificate = patient.certifications.get().uuid
    assert rules.refusal_of(rules.check_card, qr.check_url(card.token), patient) == ""
    assert "card is not of" in rules.refusal_of(rules.check_card, qr.check_url(theirs.token), patient)
    assert "of no card of ours" in rules.refusal_of(rules.check_card, qr.check_url(str(certificate)), patient)
    assert "of no card of ours" in rules.refusal_of(rules.check_card, "https://evil.example/verify/x%2F..", patient)
    revoke_card(card=card, reason="lost", by=run.driver)
    assert "was replaced on" in rules.refusal_of(rules.check_card, urlsplit(qr.check_url(card.token)).path, patient)


def test_a_card_whose_last_day_was_yesterday_is_refused(order, run):
    with unguarded():
        order.patient.certifications.update(expires_date=timezone.localdate())
    with pytest.raises(rules.CertificationNotValid, match="Do not deliver"):
        hand_over(order, run)


def test_the_card_is_of_who_takes_the_order(monday):
    adult, caregiver = people.patient_with_caregiver()
    order = factories.order(adult)
    run = door.under_way(door.run_of(order), monday)
    with pytest.raises(rules.HandOverError, match="not the number of the card of"):
        hand_over(order, run, received_by="caregiver", card=adult.number)
    assert hand_over(order, run, received_by="caregiver", card=caregiver.number).assignment == adult.current_assignment


# --- The photo ID ---------------------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize(
    ("on_record", "on_id", "what"),
    [
        (("Ana", "", "Rivera"), ("ANA", "LUZ", "RIVERA"), []),
        (("Ana", "Luz", "Rivera"), ("ANA LUZ", "", "RIVERA"), []),
        (("Ana Luz", "", "Rivera"), ("ANA", "LUZ", "RIVERA"), []),
        (("María-José", "", "O’Brien-Núñez"), ("MARIA JOSE", "", "OBRIEN NUNEZ"), []),
        (("John", "", "Doe"), ("JOHN", "", "DOE JR"), []),
        (("Ana", "", "Rivera"), ("ANNA", "", "RIVERA"), ["first name"]),
        (("Ana", "", "Rivera"), ("ANA", "", "RIVERA ORTIZ"), ["family name"]),
        (("Jr", "", "Jr"), ("III", "", "V"), ["family name", "first name"]),
        (("Rivera", "", "Ana"), ("ANA", "", "RIVERA"), ["family name", "first name"]),
    ],
)
def test_differences(on_record, on_id, what):
    first, middle, last = on_record
    person = Patient(first_name=first, middle_name=middle, last_name=last, birth_date=date(1980, 2, 29))
    names = dict(zip(("DAC", "DAD", "DCS"), on_id, strict=True))
    found = rules.differences(read_license(licenses.current(**names)), person)
    assert [sentence.split(" on ")[0].removeprefix("The ") for sentence in found] == what
    later = read_license(licenses.current(**names, DBB="03011980"))
    assert "The birth date on the photo ID is March 1, 1980, in our record February 29, 1980." in rules.differences(
        later, person
    )


def test_check_id_is_current(order, run):
    today = timezone.localdate()
    assert rules.refusal_of(rules.check_id_is_current, today, day=today) == ""
    for last_day, sentence in [(today - timedelta(days=1), "This photo ID expired on"), (None, "Enter the day")]:
        with pytest.raises(rules.HandOverError, match=sentence):
            hand_over(order, run, id_expires_date=last_day)


def scan(order, run, person=None, received_by="patient", **over):
    license = read_license(licenses.of_person(person or order.patient, **over))
    return actions.compare_id(order=order, run=run, license=license, received_by=received_by, by=run.driver)


def decide(order, by=None, **over):
    decision = {"received_by": "patient", "words": "Married name.", "is_allowed": True, "reason": "Same face."}
    return actions.decide_id_difference(order=order, **{**decision, **over}, by=by or factories.staff("Pharmacist"))


def test_check_id_difference(order, run):
    """A scan that differs waits for a pharmacist; what was refused stays refused until somebody allows it."""
    assert scan(order, run).differences == [] and not IdDifference.objects.exists()
    found = scan(order, run, DCS="ORTIZ").differences
    assert found == [f"The family name on the photo ID is ORTIZ, in our record {order.patient.last_name}."]
    with pytest.raises(rules.HandOverError, match="one of them has to allow it"):
        hand_over(order, run)
    decide(order, is_allowed=False, reason="Another face.")
    with pytest.raises(rules.HandOverError, match="did not allow it at 9:30 a.m.: Another face. Choose"):
        hand_over(order, run)
    allowed = decide(order)
    assert hand_over(order, run).id_difference == allowed
    assert IdDifference.objects.first().words == "Married name."
    with pytest.raises(rules.TransitionError):
        decide(order)


def test_a_difference_that_the_driver_sees_is_allowed_by_phone(order, run):
    with pytest.raises(rules.HandOverError, match="Call our pharmacists"):
        hand_over(order, run, id_differs=True)
    decision = decide(order, words="The ID says Ortiz.")
    assert (decision.found, hand_over(order, run, id_differs=True).id_difference) == ("call", decision)


def test_an_id_that_fits_withdraws_what_waits(order, run):
    for _twice in range(2):
        scan(order, run, DBB="01011950")
    assert IdDifference.objects.undecided().count() == 1
    scan(order, run)
    assert hand_over(order, run).id_difference is None


def test_check_decision(order, run):
    for over, sentence in [
        ({"reason": " "}, "why you decide"),
        ({"words": ""}, "what differs"),
        ({"by": run.driver}, "Who drives this order"),
        ({"received_by": "caregiver"}, "no caregiver"),
    ]:
        with pytest.raises(rules.HandOverError, match=sentence):
            decide(order, **over)


def test_the_number_of_an_id_is_cut_to_four_characters_once(order, run):
    made = hand_over(order, run)
    for cut in (1, 0):
        assert actions.cut_id_numbers(hand_overs=[made], by=None) == cut
    assert (reread(made).id_number, rules.cut_id_number("AB")) == (" 780", "AB")
    assert reread(made).id_cut_at == timezone.now()


# --- The signature --------------------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize(
    ("signed", "signature", "passes"),
    [
        ("drawn", door.SIGNATURE, True),
        ("drawn", "M0 0" + "L600 200" * 9, True),
        ("drawn", "M0 0" + "L601 1" * 9, False),
        ("drawn", "M0 0", False),
        ("drawn", "M1 1L2 2\"/><script>", False),
        ("drawn", "M0 0" + "L99 99" * 4000, False),
        ("typed", "Ana Rivera", True),
        ("typed", " ", False),
        ("paper", "", True),
        ("", door.SIGNATURE, False),
    ],
)  # fmt: skip
def test_check_signature(signed, signature, passes):
    assert (rules.refusal_of(rules.check_signature, signed, signature) == "") == passes


def test_a_signature_on_paper_is_kept_there(order, run):
    made = hand_over(order, run, signed="paper", signature="left over")
    assert (made.signed, made.signature) == ("paper", None)


# --- A part is refused ----------------------------------------------------------------------------------------------


def test_what_is_refused_is_not_due_and_comes_back(order, run):
    product, other = Product.objects.order_by("pk")
    line = order.lines.get(product=product)
    amount_mg = order.amount_mg
    made = hand_over(order, run, refused=((line.pk, 2),), cash_cents=4500)
    assert (made.amount_due_cents, made.tip_cents) == (4000, 500)
    sold = order.movements.filter(kind="sold").order_by("product").values_list("product", "quantity")
    assert list(sold) == [(product.pk, -1), (other.pk, -2)]
    assert (reread(product).stock, rules.quarantined(product)) == (47, 2)
    assert reread(order).amount_mg == amount_mg  # it counts until it is taken in
    with pytest.raises(rules.RunError, match="came back and is not taken in yet"):
        actions.settle_run(run=run, cash_counted_cents=4000, by=factories.staff("Manager"))
    technician = factories.staff("Technician")
    actions.take_in(order=order, by=technician)
    assert reread(order).amount_mg == amount_mg - 2 * line.amount_mg
    assert (rules.stock_mismatches(), rules.window_mismatches()) == ([], [])
    assert reread(order.window).booked == 1
    assert order.movements.held().total() == 0
    actions.take_in(order=order, by=technician)  # nothing is counted twice
    assert reread(order).amount_mg == amount_mg - 2 * line.amount_mg
    assert line.taken_quantity == 1


def test_check_refused(order, run):
    first, second = order.lines.all()
    for refused, sentence in [
        ({first.pk: 4}, "0 to 3"),
        ({first.pk: -1}, "0 to 3"),
        ({0: 1}, "is not there any more"),
        ({first.pk: 3, second.pk: 2}, "All of it is refused"),
    ]:
        with pytest.raises(rules.HandOverError, match=sentence):
            hand_over(order, run, refused=tuple(refused.items()))
    assert rules.due_cents(order, [first, second], {first.pk: 3}) == 2000


def test_the_database_keeps_the_checks_true(order, run):
    line = order.lines.first()
    scan(order, run, DCS="ORTIZ")
    decide(order)
    hand_over(order, run, refused=((line.pk, 1),), cash_cents=6000)
    broken = [
        (RefusedLine, {"quantity": 0}),
        (IdDifference, {"reason": ""}),
        (IdDifference, {"received_by": "neighbor"}),
        (IdDifference, {"decided_at": timezone.now() - timedelta(days=1)}),
        (IdDifference, {"withdrawn_at": timezone.now()}),
        (IdDifference, {"decided_by": run.driver}),
        (HandOver, {"signed": "paper"}),
        (HandOver, {"signed": "seen"}),
    ]
    for model, columns in broken:
        with unguarded(), suppress(IntegrityError), transaction.atomic():
            model.objects.update(**columns)
            pytest.fail(f"The database took {columns}.")


def test_an_order_that_was_cancelled_on_the_way_is_not_handed_over(order, run):
    with unguarded():
        Order.objects.update(
            status="cancelled", ended_at=timezone.now(), run=None, position=None, planned_at=None, kept=""
        )
    with pytest.raises(rules.RunError, match="not in this run any more. Do not deliver it."):
        hand_over(order, run)
