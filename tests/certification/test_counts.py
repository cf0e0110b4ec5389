"""The counts of an office: exact up to 1,000, and "1,000+" of more, which costs no more than 1,001."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from certification.models import Certification
from certification.models.certifications import office_of
from certification.presenters.groups import counts_of_office, due_counts
from tests import factories
from ui.counting import MOST_COUNTED
from ui.templatetags.portal import counted

pytestmark = pytest.mark.django_db


def office(count, **over):
    """Return a physician with as many certifications."""
    physician = factories.identified_physician()
    factories.copies(factories.certification(physician), count - 1, **over)
    return physician


def counts_shown(physician, address):
    page = factories.client_for(physician.user).get(address).content.decode()
    return re.findall(r'class="(?:count|start-number)[^>]*>([^<]*)<', page), page


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0"), (999, "999"), (1_000, "1,000"), (1_001, "1,000+"), (2_002, "1,000+")]
)
def test_a_count_says_when_there_are_more(count, shown):
    assert counted(count) == shown


def test_a_thousand_is_counted_and_one_more_is_said_to_be_more():
    physician = office(1_000)
    today = timezone.localdate()
    assert counts_of_office(office_of(physician.user, today), today)["all"] == 1_000
    assert counts_shown(physician, "/certification/")[0][0] == "1,000"

    factories.copies(Certification.objects.first(), 1)

    figures, _page = counts_shown(physician, "/certification/")
    assert figures == ["1,000+", "0", "0", "1,000+", "0", "0"]
    figures, page = counts_shown(physician, "/certification/start/")
    assert figures[-2:] == ["1,000+", "0"] and 'aria-label="1,000+ active"' in page


def test_no_more_is_counted_than_a_page_says():
    physician = office(1_200, expires_date=timezone.localdate() + timedelta(days=20))
    today = timezone.localdate()
    asked = office_of(physician.user, today)

    counts, due = counts_of_office(asked, today), due_counts(asked, today)

    assert (counts["ending"], due["7"], due["30"]) == (MOST_COUNTED + 1, 0, MOST_COUNTED + 1)
    figures, page = counts_shown(physician, "/certification/due/")
    assert figures == ["0", "1,000+", "1,000+", "1,000+", "0"]
    assert "Due for renewal (1,000+)" in counts_shown(physician, "/certification/")[1]


def test_groups_add_up_where_each_is_below_the_most():
    physician = office(600)
    first = Certification.objects.filter(physician=physician).first()
    factories.copies(first, 500, expires_date=timezone.localdate() + timedelta(days=20))
    today = timezone.localdate()

    counts = counts_of_office(office_of(physician.user, today), today)

    assert (counts["ending"], counts["later"], counts["active"]) == (500, 600, 1_100)
    assert counts_shown(physician, "/certification/")[0][3:5] == ["1,000+", "500"]


def test_an_office_without_rows_counts_none():
    applicant = factories.user()
    today = timezone.localdate()
    counts = counts_of_office(office_of(applicant, today), today)
    assert set(counts.values()) == {0}
    assert set(due_counts(office_of(applicant, today), today).values()) == {0}
