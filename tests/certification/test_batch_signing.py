"""Several at once: each reviewed and attested on its own page, one signature under all that were."""

import time
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actions import suspend_physician
from accounts.rules import MayNotSign, NotEligible
from certification import actions, rules
from certification.models import Certification, Draft
from certification.statements import ATTESTATIONS
from tests import factories
from tests.certification import forms
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
SEVERAL, SIGN_ALL, LIST = "/certification/several/", "/certification/sign-all/", "/certification/"


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


def ending(physician, days_left=20, **over):
    day = timezone.localdate() - timedelta(days=365 - days_left)
    return factories.certification(physician, on=day, joined=False, profile=factories.profile(**over))


def prepared(physician):
    """The draft of a new patient, as the office leaves it."""
    draft = factories.draft(physician, statement=None)
    return actions.save_step(draft=draft, step="caregiver", answers=None, by=physician.user)


def reviewed(certification, **over):
    """The renewal of it, looked over and attested."""
    answers = {"condition": factories.condition(), "statement": {**factories.statement(), "explained_to": ""}, **over}
    return actions.review_draft(
        draft=Draft.objects.renewing(certification),
        answers={"questions": factories.questions(), **answers},
        by=certification.physician.user,
    )


def sign(physician, drafts, **over):
    words = {
        "physician": physician,
        "seen": {str(draft.uuid): draft.reviewed_digest for draft in drafts},
        "signature_name": physician.name,
        "by": physician.user,
        **over,
    }
    return actions.sign_reviewed(**words)


def url(certification, step="renew"):
    return f"/certification/{certification.uuid}/{step}/"


def review_only(**over):
    return {**forms.preparation(), **forms.statement(), "later": "1", **over}


def signature(drafts, name="Amara Osei"):
    return {"chosen": [f"{draft.uuid}:{draft.reviewed_digest}" for draft in drafts], "signature_name": name}


def forget_the_password(client):
    session = client.session
    session["account_authentication_methods"] = []
    session.save()


# --- A review -------------------------------------------------------------------------------------------------------


def test_review_renewal_keeps_a_draft_and_signs_nothing(physician):
    certification = ending(physician)
    draft = reviewed(certification)
    certification.refresh_from_db()
    assert (certification.status, Certification.objects.count()) == ("active", 1)
    assert Draft.objects.reviewed().get() == draft


def test_review_renewal_wants_each_point_of_each_patient(physician):
    for name in ATTESTATIONS:
        with pytest.raises(rules.IncompleteError):
            reviewed(ending(physician), statement=factories.statement(**{name: False}))
    assert not Draft.objects.exists()


def test_review_is_the_physicians_alone(physician):
    certification, draft, delegate = ending(physician), prepared(physician), factories.delegate(physician)
    answers = {"statement": factories.statement()}
    of_renewal = {"questions": factories.questions(), "condition": factories.condition(), **answers}
    with pytest.raises(MayNotSign):
        actions.review_draft(draft=Draft.objects.renewing(certification), answers=of_renewal, by=delegate)
    with pytest.raises(MayNotSign):
        actions.review_draft(draft=draft, answers=answers, seen=rules.draft_digest(draft.answers), by=delegate)
    with pytest.raises(MayNotSign):
        sign(physician, [reviewed(certification)], by=delegate)
    assert Certification.objects.active().count() == 1


def test_review_before_it_opens_is_refused(physician):
    with pytest.raises(rules.RenewalNotOpen):
        reviewed(factories.certification(physician, joined=False))


def test_what_the_office_prepares_again_is_reviewed_again(physician):
    certification = ending(physician)
    reviewed(certification)
    changed = actions.prepare_renewal(
        draft=Draft.objects.renewing(certification),
        questions=factories.questions(),
        condition=factories.condition(condition_codes=["glaucoma"]),
        by=physician.user,
    )
    assert (changed.reviewed_at, changed.reviewed_digest, set(changed.answers)) == (
        None,
        "",
        {"questions", "condition", "letters"},
    )


def test_a_step_saved_after_the_review_takes_a_new_patient_off(physician):
    draft = prepared(physician)
    seen = rules.draft_digest(draft.answers)
    draft = actions.review_draft(
        draft=draft, answers={"statement": factories.statement()}, seen=seen, by=physician.user
    )
    assert draft.reviewed_at is not None
    changed = actions.save_step(
        draft=draft, step="condition", answers=factories.condition(), by=factories.delegate(physician)
    )
    assert changed.reviewed_at is None and changed.prepared_at is not None


def test_a_review_of_what_is_not_prepared_passes_no_constraint(physician):
    draft = factories.draft(physician, statement=None)
    for over in ({"reviewed_at": timezone.now()}, {"reviewed_digest": "x"}):
        with pytest.raises(IntegrityError), unguarded(), transaction.atomic():
            Draft.objects.filter(pk=draft.pk).update(**over)


# --- One signature --------------------------------------------------------------------------------------------------


def test_sign_reviewed_signs_renewals_and_new_patients(physician):
    old, draft = ending(physician), prepared(physician)
    seen = rules.draft_digest(draft.answers)
    draft = actions.review_draft(
        draft=draft, answers={"statement": factories.statement()}, seen=seen, by=physician.user
    )
    answer = sign(physician, [reviewed(old), draft])
    assert [certification.status for certification in answer.signed] == ["active", "active"] and answer.refused == []
    assert {certification.certified_date for certification in answer.signed} == {timezone.localdate()}
    assert not Draft.objects.exists() and Certification.objects.active().count() == 2


def test_sign_reviewed_twice_signs_once(physician):
    draft = reviewed(ending(physician))
    first, again = sign(physician, [draft]), sign(physician, [draft])
    assert first.signed == again.signed and again.refused == []
    assert Certification.objects.count() == 2


def test_sign_reviewed_names_what_changed_and_signs_the_others(physician):
    unchanged, moved, revoked = (ending(physician) for _ in range(3))
    drafts = [reviewed(certification) for certification in (unchanged, moved, revoked)]
    with unguarded():
        type(moved.patient).objects.filter(pk=moved.patient_id).update(street="9 Elm Street")
    actions.withdraw_certification(certification=revoked, reason="Moved.", by=physician.user)
    answer = sign(physician, drafts)
    assert [certification.renewal_of for certification in answer.signed] == [unchanged]
    assert [(draft.pk, type(error)) for draft, error in answer.refused] == [(drafts[1].pk, rules.ChangedError)]
    assert answer.gone == 1  # a withdrawal takes its renewal along
    moved.refresh_from_db()
    assert moved.status == "active"


def test_check_is_as_reviewed_refuses_another_review_than_the_page_showed(physician):
    certification = ending(physician)
    shown = reviewed(certification)
    reviewed(certification, condition=factories.condition(condition_codes=["glaucoma"]))
    [(_draft, error)] = sign(physician, [shown]).refused
    assert isinstance(error, rules.ChangedError)
    assert Certification.objects.active().get() == certification


def test_sign_reviewed_of_what_has_grown_old_is_refused(physician):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        draft = reviewed(ending(physician))
        clock.shift(timedelta(days=181))
        [(_draft, error)] = sign(physician, [draft]).refused
    assert isinstance(error, rules.ExamDateError)


def test_sign_reviewed_after_eligibility_ended_signs_nothing(physician):
    draft = reviewed(ending(physician))
    suspend_physician(physician=physician, reason="Complaint.", by=factories.staff("Registrar"))
    with pytest.raises(NotEligible):
        sign(physician, [draft])
    assert Draft.objects.reviewed().get() == draft


@pytest.mark.parametrize(
    ("over", "error"), [({"signature_name": "Rosa"}, rules.SignatureError), ({"seen": {}}, rules.IncompleteError)]
)
def test_check_something_is_chosen_and_signed_by_the_right_name(physician, over, error):
    draft = reviewed(ending(physician))
    with pytest.raises(error):
        sign(physician, [draft], **over)
    assert Draft.objects.reviewed().get() == draft


def test_sign_reviewed_signs_nothing_of_another_physician(physician):
    other = factories.identified_physician()
    theirs = reviewed(ending(other))
    assert sign(physician, [theirs]).gone == 1
    assert Draft.objects.reviewed().get() == theirs


# --- The pages ------------------------------------------------------------------------------------------------------


def test_the_chosen_follow_each_other_and_are_signed_once(client, physician):
    first, second, left_out = ending(physician, 5), ending(physician, 9), ending(physician, 12)
    new = prepared(physician)
    chosen = [str(draft.uuid) for draft in (first, second, new)]
    assert client.post(SEVERAL, {"chosen": chosen}).url == url(first)
    forget_the_password(client)  # a review is no signature
    page = client.get(url(first)).content.decode()
    assert "1 of 3" in page and "signature_name" not in page and "checked" in page
    assert client.post(url(first), review_only()).url == url(second)
    assert client.post(url(second), review_only()).url == url(new, "sign")
    seen = client.get(url(new, "sign")).context["seen"]
    assert client.post(url(new, "sign"), {**forms.statement(), "seen": seen}).url == SIGN_ALL
    assert client.get(SIGN_ALL).context["form"].asked_password

    client = factories.client_for(physician.user)
    page = client.get(SIGN_ALL)
    assert len(page.context["rows"]) == 3 and all(
        str(sentence) in page.content.decode() for sentence in ATTESTATIONS.values()
    )
    drafts = list(Draft.objects.reviewed())
    assert client.post(SIGN_ALL, signature(drafts)).url == LIST
    assert "Signed: 3 certifications" in client.get(LIST).content.decode()
    assert Certification.objects.active().count() == 4
    left_out.refresh_from_db()
    assert left_out.status == "active"


def test_a_point_that_is_not_ticked_keeps_it_off_the_list(client, physician):
    certification = ending(physician)
    response = client.post(url(certification), review_only(explained_risks=""))
    assert list(response.context["form"].errors) == ["explained_risks"]
    assert not Draft.objects.reviewed().exists()


def test_the_review_of_one_alone_leads_to_the_signature(client, physician):
    certification = ending(physician)
    assert client.post(url(certification), review_only()).url == SIGN_ALL
    page = client.get(url(certification))
    assert "You reviewed this on" in page.content.decode()
    assert page.context["form"]["explained_risks"].value() and page.context["form"]["signature_name"]
    assert "Reviewed (1)" in client.get(LIST).content.decode()


def test_one_that_is_left_out_waits_as_before(client, physician):
    first, second = ending(physician, 5), ending(physician, 9)
    client.post(SEVERAL, {"chosen": [str(first.uuid), str(second.uuid)]})
    assert client.post(url(first), {"skip": "1"}).url == url(second)
    assert client.post(url(second), {"skip": "1"}).url == LIST
    assert "signature_name" in client.get(url(first)).content.decode()


def test_the_batch_lists_what_ends_next_before_what_has_ended(client, physician, monkeypatch):
    monkeypatch.setattr("certification.views.batch_signing.A_PAGE", 4)
    long_ago, lately, later, soon = (ending(physician, days_left=days) for days in (-300, -2, 20, 3))
    ending(physician, days_left=31)
    new = prepared(physician)
    page = client.get(SEVERAL)
    assert [row.uuid for row in page.context["rows"]] == [str(draft.uuid) for draft in (soon, later, new, lately)]
    assert "More follow here" in page.content.decode() and str(long_ago.uuid) not in page.content.decode()
    actions.discard_draft(draft=new, by=physician.user)
    page = client.get(SEVERAL)
    assert str(long_ago.uuid) in page.content.decode() and "More follow here" not in page.content.decode()


def test_choosing_nobody_is_answered_with_a_sentence(client, physician):
    ending(physician)
    for chosen in ([], ["nobody"], [str(ending(factories.identified_physician()).uuid)]):
        assert "Tick at least one patient" in client.post(SEVERAL, {"chosen": chosen}, follow=True).content.decode()


def test_a_delegate_prepares_a_batch_one_after_the_other(physician):
    first, second = ending(physician, 5), ending(physician, 9)
    prepared(physician)  # the physician signs it; a delegate cannot choose it
    office = factories.client_for(factories.delegate(physician))
    assert [row.certification for row in office.get(SEVERAL).context["rows"]] == [first, second]
    office.post(SEVERAL, {"chosen": [str(first.uuid), str(second.uuid)]})
    assert "1 of 2" in office.get(url(first)).content.decode()
    assert office.post(url(first), forms.preparation()).url == url(second)
    assert office.post(url(second), forms.preparation()).url == LIST
    assert Draft.objects.prepared().count() == 3 and not office.get(SEVERAL).context["rows"]
    assert office.get(SIGN_ALL).status_code == 404


def test_sign_all_names_what_failed_and_shows_what_changed(client, physician):
    changed, fine = ending(physician, last_name="Ortiz"), ending(physician, last_name="Park")
    drafts = [reviewed(certification) for certification in (changed, fine)]
    with unguarded():
        type(changed.patient).objects.filter(pk=changed.patient_id).update(street="9 Elm Street")
    page = client.get(SIGN_ALL)
    assert [row.name for row in page.context["changed"]] == ["Rosa Ortiz"]
    assert [row.name for row in page.context["rows"]] == ["Rosa Park"]

    page = client.post(SIGN_ALL, signature(drafts))  # of a page that stood open
    content = page.content.decode()
    assert [row.name for row in page.context["refused"]] == ["Rosa Ortiz"]
    assert "Something was changed since the review." in content and "Signed: 1 certification" in content
    fine.refresh_from_db()
    assert fine.status == "superseded"


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"signature_name": ""}, "Type your full name to sign."),
        ({"signature_name": "Rosa"}, "Type your name as it stands on your license"),
        ({"chosen": []}, "Tick at least one that you want to sign."),
        ({"chosen": ["x", "\x00", ":", "🌿" * 1000]}, "Tick at least one that you want to sign."),
    ],
)
def test_sign_all_refuses_with_a_sentence_and_keeps_the_choice(client, physician, over, words):
    drafts = [reviewed(ending(physician)) for _ in range(2)]
    page = client.post(SIGN_ALL, {**signature(drafts[:1]), **over})
    assert words in page.content.decode()
    ticked = [row.is_chosen for row in page.context["rows"]]
    assert ticked == ([True, False] if "chosen" not in over else [False, False])
    assert Draft.objects.reviewed().count() == 2


def test_sign_all_after_five_minutes_asks_who_it_is(client, physician):
    draft = reviewed(ending(physician))
    forget_the_password(client)
    form = client.post(SIGN_ALL, signature([draft])).context["form"]
    assert list(form.errors) == ["password"] and Draft.objects.reviewed().exists()
    otherwise = {**signature([draft]), "otherwise": "1"}
    assert client.post(SIGN_ALL, otherwise).url == f"/accounts/reauthenticate/?next={quote(SIGN_ALL, safe='')}"
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()
    page = client.get(SIGN_ALL)
    assert "Nothing is signed yet." in page.content.decode()
    assert client.post(SIGN_ALL, signature([draft])).url == LIST


def test_sign_all_stays_within_its_queries(client, physician, django_assert_max_num_queries):
    for _ in range(4):
        reviewed(ending(physician))
    with django_assert_max_num_queries(14):
        client.get(SIGN_ALL)
