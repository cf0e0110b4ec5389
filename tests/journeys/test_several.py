"""Two renewals that are due, each looked over on its own page, one signature for both."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification.models import Certification, Draft
from certification.statements import ATTESTATIONS, QUESTIONS
from tests import factories

pytestmark = pytest.mark.journey


def test_two_renewals_are_reviewed_one_by_one_and_signed_once(visitor):
    she = visitor()
    physician = given_a_physician_with_two_that_end_soon()
    she.signs_in(physician.user.email)
    she.identifies(physician)
    when_she_chooses_both(she)
    for place in ("1 of 2", "2 of 2"):
        she.sees(place)
        when_she_looks_one_over(she)
    then_both_wait_for_one_signature(she)
    when_she_signs(she, physician)
    then_both_are_renewed(she)
    she.met_no_barrier()


def given_a_physician_with_two_that_end_soon():
    physician = factories.identified_physician(first_name="Amara", last_name="Osei")
    signed = timezone.localdate() - timedelta(days=345)
    for last_name in ("Ortiz", "Park"):
        factories.certification(physician, on=signed, joined=False, profile=factories.profile(last_name=last_name))
    return physician


def when_she_chooses_both(she):
    she.opens("/certification/due/")
    she.follows("Renew several at once")
    for number in (1, 2):
        she.presses_label_of(she.page.locator(f"#chosen-{number}"))
    she.submits()


def when_she_looks_one_over(she):
    today = timezone.localdate()
    she.ticks(*QUESTIONS)
    for name in ("exam_date", "monitoring_reviewed_date"):
        she.fills_date(name, today.month, today.day, today.year)
    she.ticks(*ATTESTATIONS)
    she.submits()


def then_both_wait_for_one_signature(she):
    she.confirms_with_password()
    she.sees("2 reviewed")
    assert Certification.objects.active().count() == Draft.objects.reviewed().count() == 2


def when_she_signs(she, physician):
    she.fills(signature_name=physician.name)
    she.submits()


def then_both_are_renewed(she):
    she.sees("Signed: 2 certifications")
    assert Certification.objects.active().filter(renewal_of__isnull=False).count() == 2
