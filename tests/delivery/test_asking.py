"""Whoever would cancel open orders by something else sees them first and is asked; the orderer reads why."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from certification import actions as certifications
from certification.models import Patient
from delivery import actions
from delivery.models import AllotmentEntry, Order
from notifications.actions import send_due
from tests import factories
from tests.certification import forms
from tests.delivery import people
from tests.delivery.people import url, words_of
from tests.shared import shared

pytestmark = pytest.mark.django_db
ENTERED = "What our pharmacists entered leaves too little of the monthly allotment for this order."
LOWERED = "The monthly allotment was lowered, and too little of it is left for this order."
WITHDRAWN = "The physician withdrew the certification before this delivery."
CLOSED = "The patient’s record was closed before this delivery."
CAREGIVER = "The person who placed this order is no longer the patient’s caregiver."


def page(certification, name):
    return reverse(f"certification:certification-{name}", args=[certification.uuid])


def of_physician(name, answers):
    """Return the door of a page of the physician, and what is posted there."""
    return lambda made: (made.physician.user, page(made, name), answers() if callable(answers) else answers)


def of_staff(group, model, name, answers):
    def door(made):
        pk = made.pk if model == "certification" else made.patient.pk
        return factories.staff(group), reverse(f"admin:certification_{model}_step", args=[pk, name]), answers

    return door


def withdrawal():
    today = timezone.localdate()
    return {"reason": "No longer indicated.", **forms.date_boxes("deliveries_stop_date", today)}


def sale(grams):
    words = {"amount_mg": grams, "origin": "counter", "reason": "Sold at noon."}
    return {**words, "day_month": "11", "day_day": "23", "day_year": "2026"}


def renewal():
    signer = Patient.objects.get().certifications.get().physician.name
    return forms.renewal(signer, monthly_allotment_oz="0.25", allotment_reason="Less is enough.")


DOORS = {
    "a counter sale": (of_staff("Pharmacist", "patient", "allotment", sale("93")), ENTERED),
    "withdrawing": (of_physician("withdraw", withdrawal), WITHDRAWN),
    "closing by the physician": (of_physician("close", {"closed_for": "own_wish"}), CLOSED),
    "closing by staff": (of_staff("Registrar", "patient", "close", {"closed_for": "moved"}), CLOSED),
    "revoking": (
        of_staff("Registrar", "certification", "revoke", {"reason": "Forged."}),
        "The program revoked the certification before this delivery.",
    ),
    "lowering": (of_physician("allotment", {"monthly_allotment_oz": "0.25", "reason": "Less is enough."}), LOWERED),
    "renewing with less": (of_physician("renew", renewal), LOWERED),
}


@shared
def order():
    """Return a placed order of 10 g under a certification that can be renewed."""
    made = factories.certification(on=date(2025, 12, 10))
    return factories.order(made.patient, lines=[(factories.product(amount_mg=5_000), 2)])


def asked(client, address, answers):
    """Post the answers; return the page that asks, and the answers with the agreement that its button posts."""
    response = client.post(address, answers)
    assert response.status_code == 200
    return words_of(response), {**answers, "agreed_effects": response.context["agreed"]}


@pytest.mark.parametrize(("door", "reason"), DOORS.values(), ids=DOORS)
def test_every_door_shows_the_orders_asks_and_gives_the_true_reason(order, door, reason):
    account, address, answers = door(order.certification)
    client = factories.client_for(account)

    words, agreed = asked(client, address, answers)

    assert "Nothing is changed yet. This would cancel an open order:" in words
    assert f"Order {order.number} for Wednesday, November 25, 2026, 10 g" in words and reason in words
    order.refresh_from_db()
    assert order.status == "placed" and not AllotmentEntry.objects.exists()
    assert [one.status for one in order.patient.certifications.all()] == ["active"]

    assert client.post(address, agreed).status_code == 302

    order.refresh_from_db()
    assert (order.status, order.ended_reason) == ("cancelled", reason)


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("end-caregiver", lambda: {"reason": "Recovered."}),
        ("assign", lambda: forms.caregiver(first_name="Rosa", phone="203 555 0199", reason="Another one.")),
    ],
)
def test_a_caregiver_who_ends_is_asked_about_with_their_orders(name, answers):
    patient, caregiver = people.patient_with_caregiver()
    order, own = factories.order(patient, by=caregiver.user), factories.order(patient)
    certification = patient.certifications.get()
    client, address = factories.client_for(certification.physician.user), page(certification, name)

    words, agreed = asked(client, address, answers())
    assert order.number in words and own.number not in words and CAREGIVER in words
    assert patient.current_assignment is not None

    assert client.post(address, agreed).status_code == 302
    order.refresh_from_db()
    assert (order.status, order.ended_reason) == ("cancelled", CAREGIVER)


def test_a_sale_typed_wrongly_is_corrected_on_the_page_that_asks(order):
    account, address, answers = DOORS["a counter sale"][0](order.certification)
    client = factories.client_for(account)
    response = client.post(address, answers)
    assert response.context["form"]["amount_mg"].value() == "93"

    assert client.post(address, sale("9.3")).status_code == 302

    order.refresh_from_db()
    assert order.status == "placed" and AllotmentEntry.objects.get().amount_mg == 9_300


def test_an_agreement_counts_for_the_orders_that_were_shown_alone(order):
    account, address, answers = DOORS["a counter sale"][0](order.certification)
    client = factories.client_for(account)
    _words, agreed = asked(client, address, answers)
    later = factories.order(order.patient, into=factories.window(factories.next_wednesday(1)))

    words, agreed = asked(client, address, agreed)
    assert order.number in words and later.number in words
    assert client.post(address, agreed).status_code == 302
    assert not Order.objects.with_hold().exists()


@pytest.mark.parametrize("key", ["", "nope", "\x00", "order:98,order:99", "9" * 5_000])
def test_another_agreement_changes_nothing(order, key):
    account, address, answers = DOORS["a counter sale"][0](order.certification)
    response = factories.client_for(account).post(address, {**answers, "agreed_effects": key})
    assert response.status_code == 200 and not AllotmentEntry.objects.exists()


def test_nobody_is_asked_where_no_order_is_touched(order):
    actions.cancel_order(order=order, by=order.placed_by)
    account, address, answers = DOORS["a counter sale"][0](order.certification)
    assert factories.client_for(account).post(address, answers).status_code == 302


def test_the_page_that_asks_posts_every_answer_again(order):
    account, address, answers = DOORS["withdrawing"][0](order.certification)
    response = factories.client_for(account).post(address, answers)
    posted = dict(response.context["answers"])
    assert posted == {name: str(value) for name, value in answers.items()}
    assert response["Cache-Control"].count("no-store") == 1


def test_the_orderer_reads_the_reason_on_the_page_and_the_mail_leads_there(order, mailoutbox):
    account, address, answers = DOORS["a counter sale"][0](order.certification)
    client = factories.client_for(account)
    client.post(address, asked(client, address, answers)[1])
    send_due(by=None)
    (mail,) = [one for one in mailoutbox if "is cancelled" in one.subject]
    assert "The reason is on the page of your order." in mail.body and "allotment" not in mail.body
    assert ENTERED in words_of(factories.client_for(order.placed_by).get(url("order-detail", order.number)))


def test_a_job_asks_nobody(order):
    cancelled = actions.undo_uncovered_orders(patient=order.patient, from_day=timezone.localdate(), by=None)
    assert cancelled == 0
    with_entry = actions.record_allotment_entry(
        patient=order.patient, day=timezone.localdate() - timedelta(days=1), amount_mg=93_000, origin="counter",
        reason="Sold.", by=factories.staff("Pharmacist"),
    )  # fmt: skip
    order.refresh_from_db()
    assert with_entry.pk and order.status == "cancelled"


def test_one_signature_for_several_asks_and_then_signs_all(order):
    """What was signed before the question stays signed; the same page then signs the rest."""
    physician = order.certification.physician
    drafts = [
        certifications.review_draft(
            draft=factories.renewal_draft(certification),
            answers={
                "statement": factories.statement(monthly_allotment_oz=Decimal("0.25"), allotment_reason="Enough.")
            },
            by=physician.user,
        )
        for certification in (factories.certification(physician, on=date(2025, 12, 9)), order.certification)
    ]
    client = factories.client_for(physician.user)
    chosen = {"chosen": [f"{one.uuid}:{one.reviewed_digest}" for one in drafts], "signature_name": physician.name}

    words, agreed = asked(client, "/certification/sign-all/", chosen)
    assert order.number in words and LOWERED in words

    assert client.post("/certification/sign-all/", agreed).status_code == 302
    order.refresh_from_db()
    assert order.status == "cancelled" and physician.certifications.filter(status="active").count() == 2
