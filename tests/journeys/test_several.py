"""A physician reviews two due renewals one by one, and signs both together."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification.models import Certification, Draft
from certification.statements import ATTESTATIONS
from tests import factories

pytestmark = pytest.mark.journey


def test_two_renewals_are_reviewed_one_by_one_and_signed_once(visitor):
    physician = visitor()
    amara = given_a_physician_with_two_certifications_that_end_soon()
    physician.signs_in(amara.user.email)
    physician.identifies(amara)
    when_the_physician_chooses_both(physician)
    for place in ("1 of 2", "2 of 2"):
        physician.sees(place)
        when_the_physician_reviews_a_renewal(physician)
    then_both_wait_for_one_signature(physician)
    when_the_physician_signs(physician, amara)
    then_both_are_renewed(physician)
    physician.met_no_barrier()


def given_a_physician_with_two_certifications_that_end_soon():
    amara = factories.identified_physician(first_name="Amara", last_name="Osei")
    signed = timezone.localdate() - timedelta(days=345)
    for last_name in ("Ortiz", "Park"):
        factories.certification(amara, on=signed, joined=False, profile=factories.profile(last_name=last_name))
    return amara


def when_the_physician_chooses_both(physician):
    physician.opens("/certification/due/")
    physician.follows("Renew several at once")
    for number in (1, 2):
        physician.presses_label_of(physician.page.locator(f"#chosen-{number}"))
    physician.submits()


def when_the_physician_reviews_a_renewal(physician):
    today = timezone.localdate()
    physician.ticks("still_eligible")
    for name in ("exam_date", "monitoring_reviewed_date"):
        physician.fills_date(name, today.month, today.day, today.year)
    physician.ticks(*ATTESTATIONS)
    physician.submits()


def then_both_wait_for_one_signature(physician):
    physician.sees("2 reviewed")
    assert Certification.objects.active().count() == Draft.objects.reviewed().count() == 2


def when_the_physician_signs(physician, amara):
    physician.signs_as(amara.name)
    physician.submits()


def then_both_are_renewed(physician):
    physician.sees("Signed: 2 certifications")
    assert Certification.objects.active().filter(renewal_of__isnull=False).count() == 2
