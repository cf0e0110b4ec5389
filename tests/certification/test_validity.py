"""Each question of certification/rules/validity.py gets the same answer for one row and as a filter."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certification import rules
from certification.models import Certification, Patient
from tests import factories
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 28)
OPENS = 60
SPANS = st.integers(-3, 3) | st.integers(OPENS - 2, OPENS + 2) | st.integers(-400, 400)
STATUS = Certification.Status
YEARS = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@shared
def certification():
    return factories.certification(joined=False)


@YEARS
@given(status=st.sampled_from(STATUS.values), ends=SPANS, signed=SPANS, stops=st.none() | SPANS)
def test_each_question_is_the_same_for_a_certification_and_in_a_filter(certification, status, ends, signed, stops):
    expires_date = TODAY + timedelta(days=ends)
    certification.status, certification.expires_date = status, expires_date
    certification.certified_date = min(TODAY + timedelta(days=signed), expires_date - timedelta(days=1))
    certification.deliveries_stop_date = None
    if stops is not None and status in (STATUS.WITHDRAWN, STATUS.SUPERSEDED):
        certification.deliveries_stop_date = max(TODAY + timedelta(days=stops), certification.certified_date)
    certification.ended_at = None if status == STATUS.ACTIVE else timezone.now()
    with unguarded():
        certification.save()

    def is_found(where):
        return Certification.objects.filter(where, pk=certification.pk).exists()

    assert rules.runs_on(certification, TODAY) is is_found(rules.running_on(TODAY))
    assert rules.is_valid_on(certification, TODAY) is is_found(rules.valid_on(TODAY))
    assert rules.is_ending_soon(certification, today=TODAY) is is_found(rules.ending_soon(today=TODAY))
    assert rules.is_expired(certification, today=TODAY) is is_found(rules.expired(today=TODAY))
    assert rules.is_stopping(certification, today=TODAY) is is_found(rules.stopping(today=TODAY))
    span = {"after": TODAY - timedelta(days=30), "until": TODAY + timedelta(days=14)}
    assert rules.is_expiring(certification, **span) is is_found(rules.expiring(**span))
    of_patient = Patient.objects.filter(rules.valid_on(TODAY, "certifications__"), pk=certification.patient_id)
    assert of_patient.exists() is rules.is_valid_on(certification, TODAY)


def test_ending_soon_begins_when_the_renewal_opens_and_stops_with_the_year(certification):
    day = timedelta(days=1)
    opens, ends = rules.renewal_opens_date(certification), certification.expires_date
    answers = [rules.is_ending_soon(certification, today=today) for today in (opens - day, opens, ends - day, ends)]
    assert answers == [False, True, True, False]
