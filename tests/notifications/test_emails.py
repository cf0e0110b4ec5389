import pytest
from django.core import mail

from notifications.actions import send_due
from tests import factories

pytestmark = pytest.mark.django_db


def test_no_html_escape_is_in_a_subject_or_a_plain_part(settings):
    settings.DISPENSARY_NAME = "Wellness & Healing's"
    factories.certification(joined=False, profile=factories.profile(first_name="D'Angelo"))
    send_due(by=None)
    assert any("Wellness & Healing's" in message.subject for message in mail.outbox)
    for message in mail.outbox:
        assert "&amp;" not in message.subject + message.body
        assert "&#x27;" not in message.subject + message.body
    assert any("D&#x27;Angelo" in message.alternatives[0].content for message in mail.outbox)
