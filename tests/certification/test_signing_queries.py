"""How many queries a signature needs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certification.actions import sign_draft
from certification.models import CaregiverAssignment
from notifications.models import Notification
from tests import factories

pytestmark = pytest.mark.django_db
# Savepoints inside count, the transaction of the test does not; two delete draft and letters, two look for bounces.
MOST_QUERIES = 24


def signed(draft):
    with CaptureQueriesContext(connection) as caught:
        sign_draft(draft=draft, signature_name=draft.physician.name, by=draft.physician.user)
    outermost = ("BEGIN", "COMMIT", caught[0]["sql"], caught[-1]["sql"])
    return [query["sql"] for query in caught if query["sql"] not in outermost]


@pytest.mark.parametrize("caregiver", [None, {"last_name": "Marsh"}])
def test_sign_draft_takes_at_most_24_queries(caregiver):
    draft = factories.draft(caregiver=caregiver and factories.caregiver(**caregiver))
    queries = signed(draft)
    assert len(queries) <= MOST_QUERIES, "\n".join(queries)
    assert Notification.objects.filter(kind="invitation").count() == (2 if caregiver else 1)


def test_sign_draft_finds_a_caregiver_who_was_entered_before():
    mother = factories.caregiver(last_name="Marsh")
    first, second = factories.draft(caregiver=mother), factories.draft(caregiver=mother)
    signed(first)
    queries = signed(second)
    assert len(queries) <= MOST_QUERIES + 5  # the invitation of a patient who is invited already is read, and stays
    assert CaregiverAssignment.objects.values("caregiver").distinct().count() == 1
    assert Notification.objects.filter(kind="invitation").count() == 3
