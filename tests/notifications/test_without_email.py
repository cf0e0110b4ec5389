"""A person without an e-mail address gets a call for everything that others get by mail: one test goes through all."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from certification import actions as certifications
from certification.actions.amending import CONTACT
from certification.models import Caregiver, Patient
from delivery import actions as deliveries
from delivery.models import Order, Run
from delivery.writes.messages import notify_orderer
from notifications import actions, emails, kinds, texts
from notifications.actions.texting import agree_to_texts
from notifications.addressees import addressee_of
from notifications.models import Notification
from tests import factories
from tests.delivery import door, people
from tests.delivery.people import url, words_of
from tests.dispensing.units import recalled, reminded
from tests.guard import unguarded
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
NO_MAIL = {"email": "", "has_no_email": True}

# Kinds that never go to a person without an address, and why.
TO_AN_ACCOUNT = {  # an account has an address, with which it signs in
    "account_already_exists", "account_connected", "account_disconnected", "account_email_changed",
    "account_email_confirmation", "account_email_confirmation_signup", "account_email_deleted",
    "account_password_changed", "account_password_reset", "account_password_reset_key", "account_password_set",
    "account_recovery_codes_generated", "account_totp_activated", "account_totp_deactivated",
    "account_unknown_account", "account_webauthn_added", "account_webauthn_removed", "leave_recorded",
    "main_address", "mfa_reset_asked", "mfa_reset_cancelled", "mfa_reset_done", "place_open", "physician_bound",
}  # fmt: skip
TO_STAFF_AND_OFFICES = {
    "application_decided", "application_received", "audit_sealed", "binding_disowned", "contact_message",
    "counts_differ", "delegate_named", "identification_locked", "identification_second", "mfa_reset_disowned",
    "mfa_reset_waits", "office_asked", "office_week", "pack_ready", "patient_taken_over", "physician_status",
    "proof_decided", "registration_ended", "registration_ending", "registrations_rechecked", "report_alarm",
    "staff_summary",
}  # fmt: skip
TO_WHO_WROTE = {"contact_answer", "contact_receipt"}  # the form asks for an address
ON_PAPER = {"invitation"}  # the office prints a code; `patient_certified` and `caregiver_named` say so in a call


@shared
def patient():
    """A patient without e-mail, and so without an account, whose certification ends in 20 days."""
    day = timezone.localdate() + timedelta(days=20)
    day = day.replace(year=day.year - 1)
    return factories.certification(on=day, profile=factories.profile(**NO_MAIL), joined=False).patient


def by_physician(action, **answers):
    def run(patient):
        certification = patient.certifications.get()
        action(certification=certification, by=certification.physician.user, **answers)

    return run


def with_caregiver(patient):
    named = factories.caregiver(relationship="child", need="Cannot travel.", **NO_MAIL)
    by_physician(certifications.assign_caregiver, caregiver=named)(patient)


def without_caregiver(patient):
    with_caregiver(patient)
    by_physician(certifications.end_caregiver, reason="Recovered.")(patient)


def amended(patient):
    contact = {**{name: getattr(patient, name) for name in CONTACT}, "street": "9 Elm Street"}
    by_physician(certifications.amend_contact, contact=contact, reason="Moved.")(patient)


def reinstated(patient):
    by_physician(certifications.withdraw_certification, reason="A mistake.")(patient)
    registrar = factories.staff("Registrar")
    certifications.reinstate_certification(
        certification=patient.certifications.get(), reason="A mistake.", by=registrar
    )


def left_by_the_physician(patient):
    physician, today = patient.certifications.get().physician, timezone.localdate()
    certifications.tell_patients_of_leaving(physician=physician, left_date=today, by=None)


def card_lost(patient):
    card = factories.card(patient)
    certifications.revoke_card(card=card, reason="lost", by=factories.staff("Registrar"))


def ordered(patient):
    staff = factories.staff("Pharmacist")
    return factories.order(patient, by=staff, caller=patient)


def confirmed(patient):
    factories.confirm(ordered(patient), by=factories.staff("Pharmacist"))


def short(kind):
    def cause(patient):
        lines = [(factories.product(), 2), (factories.product(), 3)]
        staff = factories.staff("Pharmacist")
        order = factories.order(patient, by=staff, caller=patient, lines=lines)
        people.make_short(factories.confirm(order, by=staff), kind)

    return cause


def refused(patient):
    deliveries.refuse_order(order=ordered(patient), reason="Out of stock.", by=factories.staff("Manager"))


def cancelled(patient):
    deliveries.cancel_order(order=ordered(patient), reason="You asked for it.", by=factories.staff("Manager"))


def moved(patient):
    later = factories.window(factories.next_wednesday(1))
    deliveries.move_order(order=ordered(patient), window=later, by=factories.staff("Manager"))


def told(kind):
    """Return a function that queues a message of the day of the delivery, about a new order."""
    return lambda patient: notify_orderer(ordered(patient), kind, by=None)


def late(patient):
    run = door.run_of(ordered(patient))
    with unguarded():
        Run.objects.update(opened_at=timezone.now())
        Order.objects.update(status=Order.Status.OUT_FOR_DELIVERY)
    deliveries.tell_late(run=run, minutes=30, by=run.driver)


MADE = {
    "lot_recalled": lambda patient: recalled(patient, factories.staff("Pharmacist"), patient),
    "recall_reminder": lambda patient: reminded(patient, factories.staff("Pharmacist"), patient),
    "patient_certified": lambda patient: None,
    "certification_withdrawn": by_physician(certifications.withdraw_certification, reason="No longer indicated."),
    "certification_revoked": by_physician(certifications.revoke_certification, reason="Forged."),
    "certification_reinstated": reinstated,
    "certification_amended": amended,
    "practice_left": left_by_the_physician,
    "renewal_reminder": lambda patient: certifications.queue_renewal_reminders(today=timezone.localdate(), by=None),
    "card_revoked": card_lost,
    "caregiver_assigned": with_caregiver,
    "caregiver_named": with_caregiver,
    "caregiver_ended": without_caregiver,
    "patient_closed": lambda patient: certifications.close_patient(
        patient=patient, closed_for="moved", by=factories.staff("Registrar")
    ),
    "order_placed": ordered,
    "order_confirmed": confirmed,
    "order_refused": refused,
    "order_cancelled": cancelled,
    "order_moved": moved,
    "order_short": short("lessen"),
    "order_changed": short("drop"),
    "order_tomorrow": told("order_tomorrow"),
    "order_out_for_delivery": told("order_out_for_delivery"),
    "order_late": late,
    "order_delivered": told("order_delivered"),
    "order_returned": told("order_returned"),
    "hand_over_corrected": told("hand_over_corrected"),
    "report_answered": told("report_answered"),
    "assessment_due": told("assessment_due"),
}
JOINED_BY_A_CODE = {"phone_changed"}  # goes to the address of the account: below
TO_WHO_TEXTED = texts.ANSWERS  # the number from which somebody texted


def test_every_kind_says_what_becomes_of_it_without_an_address():
    known = [set(MADE), TO_AN_ACCOUNT, TO_STAFF_AND_OFFICES, TO_WHO_WROTE, ON_PAPER, JOINED_BY_A_CODE,
             TO_WHO_TEXTED]  # fmt: skip
    assert set().union(*known) == set(kinds._kinds)
    assert sum(map(len, known)) == len(kinds._kinds)


@pytest.mark.parametrize("kind", MADE)
def test_every_mail_becomes_a_call(patient, kind):
    MADE[kind](patient)

    phones = {one.phone.as_e164 for model in (Patient, Caregiver) for one in model.objects.all()}
    calls = Notification.objects.filter(kind=kind, channel="phone", status="queued")
    assert calls and {call.recipient for call in calls} <= phones
    assert "" not in Notification.objects.values_list("recipient", flat=True)
    for call in calls:
        if (words := kinds.get(kind).context_for(call)) is not None:
            said = emails.build(call, words).body
            assert "second mail" not in said and "page of your order" not in said and "write again" not in said
            assert "/delivery/orders/" not in said and "None" not in said
            person = addressee_of(call, words)  # whom nobody reaches gets a letter
            assert (person.phone, len(person.lines)) == (call.recipient, 2)


@pytest.mark.parametrize("kind", sorted(kind for kind in MADE if texts.has_text(kind)))
def test_who_agreed_to_texts_gets_one_in_place_of_the_call(patient, kind, settings, monkeypatch):
    settings.SMS_URL = "console:"
    monkeypatch.setattr(actions, "_wake_sender", lambda *_: None)
    phone = patient.phone.as_e164
    agree_to_texts(phone=phone, words="I agree.", language="en", given="phone", by=None)
    MADE[kind](patient)
    row = Notification.objects.filter(kind=kind, recipient=phone).earliest("pk")  # a reminder also has a call
    assert (row.channel, row.status) == ("sms", "queued")
    said = emails.build_text(row, kinds.get(kind).context_for(row)).words
    assert said.startswith("testserver: ") and said.endswith("Reply STOP to end.") and len(said) < 320
    assert "None" not in said and not re.search(r"(?i)certif|cannabis|marijuana|medic|physician|Dr\.|flower", said)


@pytest.mark.parametrize(("make", "reason"), [(refused, "Out of stock."), (cancelled, "You asked for it.")])
def test_the_call_says_the_reason_that_others_read(patient, make, reason):
    make(patient)
    call = Notification.objects.get(kind__in=["order_refused", "order_cancelled"])
    assert f"The reason: {reason}" in emails.build(call, kinds.get(call.kind).context_for(call)).body


def test_a_call_about_a_delivery_is_dropped_when_its_window_is_over(patient, time_machine):
    confirmed(patient)
    calls = Notification.objects.filter(kind="order_confirmed")
    assert kinds.get("order_confirmed").context_for(calls.get()) is not None
    time_machine.move_to(Order.objects.get().window.ends_at)
    assert kinds.get("order_confirmed").context_for(calls.get()) is None


def test_after_an_order_by_phone_the_page_says_that_we_call(patient):
    with_mail = factories.patient()
    staff = factories.staff("Pharmacist")
    client = factories.client_for(staff)
    for caller, words in ((patient, "and call when they have confirmed it"), (with_mail, "you get an email when")):
        answers = {"number": caller.number, "name": caller.name}
        born = caller.birth_date
        answers |= {"birth_date_month": born.month, "birth_date_day": born.day, "birth_date_year": born.year}
        client.post("/admin/delivery/order/phone/", answers)
        order = factories.order(caller, by=staff, caller=caller)
        assert words in words_of(client.get(url("order-detail", order.number)))


def test_who_joined_by_a_code_gets_mail_at_the_address_of_the_account(patient):
    _invitation, code = certifications.print_code(person=patient, by=patient.certifications.get().physician.user)
    account = factories.user("rosa@example.org")
    certifications.accept_code(code=code, birth_date=patient.birth_date, by=account)
    certifications.change_phone(phone="+12035550199", by=account)
    by_physician(certifications.withdraw_certification, reason="No longer indicated.")(Patient.objects.get())
    for kind in ("phone_changed", "certification_withdrawn"):
        message = Notification.objects.get(kind=kind)
        assert (message.recipient, message.channel) == ("rosa@example.org", "email")
