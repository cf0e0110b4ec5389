"""A patient without e-mail: a card on paper, an order by phone, and a renewal in the office."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification.models import Certification
from certification.statements import ATTESTATIONS
from delivery.models import Order
from notifications.models import Notification
from tests import factories
from tests.journeys.test_order import when_staff_take_the_call_of, when_the_orderer_fills_the_cart_and_books_a_window

pytestmark = pytest.mark.journey


def test_a_year_without_any_email(visitor):
    physician, staff = visitor(), visitor()
    certification = given_a_patient_certified_eleven_months_ago()
    when_the_patient_orders_by_phone(staff, certification.patient)
    then_staff_confirm_it_and_the_patient_is_called(staff, certification.patient)
    when_the_physician_renews_it(physician, certification)
    then_the_new_card_is_printed_and_a_call_is_listed(physician, certification)
    for person in (physician, staff):
        person.met_no_barrier()


def given_a_patient_certified_eleven_months_ago():
    amara = factories.identified_physician(first_name="Amara", last_name="Osei")
    profile = factories.profile(email="", has_no_email=True)
    return factories.certification(amara, on=timezone.localdate() - timedelta(days=345), profile=profile)


def when_the_patient_orders_by_phone(staff, patient):
    factories.product(name="Harbor Mist Tincture")
    factories.window()
    when_staff_take_the_call_of(patient, staff)
    when_the_orderer_fills_the_cart_and_books_a_window(staff)
    staff.looks = lambda: None  # the next pages are the admin again
    staff.presses("End the call")


def then_staff_confirm_it_and_the_patient_is_called(staff, patient):
    order = Order.objects.placed().get()
    staff.opens(f"/admin/delivery/order/{order.pk}/step/confirm/")
    staff.page.get_by_label("I reviewed the patient in the monitoring program").check()
    staff.page.locator("#content form [type=submit]").last.click()
    staff.page.wait_for_load_state()
    order.refresh_from_db()
    assert (order.status, order.patient) == ("confirmed", patient)
    told = Notification.objects.filter(kind__startswith="order_").values_list("kind", "channel")
    assert set(told) == {("order_placed", "phone"), ("order_confirmed", "phone")}


def when_the_physician_renews_it(physician, certification):
    amara, today = certification.physician, timezone.localdate()
    physician.signs_in(amara.user.email)
    physician.identifies(amara)
    physician.opens("/certification/due/")
    physician.follows(f"Renew {certification.patient.name}")
    for name in ("exam_date", "monitoring_reviewed_date"):
        physician.fills_date(name, today.month, today.day, today.year)
    physician.ticks("still_eligible", *ATTESTATIONS)
    physician.signs_as(amara.name)
    physician.submits()


def then_the_new_card_is_printed_and_a_call_is_listed(physician, certification):
    renewal = Certification.objects.active().get()
    last_day = renewal.last_valid_day
    assert (renewal.patient, renewal.renewal_of) == (certification.patient, certification)
    physician.follows("Print card")
    physician.sees(f"{last_day:%B} {last_day.day}, {last_day.year}")
    call = Notification.objects.get(kind="patient_certified", dedupe_key__endswith=f":{renewal.pk}")
    assert (call.channel, call.recipient) == ("phone", certification.patient.phone.as_e164)
