"""A withdrawal cancels an open order; the Registrar reinstates the certification, and the patient orders again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification.models import Certification
from delivery.models import Order
from tests import factories
from tests.journeys.visitor import mails_to

pytestmark = pytest.mark.journey


def test_a_withdrawal_cancels_a_later_order_and_is_reinstated(visitor):
    physician, registrar, rosa = visitor(), visitor(), visitor(viewport={"width": 390, "height": 844})
    order = given_an_order_for_next_week()
    rosa.signs_in("rosa@example.org")
    when_the_physician_withdraws_through_tomorrow(physician, order.certification)
    then_the_order_is_cancelled_and_the_patient_gets_a_mail(order)
    then_the_patient_reads_the_next_dates(rosa, order)
    when_the_registrar_reinstates_it(registrar, order.certification)
    then_the_patient_can_order_again(rosa, order)
    for person in (physician, rosa):
        person.met_no_barrier()


def given_an_order_for_next_week():
    physician = factories.identified_physician(first_name="Amara", last_name="Osei")
    certification = factories.certification(physician, profile=factories.profile(email="rosa@example.org"))
    return factories.order(certification.patient, into=factories.window(factories.next_wednesday(1)))


def when_the_physician_withdraws_through_tomorrow(physician, certification):
    tomorrow = timezone.localdate() + timedelta(days=1)
    physician.signs_in(certification.physician.user.email)
    physician.identifies(certification.physician)
    physician.opens(f"/certification/{certification.uuid}/withdraw/")
    physician.fills_date("deliveries_stop_date", tomorrow.month, tomorrow.day, tomorrow.year)
    physician.fills(reason="No longer under my care.")
    physician.submits()
    physician.sees("Nothing is changed yet.")
    physician.submits()
    physician.sees("Deliveries go on through")


def then_the_order_is_cancelled_and_the_patient_gets_a_mail(order):
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED
    bodies = " ".join(message.body for message in mails_to("rosa@example.org"))
    assert "There are 30 days" in bodies and "No longer under my care" not in bodies


def then_the_patient_reads_the_next_dates(rosa, order):
    rosa.opens("/home/")
    rosa.sees("The physician withdrew it on")
    rosa.sees("There is time through")
    rosa.opens(f"/delivery/orders/{order.number}/")
    rosa.sees("Cancelled")


def when_the_registrar_reinstates_it(registrar, certification):
    registrar.signs_in(factories.staff("Registrar").email)
    registrar.page.goto(f"/admin/certification/certification/{certification.pk}/step/reinstate/")
    registrar.fills(reason="The wrong patient.")
    registrar.page.locator("form button[type=submit], form input[type=submit]").last.click()
    registrar.page.wait_for_load_state()


def then_the_patient_can_order_again(rosa, order):
    back = Certification.objects.get(pk=order.certification_id)
    assert (back.status, back.expires_date) == ("active", order.certification.expires_date)
    rosa.opens(f"/delivery/orders/{order.number}/")
    rosa.presses("Order again")
    rosa.sees(f"Filled in from order {order.number}.")
    rosa.submits()
    rosa.sees("Your order is placed")
    assert Order.objects.placed().latest("pk").status == Order.Status.PLACED
