"""The steps of a draft: what they save, what they refuse beside its field, and where they lead."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from audit.models import Event
from certification import rules
from certification.models import Caregiver, Certification, Draft, Patient
from certification.statements import ATTESTATIONS
from certification.steps import step_errors
from tests import factories
from tests.certification import forms
from ui.forms import NOT_FILLED_IN

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHILD = date(2015, 3, 4)


@pytest.fixture
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@pytest.fixture
def client(physician):
    return factories.client_for(physician.user)


def url(certification, step):
    return f"/certification/{certification.uuid}/{step}/"


def post(client, draft, step, data):
    if step == "review":
        data = {"seen": rules.draft_digest(answers_of(draft)), **data}
    return client.post(url(draft, step), data)


def answers_of(draft):
    """Return the present answers, or the last ones if the draft is signed."""
    return (Draft.objects.filter(pk=draft.pk).first() or draft).answers


def refused(client, draft, step, data):
    """Return the form as it is shown again, after checking that nothing was written."""
    before = answers_of(draft)
    response = post(client, draft, step, data)
    assert response.status_code == 200
    assert answers_of(draft) == before
    assert "<title>Error:" in response.content.decode()
    return response.context["form"]


# --- The way through ------------------------------------------------------------------------------------------------


def test_a_physician_goes_through_all_steps_to_the_confirmation(client, physician):
    client.post("/certification/add/", forms.questions())
    draft = Draft.objects.get()
    assert post(client, draft, "profile", forms.profile()).url == url(draft, "condition")
    assert post(client, draft, "condition", forms.condition()).url == url(draft, "statement")
    assert post(client, draft, "statement", forms.statement()).url == url(draft, "caregiver")
    assert post(client, draft, "caregiver", {"none": "1"}).url == url(draft, "review")
    assert post(client, draft, "review", {"signature_name": " amara  OSEI "}).url == url(draft, "confirmation")
    page = client.get(url(draft, "confirmation")).content.decode()
    signed = Certification.objects.get(uuid=draft.uuid)
    assert "Your patient is now certified." in page and signed.number in page
    assert f"{rules.expires_date_for(timezone.localdate()) - timedelta(days=1):%B %-d, %Y}" in page
    assert (signed.monthly_allotment_oz, signed.patient.name) == (Decimal("2.50"), "Rosa Delgado")


def test_every_step_shows_the_saved_answers_again(client, physician):
    draft = factories.draft(physician, caregiver=factories.caregiver(first_name="Elena"))
    assert 'value="Delgado"' in client.get(url(draft, "profile")).content.decode()
    assert client.get(url(draft, "condition")).context["form"]["condition_codes"].value() == ["cancer"]
    statement = client.get(url(draft, "statement")).context["form"]
    assert [statement[name].value() for name in ATTESTATIONS] == [True] * 6
    assert 'value="Elena"' in client.get(url(draft, "caregiver")).content.decode()


def test_attestations_are_unticked_at_first_and_the_allotment_is_the_limit(client, physician):
    page = client.get(url(factories.draft(physician, statement=None), "statement"))
    assert "checked" not in page.content.decode()
    assert page.context["form"]["monthly_allotment_oz"].value() == Decimal("3.50")
    assert "3.50 oz (99.2 g)" in page.content.decode()


def test_the_browser_never_fills_in_data_of_another_person(client, physician):
    draft = factories.draft(physician)
    for step in ("profile", "caregiver"):
        form = client.get(url(draft, step)).context["form"]
        widgets = {name: field.widget for name, field in form.fields.items()}
        boxes = [widget for widget in widgets.values() if getattr(widget, "input_type", "") not in NOT_FILLED_IN]
        assert {widget.attrs["autocomplete"] for widget in boxes} == {"off"}


def test_a_look_at_a_draft_is_recorded(client, physician):
    draft = factories.draft(physician)
    client.get(url(draft, "profile"))
    event = Event.objects.filter(action="certification.view").get()
    assert (event.actor_id, event.subject_type) == (physician.user_id, "certification.draft")
    assert event.subject_id == draft.pk


def test_change_on_the_review_page_comes_back_to_it(client, physician):
    draft = factories.draft(physician)
    page = client.get(url(draft, "review")).content.decode()
    assert f"{url(draft, 'condition')}?return=review" in page
    assert client.post(f"{url(draft, 'condition')}?return=review", forms.condition()).url == url(draft, "review")


@pytest.mark.parametrize("step", ["profile", "condition", "statement", "caregiver", "review", "discard"])
def test_a_signed_certification_leads_from_each_step_to_the_confirmation(client, physician, step):
    signed = factories.certification(physician)
    for response in (client.get(url(signed, step)), client.post(url(signed, step), {"signature_name": "x"})):
        assert (response.status_code, response.url) == (302, url(signed, "confirmation"))
    assert Certification.objects.get().status == "active"


@pytest.mark.parametrize("step", ["condition", "caregiver"])
def test_a_step_that_depends_on_the_age_asks_for_the_birth_date_first(client, physician, step):
    draft = factories.draft(physician, profile=None, condition=None)
    assert client.get(url(draft, step)).url == url(draft, "profile")
    with pytest.raises(rules.IncompleteError):
        raise step_errors(Draft.objects.get(pk=draft.pk), today=timezone.localdate())[step]


# --- Later ----------------------------------------------------------------------------------------------------------


def test_save_and_finish_later_keeps_half_a_profile(client, physician):
    draft = factories.draft(physician, profile=None, condition=None, statement=None)
    response = post(client, draft, "profile", {"first_name": "Rosa", "later": "1"})
    assert response.url == "/certification/"
    assert answers_of(draft)["profile"]["first_name"] == "Rosa"
    page = client.get("/certification/").content.decode()
    assert "Rosa" in page and url(draft, "condition") in page
    assert "profile" in step_errors(Draft.objects.get(pk=draft.pk), today=timezone.localdate())


def test_save_and_finish_later_still_refuses_what_is_wrong(client, physician):
    draft = factories.draft(physician)
    form = refused(client, draft, "statement", {"monthly_allotment_oz": "4", "later": "1"})
    assert "at most 3.5 oz" in form.errors["monthly_allotment_oz"][0]


def test_save_and_finish_later_keeps_half_a_statement_that_cannot_be_signed(client, physician):
    draft = factories.draft(physician, statement=None)
    first = next(iter(ATTESTATIONS))
    post(client, draft, "statement", {first: "on", "monthly_allotment_oz": "3", "later": "1"})
    assert answers_of(draft)["statement"][first] is True
    refusal = post(client, draft, "review", {"signature_name": physician.name})
    assert "diagnosed" in refusal.content.decode()
    assert not Patient.objects.exists()


# --- Bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("over", "field", "sentence"),
    [
        (forms.date_boxes("birth_date", date(2024, 2, 28)) | {"birth_date_day": "30"}, "birth_date", "has 29 days"),
        ({"birth_date_year": "2086"}, "birth_date", "must be in the past"),
        ({"birth_date_month": ""}, "birth_date", "Enter the month"),
        ({"birth_date_year": "x" * 5000}, "birth_date", "4 digits"),
        ({"phone": "203-555-014"}, "phone", "10-digit"),
        ({"email": "rosa.example.org"}, "email", "with an @"),
        ({"email": ""}, "email", "tick that there is none"),
        ({"has_no_email": "on"}, "email", "tick that there is none"),
        ({"zip_code": "06390"}, "zip_code", "not in Connecticut"),
        ({"zip_code": "10001"}, "zip_code", "not in Connecticut"),
        ({"street": "PO Box 12"}, "street", "A PO box is not a home address"),
        ({"street": "General Delivery"}, "street", "A PO box is not a home address"),
        ({"street": "PO Drawer 12"}, "street", "A PO box is not a home address"),
        ({"unit": "PMB 123"}, "street", "A PO box is not a home address"),
        ({"phone": "416-555-0142"}, "phone", "United States or its territories"),
        ({"zip_code": "651"}, "zip_code", "5-digit"),
        ({"zip_code": "０６５１０"}, "zip_code", "5-digit"),
        ({"first_name": ""}, "first_name", "Enter legal first name"),
        ({"first_name": "Rosa\x00"}, "first_name", "cannot be read"),
        ({"first_name": "Rosa 🌿"}, "first_name", "without emoji"),
        ({"last_name": "דלגדו"}, "last_name", "left to right"),
        ({"last_name": "D3lgado"}, "last_name", "as it stands on the photo ID"),
        ({"last_name": "---"}, "last_name", "as it stands on the photo ID"),
        ({"street": "40 Orange 🏠"}, "street", "without emoji"),
        ({"middle_name": "x" * 900_000}, "middle_name", "Shorten this to 100"),
        ({"sex": "X"}, "sex", "Choose one"),
    ],
)
def test_profile_refuses_beside_the_field_and_keeps_what_was_typed(client, physician, over, field, sentence):
    form = refused(client, factories.draft(physician), "profile", forms.profile(last_name="Rivera") | over)
    assert list(form.errors) == [field]
    assert sentence in form.errors[field][0]
    assert form["street"].value() == over.get("street", "40 Orange Street")


@pytest.mark.parametrize("name", ["O'Connor-Núñez", "D'Angelo", "李", "Cher", "St. John", "Jr., III", "Gal·la"])
def test_profile_takes_names_as_people_have_them(client, physician, name):
    draft = factories.draft(physician)
    assert post(client, draft, "profile", forms.profile(last_name=name, suffix="2nd")).status_code == 302
    profile = answers_of(draft)["profile"]
    assert (profile["last_name"], profile["suffix"]) == (name, "2nd")


@pytest.mark.parametrize(
    ("typed", "kept"), [("‘t Hooft", "'t Hooft"), ("O´Brien", "O'Brien"), ("Anne–Marie", "Anne-Marie")]
)
def test_profile_keeps_a_name_with_plain_signs(client, physician, typed, kept):
    draft = factories.draft(physician)
    assert post(client, draft, "profile", forms.profile(first_name=typed)).status_code == 302
    assert answers_of(draft)["profile"]["first_name"] == kept


@pytest.mark.parametrize("own", ["phone", "email", "name"])
def test_profile_of_the_physician_is_refused(client, physician, own):
    over = {
        "phone": {"phone": str(physician.phone)},
        "email": {"email": physician.email.upper()},
        "name": {"first_name": "amara", "last_name": "OSEI"},
    }[own]
    form = refused(client, factories.draft(physician), "profile", forms.profile(**over))
    assert "your own" in str(form.errors)


@pytest.mark.parametrize(
    ("over", "field", "sentence"),
    [
        ({"condition_codes": []}, "condition_codes", "Choose at least one"),
        ({"condition_codes": ["severe-epilepsy"]}, "condition_codes", "Choose one of the answers"),
        ({"condition_codes": ["\x00"]}, "condition_codes", "Choose one of the answers"),
        (forms.date_boxes("exam_date", timezone.localdate() - timedelta(days=200)), "exam_date", "too long ago"),
        (forms.date_boxes("exam_date", timezone.localdate() + timedelta(days=2)), "exam_date", "today or in the past"),
        (
            forms.date_boxes("monitoring_reviewed_date", timezone.localdate() - timedelta(days=200)),
            "monitoring_reviewed_date",
            "too long ago",
        ),
    ],
)
def test_condition_refuses_beside_the_field(client, physician, over, field, sentence):
    form = refused(client, factories.draft(physician), "condition", forms.condition(**over))
    assert list(form.errors) == [field]
    assert sentence in form.errors[field][0]


def test_everything_that_is_wrong_on_a_page_is_named_at_once(client, physician):
    draft = factories.draft(physician)
    form = refused(client, draft, "profile", forms.profile(zip_code="06390", phone="203", email="", last_name=""))
    assert set(form.errors) == {"zip_code", "phone", "email", "last_name"}
    data = forms.statement(monthly_allotment_oz="4")
    missing = next(iter(ATTESTATIONS))
    del data[missing]
    assert set(refused(client, draft, "statement", data).errors) == {missing, "monthly_allotment_oz"}


def test_condition_offers_minors_their_own_list(client, physician):
    draft = factories.draft(physician, profile=factories.profile(birth_date=CHILD), condition=None, statement=None)
    assert len(client.get(url(draft, "condition")).context["form"].fields["condition_codes"].choices) == 11
    refused(client, draft, "condition", forms.condition())
    assert post(client, draft, "condition", forms.condition(condition_codes=["severe-epilepsy"])).status_code == 302


@pytest.mark.parametrize("missing", ATTESTATIONS)
def test_statement_names_the_missing_attestation(client, physician, missing):
    data = forms.statement()
    del data[missing]
    form = refused(client, factories.draft(physician), "statement", data)
    assert list(form.errors) == [missing]
    assert str(ATTESTATIONS[missing])[:30] in form.errors[missing][0]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("4", "at most 3.5 oz"), ("3.51", "at most 3.5 oz"), ("0", "more than 0"), ("-1", "more than 0"),
     ("abc", "as a number"), ("1e9", "as a number"), ("", "Enter"), ("9" * 400, "as a number"), ("٣", "as a number")],
)  # fmt: skip
def test_statement_refuses_an_amount_out_of_the_limit(client, physician, typed, sentence):
    form = refused(client, factories.draft(physician), "statement", forms.statement(monthly_allotment_oz=typed))
    assert list(form.errors) == ["monthly_allotment_oz"]
    assert sentence in form.errors["monthly_allotment_oz"][0]


def test_statement_refuses_directions_that_no_label_can_print(client, physician):
    for text, sentence in (("🌿", "without emoji"), ("a\x00b", "cannot be read"), ("x" * 1001, "Shorten this to 1000")):
        form = refused(client, factories.draft(physician), "statement", forms.statement(directions=text))
        assert sentence in form.errors["directions"][0]


# --- Caregiver ------------------------------------------------------------------------------------------------------


def test_a_minor_needs_a_guardian_and_the_page_says_so_at_once(client, physician):
    draft = factories.draft(physician, profile=None, condition=None, statement=None)
    response = client.post(url(draft, "profile"), forms.profile(birth_date=CHILD), follow=True)
    assert "under 18: a parent, guardian" in response.content.decode()
    assert "No caregiver is needed" not in client.get(url(draft, "caregiver")).content.decode()
    form = refused(client, draft, "caregiver", {"none": "1"})
    assert "needs a caregiver" in form.non_field_errors()[0]
    form = refused(client, draft, "caregiver", forms.caregiver(relationship="sibling"))
    assert "must be a parent" in form.errors["relationship"][0]
    assert post(client, draft, "caregiver", forms.caregiver()).url == url(draft, "letters")


def test_a_patient_without_capacity_needs_a_guardian(client, physician):
    draft = factories.draft(physician)
    response = client.post(url(draft, "profile"), forms.profile(lacks_legal_capacity="on"), follow=True)
    assert "must be named as the caregiver" in response.content.decode()
    assert answers_of(draft)["profile"]["has_legal_capacity"] is False
    assert "checked" in client.get(url(draft, "profile")).content.decode()


def test_an_empty_caregiver_form_means_none(client, physician):
    draft = factories.draft(physician)
    empty = dict.fromkeys(forms.caregiver(), "") | {"sex": "U"}
    assert post(client, draft, "caregiver", empty).url == url(draft, "review")
    assert answers_of(draft)["caregiver"] is None


def test_a_caregiver_can_be_removed(client, physician):
    draft = factories.draft(physician, caregiver=factories.caregiver())
    assert "Remove the caregiver" in client.get(url(draft, "caregiver")).content.decode()
    post(client, draft, "caregiver", {"none": "1"})
    assert answers_of(draft)["caregiver"] is None


@pytest.mark.parametrize(
    ("over", "field", "sentence"),
    [
        ({"relationship": ""}, "relationship", "Choose what the caregiver is"),
        ({"need": ""}, "need", "Enter why"),
        (forms.date_boxes("birth_date", CHILD), "birth_date", "18 or older"),
        ({"zip_code": "10001"}, "zip_code", "not in Connecticut"),
        (
            {"first_name": "Rosa", **forms.date_boxes("birth_date", date(1980, 4, 28))},
            "last_name",
            "cannot be the patient",
        ),
    ],
)
def test_caregiver_refuses_beside_the_field(client, physician, over, field, sentence):
    form = refused(client, factories.draft(physician), "caregiver", forms.caregiver(**over))
    assert list(form.errors) == [field]
    assert sentence in form.errors[field][0]
    assert not Caregiver.objects.exists()


# --- Review and signature -------------------------------------------------------------------------------------------


def test_review_lists_what_is_missing_with_links(client, physician):
    draft = factories.draft(physician, profile=factories.profile(birth_date=CHILD), condition=None, statement=None)
    page = client.get(url(draft, "review"))
    assert [problem.label for problem in page.context["problems"]] == ["Condition", "Caregiver", "Your statement"]
    response = post(client, draft, "review", {"signature_name": physician.name})
    assert "Not answered yet." in response.context["form"].non_field_errors()
    assert not Patient.objects.exists()


def test_review_finds_conditions_that_no_longer_fit_the_age(client, physician):
    draft = factories.draft(physician, caregiver=factories.caregiver())
    post(client, draft, "profile", forms.profile(birth_date=CHILD))
    assert [problem.label for problem in client.get(url(draft, "review")).context["problems"]] == [
        "Condition",
        "Letters",
        "Your statement",
    ]


def test_review_shows_the_text_that_is_signed_and_the_last_valid_day(client, physician):
    page = client.get(url(factories.draft(physician), "review")).content.decode()
    assert all(str(sentence) in page for sentence in ATTESTATIONS.values())
    assert f"{rules.expires_date_for(timezone.localdate()) - timedelta(days=1):%A, %B %-d, %Y}" in page


@pytest.mark.parametrize("typed", ["", "Amara", "Rosa Delgado", "Amara Osei 🌿", "x" * 5000, "Amara\x00Osei", "אמרה"])
def test_review_refuses_another_signature(client, physician, typed):
    draft = factories.draft(physician)
    form = refused(client, draft, "review", {"signature_name": typed})
    assert list(form.errors) == ["signature_name"]
    assert not Patient.objects.exists()


def test_review_signs_what_was_shown_and_nothing_else(client, physician):
    draft = factories.draft(physician)
    page = client.get(url(draft, "review")).content.decode()
    seen = rules.draft_digest(answers_of(draft))
    assert f'name="seen" value="{seen}"' in page
    post(factories.client_for(factories.delegate(physician)), draft, "profile", forms.profile(last_name="Other"))
    form = refused(client, draft, "review", {"signature_name": physician.name, "seen": seen})
    assert "changed since you opened this page" in form.non_field_errors()[0]
    assert refused(client, draft, "review", {"signature_name": physician.name, "seen": ""}).non_field_errors()
    assert post(client, draft, "review", {"signature_name": physician.name}).status_code == 302


def test_review_posted_twice_gives_one_certification(client, physician):
    draft = factories.draft(physician)
    answers = [post(client, draft, "review", {"signature_name": physician.name}).url for _ in range(2)]
    assert answers == [url(draft, "confirmation")] * 2
    assert (Patient.objects.count(), Certification.objects.count()) == (1, 1)


def test_review_asks_who_it_is_again(physician):
    client, draft = factories.client_for(physician.user), factories.draft(physician)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    page = client.get(url(draft, "review"))
    assert page.url.startswith("/accounts/reauthenticate/")
    sent = post(client, draft, "review", {"signature_name": physician.name})
    assert not Patient.objects.exists()
    confirmed = client.post(sent.url, {"password": factories.PASSWORD})
    assert confirmed.url == url(draft, "confirmation")
    assert Patient.objects.count() == 1


def test_review_of_a_wrong_signature_after_the_password_posts_to_the_right_address(physician):
    client, draft = factories.client_for(physician.user), factories.draft(physician)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    sent = post(client, draft, "review", {"signature_name": "Somebody Else"})
    page = client.post(sent.url, {"password": factories.PASSWORD}).content.decode()
    assert f'action="{url(draft, "review")}"' in page and "as it stands on your license" in page


def test_review_of_an_ineligible_physician_is_refused_in_words(client, physician):
    from accounts.actions import set_registration

    draft = factories.draft(physician)
    set_registration(physician=physician, kind="dea", by=None, is_limited=True)
    form = refused(client, draft, "review", {"signature_name": physician.name})
    assert "You cannot certify today" in form.non_field_errors()[0]
    assert "You cannot certify today" in client.get("/certification/add/").content.decode()


# --- The office -----------------------------------------------------------------------------------------------------


def test_a_delegate_prepares_and_never_signs(physician):
    client, draft = factories.client_for(factories.delegate(physician)), factories.draft(physician)
    assert post(client, draft, "profile", forms.profile()).status_code == 302
    for step in ("statement", "review"):
        for response in (client.get(url(draft, step)), post(client, draft, step, forms.statement())):
            assert response.status_code == 403
            assert "Only Dr. Amara Osei" in response.content.decode()
    assert not Patient.objects.exists()


def test_a_delegate_skips_the_statement(physician):
    client, draft = factories.client_for(factories.delegate(physician)), factories.draft(physician)
    assert post(client, draft, "condition", forms.condition()).url == url(draft, "caregiver")
    assert url(draft, "caregiver") in client.get(url(draft, "statement")).content.decode()


@pytest.mark.parametrize("step", ["profile", "condition", "statement", "caregiver", "review", "discard"])
def test_another_physician_gets_a_404(physician, step):
    draft = factories.draft(physician)
    client = factories.client_for(factories.identified_physician().user)
    assert client.get(url(draft, step)).status_code == 404
    assert client.post(url(draft, step)).status_code == 404


def test_a_page_of_a_step_stays_within_its_queries(client, physician, django_assert_max_num_queries):
    draft = factories.draft(physician, caregiver=factories.caregiver())
    for step in ("profile", "condition", "statement", "caregiver", "review"):
        with django_assert_max_num_queries(12):
            assert client.get(url(draft, step)).status_code == 200
