"""Drafts that a delegate prepares and the physician signs one after the other."""

import time
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.utils import timezone

from accounts.actions import activate_delegations, identify_physician, name_delegate
from accounts.backends import PortalBackend
from accounts.rules import MayNotSign
from certification import actions, rules
from certification.models import Certification, Draft, Invitation, Patient
from certification.statements import ATTESTATIONS
from tests import factories
from tests.certification import forms
from tests.shared import shared

pytestmark = pytest.mark.django_db
LIST = "/certification/"


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


@shared
def delegate(physician):
    return factories.delegate(physician)


@shared
def office(delegate):
    return factories.client_for(delegate)


def url(certification, step):
    return f"/certification/{certification.uuid}/{step}/"


def ending(physician, **over):
    day = timezone.localdate() - timedelta(days=345)
    return factories.certification(physician, on=day, joined=False, profile=factories.profile(**over))


def prepared(physician, by, **over):
    """Return a draft as a delegate prepared it; `over` replaces answers."""
    draft = actions.start_draft(physician=physician, questions=factories.questions(), by=by)
    answers = {"profile": factories.profile(), "condition": factories.condition(), "caregiver": None, **over}
    for step, given in answers.items():
        draft = actions.save_step(draft=draft, step=step, answers=given, by=by)
    return draft


def renewal_of(certification, by, **over):
    return actions.prepare_renewal(
        draft=Draft.objects.renewing(certification),
        questions=factories.questions(),
        condition=factories.condition(**over),
        by=by,
    )


def signing(draft, **over):
    """Return what the page of the draft posts, with its present answers."""
    draft = Draft.objects.select_related("physician").get(pk=draft.pk)
    seen = rules.draft_digest(draft.answers)
    return {**forms.statement(), "signature_name": draft.physician.name, "seen": seen, **over}


def reauthenticated(client, at=None):
    session = client.session
    entry = {"method": "password", "at": at or time.time(), "reauthenticated": True}
    session["account_authentication_methods"] = [entry] if at is not False else []
    session.save()


# --- What a delegate does -------------------------------------------------------------------------------------------


def test_a_delegate_goes_from_a_new_patient_to_what_waits_for_the_signature(office, physician):
    office.post("/certification/add/", forms.profile())
    draft = Draft.objects.get()
    assert office.post(url(draft, "profile"), forms.profile()).url == url(draft, "condition")
    draft.refresh_from_db()
    assert draft.prepared_at is None

    page = office.post(url(draft, "condition"), forms.condition(), follow=True).content.decode()

    draft.refresh_from_db()
    assert draft.prepared_at is not None
    assert "Ready: Dr. Amara Osei finds it under “To sign”." in page and "Start signing" not in page
    assert not Patient.objects.exists()


def test_a_delegate_reads_when_another_step_is_not_complete(office, physician, delegate):
    draft = prepared(physician, delegate, profile={"first_name": "Rosa"})
    assert draft.prepared_at is None
    draft = prepared(physician, delegate, condition=factories.condition(exam_date=None))
    assert office.post(url(draft, "caregiver"), {"none": "1"}).url == LIST
    assert "Another step is not complete yet" in office.get(LIST).content.decode()


def test_a_delegate_prints_invites_and_sees_what_is_due(office, physician):
    certification = ending(physician)
    assert "Print the whole record" in office.get(url(certification, "confirmation")).content.decode()
    assert "Print this page" in office.get(url(certification, "confirmation") + "?whole=1").content.decode()
    office.post(url(certification, "invite"))
    assert Invitation.objects.count() == 2
    assert [row.certification for row in office.get(f"{LIST}?show=ending").context["rows"]] == [certification]


def test_a_delegate_never_attests_signs_renews_or_withdraws(physician, delegate):
    draft, certification = prepared(physician, delegate), ending(physician)
    signature = {"signature_name": physician.name, "by": delegate}
    answers = {
        "questions": factories.questions(),
        "condition": factories.condition(),
        "statement": factories.statement(),
    }
    for call in (
        lambda: actions.save_step(draft=draft, step="statement", answers=answers["statement"], by=delegate),
        lambda: actions.sign_draft(draft=draft, answers={"statement": answers["statement"]}, **signature),
        lambda: actions.sign_draft(draft=Draft.objects.renewing(certification), answers=answers, **signature),
        lambda: actions.withdraw_certification(certification=certification, reason="x", by=delegate),
    ):
        with pytest.raises(MayNotSign):
            call()
    assert Certification.objects.active().get() == certification
    draft.refresh_from_db()
    assert "statement" not in draft.answers


@pytest.mark.parametrize("step", ["sign", "take-over"])
def test_a_delegate_finds_no_page_to_sign_on(office, physician, delegate, step):
    draft = prepared(physician, delegate)
    assert office.get(url(draft, step)).status_code == 403
    assert office.post(url(draft, step), signing(draft)).status_code == 403
    assert Draft.objects.exists() and not Certification.objects.exists()


def test_a_delegate_takes_a_prepared_draft_up_again_at_the_last_page(office, physician, delegate):
    draft = prepared(physician, delegate)
    [row] = office.get(LIST).context["rows"]
    assert (row.next_url, row.is_to_sign) == (url(draft, "condition"), False)
    assert office.get(f"{LIST}?show=sign").context["rows"] and not office.get(f"{LIST}?show=draft").context["rows"]


def test_a_colleague_prepares_for_another_physician_and_signs_only_own_drafts(physician):
    colleague = factories.identified_physician()
    name_delegate(physician=physician, email=colleague.user.email, by=physician.user)
    activate_delegations(user=colleague.user, by=colleague.user)
    account = PortalBackend().get_user(colleague.user_id)
    client, draft = factories.client_for(account), prepared(physician, account)

    assert client.get(url(draft, "profile")).status_code == 200
    assert client.get(url(draft, "sign")).status_code == 403
    assert client.get(LIST).context["to_sign"] == 0
    client.post("/certification/add/", forms.profile(physician=physician.pk))
    assert Draft.objects.filter(physician=physician).count() == 2


def test_a_delegate_who_becomes_a_physician_identifies_before_anything(physician, delegate):
    own = factories.physician()
    identify_physician(dea_number=own.dea_number, ssn_last_four=factories.SSN_LAST_FOUR, address=None, by=delegate)
    client = factories.client_for(delegate, identified=False)
    assert client.get(LIST).url.startswith("/accounts/physician/identify/")


# --- What is prepared -----------------------------------------------------------------------------------------------


def test_save_step_that_breaks_what_was_prepared_takes_it_out_again(physician, delegate):
    draft = prepared(physician, delegate)
    first = draft.prepared_at
    assert actions.save_step(draft=draft, step="caregiver", answers=None, by=delegate).prepared_at == first

    minor = factories.profile(birth_date=timezone.localdate() - timedelta(days=3000))
    assert actions.save_step(draft=draft, step="profile", answers=minor, by=delegate).prepared_at is None


def test_prepare_renewal_stores_one_draft_with_the_latest_answers(physician, delegate):
    certification = ending(physician)
    first = renewal_of(certification, delegate)
    again = renewal_of(certification, delegate, condition_codes=["glaucoma"])

    assert first == again == Draft.objects.get()
    assert again.answers["condition"]["condition_codes"] == ["glaucoma"]
    assert (again.prepared_at, again.prepared_by, again.physician) == (first.prepared_at, delegate, physician)
    certification.refresh_from_db()
    assert certification.status == "active"


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"condition_codes": ["severe-epilepsy"]}, rules.ConditionError),
        ({"exam_date": timezone.localdate() - timedelta(days=200)}, rules.ExamDateError),
        ({"exam_date": None}, rules.IncompleteError),
    ],
)
def test_prepare_renewal_asks_what_signing_asks(physician, delegate, over, error):
    certification = ending(physician)
    with pytest.raises(error):
        renewal_of(certification, delegate, **over)
    assert not Draft.objects.exists()


def test_prepare_renewal_before_it_opens_is_refused(physician, delegate):
    with pytest.raises(rules.RenewalNotOpen):
        renewal_of(factories.certification(physician, joined=False), delegate)


def test_a_delegate_prepares_a_renewal_on_its_page(office, physician):
    certification = ending(physician)
    form = office.get(url(certification, "renew")).context["form"]
    assert form["condition_codes"].value() == ["cancer"] and "monthly_allotment_oz" not in form.fields

    assert "condition_codes" in office.post(url(certification, "renew"), {}).context["form"].errors
    response = office.post(url(certification, "renew"), forms.preparation(condition_codes=["glaucoma"]))

    assert response.url == LIST
    draft = Draft.objects.get()
    assert office.get(url(certification, "renew")).context["form"]["condition_codes"].value() == ["glaucoma"]
    for step in ("profile", "condition", "caregiver", "sign"):
        assert office.get(url(draft, step)).url == url(certification, "renew")


def test_a_withdrawn_certification_takes_its_prepared_renewal_along(physician, delegate):
    certification = ending(physician)
    renewal_of(certification, delegate)
    actions.withdraw_certification(certification=certification, reason="Moved.", by=physician.user)
    assert not Draft.objects.exists()


def test_a_prepared_renewal_can_be_discarded_and_prepared_again(office, physician, delegate):
    certification = ending(physician)
    draft = renewal_of(certification, delegate)
    office.post(url(draft, "discard"))
    assert not Draft.objects.exists()
    assert renewal_of(certification, delegate).renews == certification


def test_a_prepared_renewal_is_found_by_the_patients_name(client, physician, delegate):
    certification = ending(physician, first_name="Kofi", last_name="Boateng")
    draft = renewal_of(certification, delegate)
    client.post(LIST, {"term": "boateng"})
    page = client.get(LIST)
    assert [row.draft or row.certification for row in page.context["rows"]] == [draft, certification]
    assert "Kofi Boateng" in client.get(f"{LIST}?show=sign").content.decode()


# --- What the physician signs ---------------------------------------------------------------------------------------


def test_the_list_shows_how_many_wait_and_begins_with_the_longest_wait(client, physician, delegate):
    assert "To sign (" not in client.get(LIST).content.decode()
    first, second = prepared(physician, delegate), renewal_of(ending(physician), delegate)
    page = client.get(LIST)
    assert "To sign (2)" in page.content.decode()
    assert page.context["first_to_sign"] == url(first, "sign")
    assert [row.draft for row in page.context["rows"][:2]] == [first, second]


def test_statement_and_signature_on_one_page_lead_to_the_next(client, physician, delegate):
    certification = ending(physician)
    first, second = prepared(physician, delegate), renewal_of(certification, delegate)
    page = client.get(url(first, "sign")).content.decode()
    assert all(str(sentence) in page for sentence in ATTESTATIONS.values())
    assert "2 wait for you" in page and "checked" not in page

    assert client.post(url(first, "sign"), signing(first)).url == url(certification, "renew")
    page = client.get(url(certification, "renew"))
    assert "Your office prepared condition and exam" in page.content.decode()
    assert page.context["form"]["exam_date"].value() == timezone.localdate()
    assert client.post(url(certification, "renew"), forms.renewal(physician.name)).url == LIST

    first, second = (Certification.objects.get(pk=draft.pk, uuid=draft.uuid) for draft in (first, second))
    assert (first.status, second.status, second.renewal_of) == ("active", "active", certification)
    assert second.patient == certification.patient and not Draft.objects.exists()
    assert first.monthly_allotment_oz == second.monthly_allotment_oz
    assert client.get(url(first, "sign")).url == url(first, "confirmation")
    assert client.get(LIST).context["to_sign"] == 0


def test_a_skipped_draft_does_not_come_back_by_itself(client, physician, delegate):
    passed, signed = prepared(physician, delegate), prepared(physician, delegate)
    assert client.post(url(signed, "sign"), signing(signed)).url == LIST
    confirmation = client.get(url(signed, "confirmation"))
    assert "Next to sign" in confirmation.content.decode()
    assert confirmation.context["next_to_sign_url"] == url(passed, "sign")


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"signature_name": "Rosa"}, "signature_name"),
        ({"monthly_allotment_oz": "4"}, "monthly_allotment_oz"),
        ({"explained_risks": ""}, "explained_risks"),
    ],
)
def test_sign_refuses_beside_the_field_and_writes_nothing(client, physician, delegate, over, field):
    draft = prepared(physician, delegate)
    response = client.post(url(draft, "sign"), signing(draft, **over))
    assert list(response.context["form"].errors) == [field]
    draft.refresh_from_db()
    assert "statement" not in draft.answers and not Patient.objects.exists()


def test_sign_refuses_what_the_office_changed_while_the_page_was_open(client, physician, delegate):
    draft = prepared(physician, delegate)
    posted = signing(draft)
    changed = factories.condition(condition_codes=["glaucoma"])
    actions.save_step(draft=draft, step="condition", answers=changed, by=delegate)

    page = client.post(url(draft, "sign"), posted)

    assert "The answers were changed since you opened this page." in page.content.decode()
    assert "Glaucoma" in page.content.decode() and not Patient.objects.exists()
    again = {**posted, "seen": page.context["seen"]}
    assert client.post(url(draft, "sign"), again).url == LIST


def test_an_exam_that_is_too_old_is_reviewed_again_before_signing(client, physician, delegate):
    draft = prepared(physician, delegate)
    with time_machine.travel(timezone.now() + timedelta(days=181), tick=False):
        client = factories.client_for(physician.user)
        page = client.get(url(draft, "sign"))
        assert "too long ago" in page.content.decode()
        assert [problem.url for problem in page.context["problems"]] == [url(draft, "condition")]


def test_change_on_the_page_to_sign_comes_back_to_it(client, physician, delegate):
    draft = prepared(physician, delegate)
    assert f"{url(draft, 'condition')}?return=sign" in client.get(url(draft, "sign")).content.decode()
    assert client.post(f"{url(draft, 'condition')}?return=sign", forms.condition()).url == url(draft, "sign")
    assert client.post(f"{url(draft, 'condition')}?return=//evil", forms.condition()).url == url(draft, "sign")


def test_one_reauthentication_serves_the_signatures_of_five_minutes(physician, delegate):
    drafts = [prepared(physician, delegate) for _ in range(4)]
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client = factories.client_for(physician.user)
        reauthenticated(client)
        for draft in drafts[:3]:
            assert client.post(url(draft, "sign"), signing(draft)).status_code == 302
            clock.shift(timedelta(seconds=149))
        clock.move_to(start + timedelta(seconds=301))
        assert client.get(url(drafts[3], "sign")).context["form"].asked_password
        form = client.post(url(drafts[3], "sign"), signing(drafts[3])).context["form"]
        assert list(form.errors) == ["password"]
    assert Certification.objects.active().count() == 3


def test_saved_input_is_encrypted_while_the_physician_signs_in_again(client, physician, delegate):
    draft = prepared(physician, delegate)
    reauthenticated(client, at=False)
    response = client.post(url(draft, "sign"), signing(draft, directions="Only at night.", otherwise="1"))
    assert response.url == f"/accounts/reauthenticate/?next={quote(url(draft, 'sign'), safe='')}"
    assert "Only at night" not in str(dict(client.session.items()))
    assert not Patient.objects.exists()

    reauthenticated(client)
    form = client.get(url(draft, "sign")).context["form"]
    assert form["directions"].value() == "Only at night."


def test_pages_to_sign_stay_within_their_queries(client, physician, delegate, django_assert_max_num_queries):
    certification, draft = ending(physician), prepared(physician, delegate)
    renewal_of(certification, delegate)
    for address in (LIST, url(draft, "sign"), url(certification, "renew")):
        with django_assert_max_num_queries(14):
            assert client.get(address).status_code == 200
