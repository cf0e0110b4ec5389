"""After the first signature: confirmation, invitation, renewal, withdrawal."""

import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from certification.models import Certification, Draft, Invitation
from certification.statements import ATTESTATIONS
from tests import factories
from tests.certification import forms
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


@shared
def ending(physician):
    """20 days left; directions and 2.25 oz stand in it."""
    return factories.certification(
        physician,
        on=timezone.localdate() - timedelta(days=345),
        joined=False,
        statement=factories.statement(monthly_allotment_oz=Decimal("2.25"), directions="At night."),
    )


def url(certification, step):
    return f"/certification/{certification.uuid}/{step}/"


def forget_the_password(client):
    session = client.session
    session["account_authentication_methods"] = []
    session.save()


# --- Confirmation ---------------------------------------------------------------------------------------------------


def test_confirmation_of_a_draft_leads_to_the_review(client, physician):
    draft = factories.draft(physician)
    assert client.get(url(draft, "confirmation")).url == url(draft, "sign")
    assert client.get(url(draft, "renew")).url == url(draft, "sign")


def test_confirmation_tells_what_the_patient_gets_and_when_renewal_opens(client, physician):
    certification = factories.certification(physician, joined=False, caregiver=factories.caregiver(first_name="Elena"))
    page = client.get(url(certification, "confirmation")).content.decode()
    opens = certification.expires_date - timedelta(days=30)
    assert f"Renewal opens on {opens:%A, %B %-d, %Y}" in page
    assert certification.patient.email in page and "Elena" in page and "Add another patient" in page


def test_confirmation_of_a_patient_without_email_says_to_print(client, physician):
    profile = factories.profile(email="", has_no_email=True)
    certification = factories.certification(physician, joined=False, profile=profile)
    page = client.get(url(certification, "confirmation")).content.decode()
    assert "print the card" in page and "Send the invitation" not in page


def test_confirmation_stays_within_its_queries(client, physician, django_assert_max_num_queries):
    certification = factories.certification(physician, caregiver=factories.caregiver())
    with django_assert_max_num_queries(21):  # five read what is left, three the history, one counts for the menu
        client.get(url(certification, "confirmation"))


def test_invite_again_sends_a_new_link(client, physician):
    certification = factories.certification(physician, on=timezone.localdate() - timedelta(days=3), joined=False)
    first = Invitation.objects.get()
    for _ in range(2):  # a double click sends one
        assert client.post(url(certification, "invite")).url == url(certification, "confirmation")
    first.refresh_from_db()
    assert Invitation.objects.count() == 2 and first.valid_until <= timezone.now()


def test_invite_reaches_the_caregiver_too(client, physician):
    day = timezone.localdate() - timedelta(days=3)
    certification = factories.certification(physician, on=day, joined=False, caregiver=factories.caregiver())
    client.post(url(certification, "invite"), {"who": "caregiver"})
    assert Invitation.objects.latest("pk").caregiver == certification.patient.current_assignment.caregiver


def test_invite_of_who_has_joined_sends_nothing(client, physician):
    certification = factories.certification(physician)
    page = client.post(url(certification, "invite"), follow=True).content.decode()
    assert "No invitation was sent" in page and Invitation.objects.count() == 1


def test_invite_is_no_link(client, physician):
    certification = factories.certification(physician, on=timezone.localdate() - timedelta(days=3), joined=False)
    assert client.get(url(certification, "invite")).url == url(certification, "confirmation")
    assert Invitation.objects.count() == 1


# --- Renewal --------------------------------------------------------------------------------------------------------


def test_renew_shows_last_years_answers_and_the_statement_unticked(client, ending):
    form = client.get(url(ending, "renew")).context["form"]
    assert form["condition_codes"].value() == ["cancer"]
    assert (form["monthly_allotment_oz"].value(), form["directions"].value()) == (Decimal("2.25"), "At night.")
    assert not any(form[name].value() for name in ("exam_date", "signature_name", *ATTESTATIONS))


def test_renew_signs_for_a_year_from_today(client, physician, ending):
    response = client.post(url(ending, "renew"), forms.renewal(physician.name))
    renewal = Certification.objects.active().get()
    assert response.url == url(renewal, "confirmation")
    assert (renewal.renewal_of, renewal.certified_date) == (ending, timezone.localdate())
    again = client.post(url(ending, "renew"), forms.renewal(physician.name))
    assert again.url == response.url and Certification.objects.count() == 2
    assert renewal.number in client.get(url(ending, "confirmation")).content.decode()


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"signature_name": "Rosa"}, "signature_name"),
        ({"monthly_allotment_oz": "4"}, "monthly_allotment_oz"),
        ({"condition_codes": ["severe-epilepsy"]}, "condition_codes"),
        ({"exam_date_month": "13"}, "exam_date"),
        ({"explained_risks": ""}, "explained_risks"),
        ({"directions": "x\x00"}, "directions"),
    ],
)
def test_renew_refuses_beside_the_field(client, physician, ending, over, field):
    response = client.post(url(ending, "renew"), forms.renewal(**{"signature_name": physician.name, **over}))
    assert list(response.context["form"].errors) == [field]
    ending.refresh_from_db()
    assert ending.status == "active" and Certification.objects.count() == 1


def test_renew_before_it_opens_says_when(client, physician):
    certification = factories.certification(physician)
    for response in (client.get(url(certification, "renew")), client.post(url(certification, "renew"))):
        opens = certification.expires_date - timedelta(days=30)
        assert f"Renewal opens on {opens:%B %-d, %Y}" in response.content.decode()
    assert Certification.objects.count() == 1


def test_renew_is_the_physicians_alone(physician, ending):
    client = factories.client_for(factories.delegate(physician))
    assert client.get(url(ending, "withdraw")).status_code == 403
    assert client.post(url(ending, "withdraw"), {"reason": "x"}).status_code == 403
    client.post(
        url(ending, "renew"), forms.renewal(physician.name)
    )  # a delegate prepares: the physician's statement is not read
    assert Certification.objects.active().get() == ending
    assert set(Draft.objects.get().answers) == {"questions", "condition", "letters"}


def test_renew_asks_who_it_is_and_keeps_what_was_typed_encrypted(client, physician, ending):
    forget_the_password(client)
    assert client.get(url(ending, "renew")).context["form"].asked_password
    typed = forms.renewal(physician.name, directions="Only at night.", condition_codes=["glaucoma"])
    assert list(client.post(url(ending, "renew"), typed).context["form"].errors) == ["password"]
    confirm = client.post(url(ending, "renew"), {**typed, "password": "half-typed", "otherwise": "1"})
    stored = str(dict(client.session.items()))
    assert "glaucoma" not in stored and "Only at night" not in stored
    assert Certification.objects.count() == 1

    assert client.post(confirm.url, {"password": factories.PASSWORD}).url == url(ending, "renew")
    form = client.get(url(ending, "renew")).context["form"]
    assert (form["directions"].value(), form["condition_codes"].value()) == ("Only at night.", ["glaucoma"])
    assert not form.errors
    assert client.post(url(ending, "renew"), typed).status_code == 302
    assert Certification.objects.active().get().condition_codes == ["glaucoma"]


def test_saved_input_of_a_renewal_is_not_shown_in_another_renewal(client, physician, ending):
    other = factories.certification(physician, on=timezone.localdate() - timedelta(days=350), joined=False)
    forget_the_password(client)
    client.post(url(ending, "renew"), forms.renewal(physician.name, directions="Only at night.", otherwise="1"))
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()
    assert client.get(url(other, "renew")).context["form"]["directions"].value() == ""


# --- Withdrawal -----------------------------------------------------------------------------------------------------


def withdrawal(reason):
    day = timezone.localdate()
    return {
        "reason": reason,
        **{f"deliveries_stop_date_{part}": getattr(day, part) for part in ("month", "day", "year")},
    }


def test_withdraw_says_what_will_happen_and_ends_it(client, physician):
    certification = factories.certification(physician)
    page = client.get(url(certification, "withdraw")).content.decode()
    assert "cancelled" in page and "told at once" in page
    for _ in range(2):
        response = client.post(url(certification, "withdraw"), withdrawal("No longer under my care."))
        assert response.url == url(certification, "confirmation")
    certification.refresh_from_db()
    assert (certification.status, certification.ended_reason) == ("withdrawn", "No longer under my care.")
    assert "It was withdrawn on" in client.get(url(certification, "confirmation")).content.decode()
    assert client.post(url(certification, "invite")).status_code == 302


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "\x00"])
def test_withdraw_wants_a_reason(client, physician, reason):
    certification = factories.certification(physician)
    response = client.post(url(certification, "withdraw"), withdrawal(reason))
    assert list(response.context["form"].errors) == ["reason"]
    certification.refresh_from_db()
    assert certification.status == "active"
