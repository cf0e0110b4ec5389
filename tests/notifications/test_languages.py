"""Each message is written in the language of its reader. Every kind that the outbox knows is walked through."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.utils import timezone, translation

from accounts import actions as accounts
from accounts.account_mails import KINDS as ACCOUNT_KINDS
from accounts.rules import numbers_on_file
from certification import actions as certifications
from certification.models import Caregiver, Patient
from delivery import actions as deliveries
from delivery.writes.messages import notify_orderer
from notifications import kinds, texts
from notifications.models import Notification
from pages.actions import answer_message, receive_message
from pages.models import ContactMessage
from tests import factories
from tests.delivery import people
from tests.dispensing.units import recalled, reminded
from tests.guard import unguarded
from tests.mails import delivered

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Offices and staff work in English, so what is written to them is in English.
IN_ENGLISH = {
    "application_decided", "application_received", "audit_sealed", "binding_disowned", "contact_message",
    "counts_differ", "pack_ready", "delegate_named", "identification_locked", "identification_second", "leave_recorded",
    "mfa_reset_disowned", "mfa_reset_waits", "office_asked", "office_week", "patient_taken_over", "physician_bound",
    "physician_status", "proof_decided", "registration_ended", "registration_ending", "registrations_rechecked",
    "report_alarm", "staff_summary",
}  # fmt: skip


@pytest.fixture(autouse=True)
def monday():
    """Stop the clock on Monday, November 23, 2026, 10 a.m. in New York: Wednesday can still be ordered for."""
    with time_machine.travel(datetime(2026, 11, 23, 15, tzinfo=UTC), tick=False):
        yield


class World:
    """A patient with a caregiver, who both chose Spanish. Everybody else works in English."""

    def __init__(self):
        people.patient_with_caregiver()
        speak_spanish()
        self.patient, self.caregiver = Patient.objects.get(), Caregiver.objects.get()
        self.certification = self.patient.certifications.get()
        self.doctor = self.certification.physician.user
        self.staff = factories.staff("Manager", "Registrar", "Pharmacist")


def speak_spanish():
    with unguarded():
        Patient.objects.update(language="es")
        Caregiver.objects.update(language="es")


def renew(world):
    with unguarded():
        type(world.certification).objects.update(expires_date=timezone.localdate() + timedelta(days=10))
    world.certification.refresh_from_db()
    draft = factories.renewal_draft(world.certification)
    told = {"statement": {"explained_to": "", **factories.statement()}}
    name = world.certification.physician.name
    certifications.sign_draft(draft=draft, answers=told, signature_name=name, by=world.doctor)


def amend(world):
    named = ("street", "unit", "city", "zip_code", "phone", "email", "has_no_email")
    contact = {**{name: getattr(world.patient, name) for name in named}, "street": "9 Elm Street"}
    certifications.amend_contact(certification=world.certification, contact=contact, reason="Moved.", by=world.doctor)


def withdraw(world):
    certifications.withdraw_certification(certification=world.certification, reason="Asked.", by=world.doctor)


def revoke(world):
    certifications.revoke_certification(certification=world.certification, reason="Forged.", by=world.staff)


def reinstate(world):
    revoke(world)
    world.certification.refresh_from_db()
    certifications.reinstate_certification(certification=world.certification, reason="A mistake.", by=world.staff)


def remind(world):
    certifications.queue_renewal_reminders(today=world.certification.expires_date - timedelta(days=30), by=None)


def leave(world):
    physician = world.certification.physician
    accounts.leave_practice(physician=physician, date=timezone.localdate(), by=world.staff)


def assign_again(world):
    certifications.end_caregiver(certification=world.certification, reason="Away.", by=world.doctor)
    known = {name: getattr(world.caregiver, name) for name in factories.profile() if hasattr(world.caregiver, name)}
    answers = {**known, "phone": str(world.caregiver.phone), "relationship": "child", "need": "Drives."}
    certifications.assign_caregiver(certification=world.certification, caregiver=answers, by=world.doctor)


def invite(world):
    """Invite a caregiver who has chosen a language on paper before."""
    with unguarded():
        Caregiver.objects.update(user=None)
    certifications.invite(person=Caregiver.objects.get(), by=world.staff)


def revoke_card(world):
    certifications.revoke_card(card=factories.card(world.patient), reason="lost", by=world.patient.user)


def change_phone(world):
    certifications.change_phone(phone="+12035550188", by=world.patient.user)


def close(world):
    certifications.close_patient(patient=world.patient, closed_for="moved", by=world.staff)


def order(world):
    return factories.order(world.patient)


def confirm(world):
    factories.confirm(order(world), by=world.staff)


def move(world):
    deliveries.move_order(order=order(world), window=factories.window(starts="13:30"), by=world.patient.user)


def refuse(world):
    deliveries.refuse_order(order=order(world), reason="Too far.", by=world.staff)


def cancel(world):
    deliveries.cancel_order(order=order(world), by=world.patient.user)


def tell(kind, **figures):
    """Return a cause that queues a message of the day of the delivery."""
    return lambda world: notify_orderer(order(world), kind, figures=figures, by=None)


def shorten(kind):
    """Return a cause by which an order is short."""
    lines = [(2, factories.product), (3, factories.product)]
    return lambda world: people.make_short(
        factories.confirmed_order(world.patient, lines=[(make(), count) for count, make in lines]), kind
    )


def wait_for_a_place(world):
    window = factories.window()
    people.fill(window)
    deliveries.join_waiting_list(window=window, patient=world.patient, by=world.patient.user)
    with unguarded():
        type(window).objects.filter(pk=window.pk).update(booked=0)
    noon = timezone.localtime().replace(hour=12)
    deliveries.notify_waiting_list(now=noon, by=None)


def write_to_us(world):
    receive_message(name="Rosa", email=world.patient.email, message="Hola", address="192.0.2.7", by=None)


def answer_what_was_written(world):
    with translation.override("es"):
        write_to_us(world)
    message = ContactMessage.objects.get()
    answer_message(message=message, text="A las nueve.", way="email", seen=0, by=factories.staff("Manager"))


def ask_main_address(world):
    account = world.patient.user
    EmailAddress.objects.update_or_create(
        user=account, email=account.email, defaults={"verified": True, "primary": True}
    )
    wanted = EmailAddress.objects.create(user=account, email="new@example.org", verified=True, primary=False)
    accounts.ask_main_address(address=wanted, by=account)


def ask_reset(world):
    account = world.patient.user
    TOTP.activate(account, "JBSWY3DPEHPK3PXP")
    number = min(numbers_on_file(account) or {str(world.patient.phone)})
    return accounts.ask_mfa_reset(user=account, called_number=number, reason="Known voice.", by=world.staff)


def confirm_reset(world):
    accounts.confirm_mfa_reset(reset=ask_reset(world), by=factories.staff("Registrar"))


def cancel_reset(world):
    accounts.cancel_mfa_reset(reset=ask_reset(world), by=world.staff, reason="Found it.")


CAUSES = {
    "lot_recalled": lambda world: recalled(world.patient),
    "recall_reminder": lambda world: reminded(world.patient),
    "patient_certified": renew,
    "certification_amended": amend,
    "certification_withdrawn": withdraw,
    "certification_revoked": revoke,
    "certification_reinstated": reinstate,
    "renewal_reminder": remind,
    "practice_left": leave,
    "caregiver_assigned": assign_again,
    "caregiver_named": assign_again,
    "caregiver_ended": assign_again,
    "invitation": invite,
    "card_revoked": revoke_card,
    "phone_changed": change_phone,
    "patient_closed": close,
    "order_placed": order,
    "order_confirmed": confirm,
    "order_moved": move,
    "order_refused": refuse,
    "order_cancelled": cancel,
    "order_short": shorten("lessen"),
    "order_changed": shorten("drop"),
    "order_tomorrow": tell("order_tomorrow"),
    "order_out_for_delivery": tell("order_out_for_delivery"),
    "order_late": tell("order_late", minutes=30),
    "order_delivered": tell("order_delivered"),
    "order_returned": tell("order_returned"),
    "hand_over_corrected": tell("hand_over_corrected"),
    "report_answered": tell("report_answered"),
    "assessment_due": tell("assessment_due"),
    "place_open": wait_for_a_place,
    "contact_receipt": write_to_us,
    "contact_answer": answer_what_was_written,
    "main_address": ask_main_address,
    "mfa_reset_asked": ask_reset,
    "mfa_reset_done": confirm_reset,
    "mfa_reset_cancelled": cancel_reset,
}


def test_every_kind_of_the_outbox_has_a_reader():
    known = {name for name in kinds._kinds if not name.startswith("test_")} - texts.ANSWERS  # test_texts has them
    assert {about.name for about in kinds.abouts() if about.languages == ("en",)} == IN_ENGLISH
    assert known == CAUSES.keys() | IN_ENGLISH | ACCOUNT_KINDS.keys()  # test_account_mails walks the last


@pytest.mark.parametrize("kind", CAUSES)
def test_each_kind_is_in_the_language_of_its_reader(kind):
    world = World()
    earlier = list(Notification.objects.values_list("pk", flat=True))
    with translation.override("en"):
        CAUSES[kind](world)
    mine = {world.patient.email, world.caregiver.email, str(world.patient.phone), world.patient.phone.as_e164}
    rows = Notification.objects.filter(kind=kind).exclude(pk__in=earlier)
    assert {row.language for row in rows if row.recipient in mine} == {"es"}
    assert {row.language for row in rows if row.recipient not in mine} <= {"en"}
    for words in filter(None, (kinds.get(kind).context_for(row) for row in rows)):
        samples = kinds.about(kind).samples().values()
        assert any(words.keys() <= sample.keys() <= {*words, "secret"} for sample in samples), "a sample differs"


def test_a_visitor_gets_the_receipt_in_the_language_of_the_page(client):
    answers = {"name": "Rosa", "email": "rosa@example.org", "message": "¿Cuándo abren?", "website": ""}
    client.post("/contact/", answers, HTTP_ACCEPT_LANGUAGE="es")
    receipt = next(message for message in delivered() if message.to == ["rosa@example.org"])
    assert receipt.body.startswith("Hola:") and "Respondemos por correo" in receipt.body
    assert Notification.objects.get(kind="contact_message").language == "en"
