"""Eligibility ends at midnight: a physician can sign the evening before, and reads a refusal the morning after."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail

from accounts import tasks
from accounts.actions import set_registration
from certification.models import Certification
from certification.rules import draft_digest
from notifications.actions import send_due
from tests import factories
from tests.certification import forms
from tests.shared import shared

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")
ENDS = date(2027, 3, 1)  # state registrations are valid through 28 February of odd years
BEFORE = datetime(2027, 2, 28, 23, 59, 59, tzinfo=NEW_YORK)


@shared
def physician():
    with time_machine.travel(BEFORE - timedelta(days=30), tick=False):
        return factories.identified_physician(
            first_name="Amara",
            last_name="Osei",
            registrations_over={"controlled_substance": {"expires_date": ENDS}},
        )


def sign(physician):
    """Sign the draft on its page at this moment; return the certification, or None, and the page that follows."""
    draft = factories.draft(physician, statement=None)
    answers = {**forms.statement(), "signature_name": physician.name, "seen": draft_digest(draft.answers)}
    page = factories.client_for(physician.user).post(f"/certification/{draft.uuid}/sign/", answers, follow=True)
    return Certification.objects.filter(uuid=draft.uuid).first(), page.content.decode()


def mails(address):
    return [message.subject for message in mail.outbox if message.to == [address]]


def test_lost_eligibility_at_midnight(physician):
    registrar = factories.staff("Registrar")
    with time_machine.travel(BEFORE, tick=False) as clock:
        signed, page = sign(physician)
        assert signed.status == "active" and signed.certified_date == date(2027, 2, 28)
        assert tasks.recheck_registrations() == 0

        clock.shift(timedelta(seconds=1))
        refused, page = sign(physician)
        assert refused is None
        assert "You cannot certify today." in page and "Department of Consumer Protection" in page
        eligibility = factories.client_for(physician.user).get("/accounts/physician/").content.decode()
        assert "You cannot certify yet" in eligibility and "Not met" in eligibility

        clock.shift(timedelta(minutes=5))
        send_due(by=None)
        mail.outbox.clear()
        assert tasks.recheck_registrations() == 1
        send_due(by=None)
        assert mails(physician.email) == ["A registration has ended: you cannot certify until it is renewed"]
        assert mails(registrar.email) == ["1 registration has ended"]
        signed.refresh_from_db()
        assert signed.is_valid_on(ENDS) and signed.status == "active"

        set_registration(
            physician=physician,
            kind="controlled_substance",
            number="CSP.0000001",
            state="CT",
            expires_date=date(2029, 3, 1),
            source="roster",
            by=registrar,
        )
        assert sign(physician)[0].status == "active"
