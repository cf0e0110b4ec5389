"""A patient has died: the caregiver says so, the physician closes the record, and one letter is all that follows."""

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
    elena, she = visitor(viewport={"width": 390, "height": 844}), visitor()
    when_the_caregiver_reports_it(elena, caregiver)
    when_the_physician_closes_the_record(she, patient)
    then_the_order_is_undone_and_one_letter_sent(order, patient, caregiver)
    for person in (elena, she):
        person.met_no_barrier()


def when_the_caregiver_reports_it(elena, caregiver):
    elena.signs_in(caregiver.user.email)
    elena.opens("/home/")
    elena.follows("or report a change")
    elena.chooses("kind", "closing")
    elena.fills(words="My mother has died.")
    elena.submits()
    elena.sees("Sent.")


def when_the_physician_closes_the_record(she, patient):
    physician = patient.certifications.get().physician
    she.signs_in(physician.user.email)
    she.identifies(physician)
    she.opens("/certification/")
    she.sees("My mother has died.")
    she.follows("Close the record")
    she.chooses("closed_for", "died")
    she.submits()
    she.sees("The record is closed.")


def then_the_order_is_undone_and_one_letter_sent(order, patient, caregiver):
    order.refresh_from_db()
    assert (order.status, Patient.objects.get().closed_for) == ("cancelled", "died")
    send_due(by=None)
    assert [one.subject for one in mails_to(caregiver.email)][-1] == "A registration with us was closed"
    assert not [one for one in mails_to(patient.email) if "cancelled" in one.subject]
