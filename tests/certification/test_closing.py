"""A patient leaves the program: everything ends at once and one letter goes out; a mistake can be undone."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Event
from certification import actions, rules
from certification.models import Card, Certification, Patient
from delivery.models import DeliveryWindow, Product
from notifications.actions import drop_calls, send_due
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def certification():
    return factories.certification()


def close(patient, closed_for="died", **over):
    return actions.close_patient(patient=patient, closed_for=closed_for, **{"by": factories.staff("Registrar"), **over})


def mails_about(*people):
    addresses = {person.email for person in people}
    return [sent for sent in mail.outbox if addresses & set(sent.to)]


def page(certification):
    return f"/certification/{certification.uuid}/close/"


def test_close_patient_ends_everything_that_ran():
    patient, caregiver = people.patient_with_caregiver()
    certification, card = patient.certifications.get(), factories.card(patient)
    factories.patient_request(certification)

    close(patient, words="The daughter called.")

    patient, certification = Patient.objects.get(), Certification.objects.get()
    assert (patient.closed_for, patient.closed_words) == ("died", "The daughter called.")
    assert (certification.status, patient.current_assignment) == ("closed", None)
    assert (Card.objects.get(pk=card.pk).revoked_reason, patient.requests.open().count()) == ("closed", 0)
    assert not certification.is_valid_on(timezone.localdate())
    assert Event.objects.filter(action="patient.close").count() == 1


def test_close_patient_gives_back_what_open_orders_held(certification):
    product = factories.product(stock=50)
    order = factories.order(certification.patient, lines=[(product, 2)])

    close(certification.patient)

    order.refresh_from_db()
    assert order.status == "cancelled"
    assert (DeliveryWindow.objects.get(pk=order.window_id).booked, Product.objects.get().stock) == (0, 50)


def test_only_one_letter_to_the_caregiver_is_sent_after_the_closing():
    patient, caregiver = people.patient_with_caregiver()
    factories.order(patient)
    actions.ask_office(certification=patient.certifications.get(), kind="follow_up", words="", by=patient.user)
    mail.outbox.clear()
    close(patient)
    send_due(by=None)

    mails = mails_about(patient, caregiver)
    assert [(sent.to, sent.subject) for sent in mails] == [([caregiver.email], "A registration with us was closed")]
    assert "sorry for your loss" in mails[0].body and patient.last_name not in mails[0].body


def test_without_a_caregiver_the_letter_goes_to_the_household(certification):
    close(certification.patient, closed_for="moved")
    mail.outbox.clear()
    send_due(by=None)
    mails = mails_about(certification.patient)
    assert len(mails) == 1
    assert "at this address" in mails[0].body and "sorry" not in mails[0].body


def test_calls_about_who_left_are_taken_off_the_list():
    profile = factories.profile(email="", has_no_email=True)
    certification = factories.certification(profile=profile)
    waiting = Notification.objects.filter(channel="phone", status="queued")
    assert waiting.count() == 1
    close(certification.patient)
    drop_calls(by=None)
    assert list(waiting.values_list("kind", flat=True)) == ["patient_closed"]


def test_reminders_find_nobody_who_left(certification):
    close(certification.patient)
    due = certification.expires_date - timedelta(days=7)
    assert actions.queue_renewal_reminders(today=due, by=None) == 0


def test_close_patient_twice_sends_one_letter(certification):
    for closed_for in ("died", "moved"):
        close(certification.patient, closed_for=closed_for)
    assert Notification.objects.filter(kind="patient_closed").count() == 1
    assert Patient.objects.get().closed_for == "died"


def test_reopen_patient_brings_the_certification_back(certification):
    registrar = factories.staff("Registrar")
    close(certification.patient)

    for _time in range(2):
        actions.reopen_patient(patient=certification.patient, reason="Another of that name.", by=registrar)

    patient, again = Patient.objects.get(), Certification.objects.get()
    assert (patient.closed_at, patient.closed_for, patient.closed_words) == (None, "", None)
    assert (again.status, again.expires_date) == ("active", certification.expires_date)
    assert Event.objects.filter(action="patient.reopen").count() == 1


def test_reopen_patient_after_30_days_leaves_the_certification_ended(certification, time_machine):
    close(certification.patient)
    time_machine.move_to(timezone.now() + timedelta(days=31))
    actions.reopen_patient(patient=certification.patient, reason="Back.", by=factories.staff("Registrar"))
    assert (Patient.objects.get().closed_at, Certification.objects.get().status) == (None, "closed")


def test_check_is_not_closed(certification):
    close(certification.patient)
    closed = Patient.objects.get()
    with pytest.raises(rules.ClosedError, match="record is closed"):
        rules.check_is_not_closed(closed)
    with pytest.raises(rules.ClosedError):
        rules.check_may_be_the_same(closed, [closed])
    with pytest.raises(rules.ClosedError):
        actions.print_code(person=closed, by=certification.physician.user)
    registrar = factories.staff("Registrar")
    with pytest.raises(rules.ClosedError):
        actions.reinstate_certification(certification=Certification.objects.get(), reason="Back.", by=registrar)


def test_who_left_is_not_invited():
    certification = factories.certification(joined=False)
    close(certification.patient)
    assert actions.invite(person=Patient.objects.get(), by=None) is None


@pytest.mark.parametrize("changes", [{"closed_for": "died"}, {"closed_at": timezone.now()}])
def test_a_patient_is_closed_for_a_reason(certification, changes):
    with unguarded(), pytest.raises(IntegrityError, match="patient_closed_for_a_reason"), transaction.atomic():
        Patient.objects.update(**changes)


# --- The pages ------------------------------------------------------------------------------------------------------


def test_the_physician_closes_a_record(certification):
    client = factories.client_for(certification.physician.user)
    assert "Choose why" in client.post(page(certification), {}).content.decode()

    text = client.post(page(certification), {"closed_for": "own_wish"}, follow=True).content.decode()

    assert "The record is closed." in text and "when the patient’s record was closed" in text
    assert client.get(page(certification)).status_code == 302
    assert "Close the patient’s record" not in text


def test_the_registrar_closes_and_opens_again(certification):
    registrar = factories.client_for(factories.staff("Registrar"))
    step = f"/admin/certification/patient/{certification.patient.pk}/step"

    registrar.post(f"{step}/close/", {"closed_for": "died"})
    assert Patient.objects.get().closed_for == "died"
    registrar.post(f"{step}/reopen/", {"reason": "The wrong patient."})
    assert Certification.objects.get().status == "active"


def test_the_patient_reads_that_the_record_was_closed(certification):
    close(certification.patient, closed_for="own_wish")
    client = factories.client_for(certification.patient.user)
    for address in ("/home/", "/card/"):
        assert "record was closed" in client.get(address).content.decode()
