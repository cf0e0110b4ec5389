"""A patient has died: the caregiver reports it, the physician closes the record, and a single mail is sent."""

import pytest

from certification.models import Patient
from notifications.actions import send_due
from tests import factories
from tests.delivery import people
from tests.journeys.visitor import mails_to

pytestmark = pytest.mark.journey


def test_a_death_is_reported_and_the_record_closed(visitor):
    patient, caregiver = people.patient_with_caregiver()
    order = factories.order(patient)
    elena, physician = visitor(viewport={"width": 390, "height": 844}), visitor()
    when_the_caregiver_reports_it(elena, caregiver)
    when_the_physician_closes_the_record(physician, patient)
    then_the_order_is_cancelled_and_one_mail_is_sent(order, patient, caregiver)
    for person in (elena, physician):
        person.met_no_barrier()


def when_the_caregiver_reports_it(elena, caregiver):
    elena.signs_in(caregiver.user.email)
    elena.opens("/home/")
    elena.follows("or report a change")
    elena.chooses("kind", "closing")
    elena.fills(words="My mother has died.")
    elena.submits()
    elena.sees("Sent.")


def when_the_physician_closes_the_record(physician, patient):
    amara = patient.certifications.get().physician
    physician.signs_in(amara.user.email)
    physician.identifies(amara)
    physician.opens("/certification/")
    physician.sees("My mother has died.")
    physician.follows("Close the record")
    physician.chooses("closed_for", "died")
    physician.submits()
    physician.sees("Nothing is changed yet.")
    physician.submits()
    physician.sees("The record is closed.")


def then_the_order_is_cancelled_and_one_mail_is_sent(order, patient, caregiver):
    order.refresh_from_db()
    assert (order.status, Patient.objects.get().closed_for) == ("cancelled", "died")
    send_due(by=None)
    assert mails_to(caregiver.email)[-1].subject == "A registration with us was closed"
    assert not [mail for mail in mails_to(patient.email) if "cancelled" in mail.subject]
