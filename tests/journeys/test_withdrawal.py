"""A withdrawal meets an open order; the Registrar takes it back, and the patient orders again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification.models import Certification
from delivery.models import Order
from tests import factories
from tests.journeys.test_order import when_she_books_a_window
from tests.journeys.visitor import mails_to

pytestmark = pytest.mark.journey


def test_a_withdrawal_undoes_a_later_order_and_is_reinstated(visitor):
    physician, registrar, rosa = visitor(), visitor(), visitor(viewport={"width": 390, "height": 844})
    order = given_an_order_for_next_week()
    rosa.signs_in("rosa@example.org")
    when_the_physician_withdraws_through_tomorrow(physician, order.certification)
    then_the_order_is_cancelled_and_the_patient_told(order)
    then_the_patient_reads_what_is_left(rosa, order)
    when_the_registrar_reinstates_it(registrar, order.certification)
    then_it_is_valid_as_before_and_takes_an_order(rosa, order)
    for person in (physician, rosa):
        person.met_no_barrier()


def given_an_order_for_next_week():
    physician = factories.identified_physician(first_name="Amara", last_name="Osei")
    certification = factories.certification(physician, profile=factories.profile(email="rosa@example.org"))
    return factories.order(certification.patient, into=factories.window(factories.next_wednesday(1)))


def when_the_physician_withdraws_through_tomorrow(she, certification):
    tomorrow = timezone.localdate() + timedelta(days=1)
    she.signs_in(certification.physician.user.email)
    she.identifies(certification.physician)
    she.opens(f"/certification/{certification.uuid}/withdraw/")
    she.fills_date("deliveries_stop_date", tomorrow.month, tomorrow.day, tomorrow.year)
    she.fills(reason="No longer under my care.")
    she.submits()
    she.sees("Deliveries go on through")


def then_the_order_is_cancelled_and_the_patient_told(order):
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED
    bodies = " ".join(message.body for message in mails_to("rosa@example.org"))
    assert "There are 30 days" in bodies and "No longer under my care" not in bodies


def then_the_patient_reads_what_is_left(rosa, order):
    rosa.opens("/home/")
    rosa.sees("The physician withdrew it on")
    rosa.sees("There is time through")
    rosa.opens(f"/delivery/orders/{order.number}/")
    rosa.sees("Cancelled")


def when_the_registrar_reinstates_it(she, certification):
    she.signs_in(factories.staff("Registrar").email)
    she.page.goto(f"/admin/certification/certification/{certification.pk}/step/reinstate/")
    she.fills(reason="The wrong patient.")
    she.page.locator("form button[type=submit], form input[type=submit]").last.click()
    she.page.wait_for_load_state()


def then_it_is_valid_as_before_and_takes_an_order(rosa, order):
    back = Certification.objects.get(pk=order.certification_id)
    assert (back.status, back.expires_date) == ("active", order.certification.expires_date)
    rosa.opens(f"/delivery/orders/{order.number}/")
    rosa.presses("Order again")
    when_she_books_a_window(rosa)
    assert Order.objects.placed().latest("pk").status == Order.Status.PLACED
