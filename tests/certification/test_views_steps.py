"""The steps of a draft: what they save, what they refuse beside its field, and where they lead."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone

from audit.models import Event
from certification import rules
from certification.models import Caregiver, Certification, Draft, Patient
from certification.statements import ATTESTATIONS
from certification.steps import step_errors
from tests import factories
from tests.certification import forms
from tests.guard import unguarded
from tests.shared import shared
from ui.forms import NOT_FILLED_IN

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHILD = date(2015, 3, 4)


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


def url(certification, step):
    return f"/certification/{certification.uuid}/{step}/"


def post(client, draft, step, data):
    if step == "sign":
        data = {"seen": rules.draft_digest(answers_of(draft)), **forms.statement(), **data}
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
    begun = client.post("/certification/add/", forms.profile())
    draft = Draft.objects.get()
    assert begun.url == url(draft, "condition")
    assert post(client, draft, "condition", forms.condition()).url == url(draft, "sign")
    assert post(client, draft, "sign", {"signature_name": " amara  OSEI "}).url == url(draft, "confirmation")
    page = client.get(url(draft, "confirmation")).content.decode()
    signed = Certification.objects.get(uuid=draft.uuid)
    assert "Your patient is now certified." in page and signed.number in page
    assert f"{rules.expires_date_for(timezone.localdate()) - timedelta(days=1):%B %-d, %Y}" in page
    assert (signed.monthly_allotment_oz, signed.patient.name) == (Decimal("2.50"), "Rosa Delgado")


def test_every_step_shows_the_saved_answers_again(client, physician):
    draft = factories.draft(physician, caregiver=factories.caregiver(first_name="Elena"))
    assert 'value="Delgado"' in client.get(url(draft, "profile")).content.decode()
    assert client.get(url(draft, "condition")).context["form"]["condition_codes"].value() == ["cancer"]
    statement = client.get(url(draft, "sign")).context["form"]
    assert [statement[name].value() for name in ATTESTATIONS] == [True] * 6
    assert 'value="Elena"' in client.get(url(draft, "caregiver")).content.decode()


def test_attestations_are_unticked_at_first_and_the_allotment_is_the_limit(client, physician):
    page = client.get(url(factories.draft(physician, statement=None), "sign"))
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
    page = client.get(url(draft, "sign")).content.decode()
    assert f"{url(draft, 'condition')}?return=sign" in page
    assert client.post(f"{url(draft, 'condition')}?return=sign", forms.condition()).url == url(draft, "sign")


@pytest.mark.parametrize("step", ["profile", "condition", "caregiver", "sign", "discard"])
def test_a_signed_certification_leads_from_each_step_to_the_confirmation(client, physician, step):
    signed = factories.certification(physician)
    for response in (client.get(url(signed, step)), client.post(url(signed, step), {"signature_name": "x"})):
        assert (response.status_code, response.url) == (302, url(signed, "confirmation"))
    assert Certification.objects.get().status == "active"


@pytest.mark.parametrize("step", ["condition", "caregiver"])
def test_a_step_that_depends_on_the_age_asks_for_the_birth_date_first(client, physician, step):
    draft = factories.draft(physician, profile=None, condition=None)
    assert client.get(url(draft, step)).url == url(draft, "profile")
    errors = step_errors(Draft.objects.get(pk=draft.pk), today=timezone.localdate())
    assert isinstance(errors["condition"], rules.IncompleteError)


# --- A new patient --------------------------------------------------------------------------------------------------


def test_add_refuses_beside_the_field_and_begins_nothing(client):
    page = client.post("/certification/add/", forms.profile(zip_code="06390", phone="203"))
    assert set(page.context["form"].errors) == {"zip_code", "phone"}
    assert page.context["form"]["last_name"].value() == "Delgado" and not Draft.objects.exists()


def test_add_of_the_physicians_own_data_is_refused(client, physician):
    page = client.post("/certification/add/", forms.profile(phone=str(physician.phone)))
    assert "your own" in str(page.context["form"].errors) and not Draft.objects.exists()


def test_add_saved_for_later_keeps_half_a_profile(client):
    answer = client.post("/certification/add/", {**forms.questions(), "first_name": "Rosa", "later": "1"})
    assert answer.url == "/certification/"
    assert Draft.objects.get().answers["profile"]["first_name"] == "Rosa"


def test_add_of_one_form_with_another_patient_makes_another_draft(client):
    key = {"key": str(client.get("/certification/add/").context["form"].initial["key"])}
    for first_name in ("Rosa", "Rosa", "Milo"):
        client.post("/certification/add/", forms.profile(first_name=first_name, **key))
    assert [draft.answers["profile"]["first_name"] for draft in Draft.objects.order_by("pk")] == ["Rosa", "Milo"]


def test_add_of_a_form_whose_draft_was_signed_begins_a_new_draft(client, physician):
    form = forms.profile(key=str(client.get("/certification/add/").context["form"].initial["key"]))
    client.post("/certification/add/", form)
    draft = Draft.objects.get()
    post(client, draft, "condition", forms.condition())
    post(client, draft, "sign", {"signature_name": physician.name})
    answer = client.post("/certification/add/", form)
    assert answer.url == url(Draft.objects.get(), "duplicates") and Draft.objects.get().uuid != draft.uuid


def test_a_caregiver_that_is_needed_gets_a_page_and_must_be_named(client, physician):
    draft = factories.draft(physician)
    assert post(client, draft, "profile", forms.profile(needs_caregiver="on")).url == url(draft, "condition")
    assert post(client, draft, "condition", forms.condition()).url == url(draft, "caregiver")
    form = refused(client, draft, "sign", {"signature_name": physician.name})
    assert form.non_field_errors() == ["Name the caregiver, or say that none is needed."]
    assert post(client, draft, "caregiver", {"none": "1"}).url == url(draft, "sign")
    assert answers_of(draft)["profile"]["needs_caregiver"] is False


def test_a_caregiver_that_is_not_needed_any_more_is_removed(client, physician):
    draft = factories.draft(physician, caregiver=factories.caregiver())
    assert client.get(url(draft, "profile")).context["form"]["needs_caregiver"].value() is True
    post(client, draft, "profile", forms.profile())
    assert answers_of(draft)["caregiver"] is None


def test_a_guardian_is_kept_whatever_was_ticked(client, physician):
    draft = factories.draft_of_a_child(physician)
    post(client, draft, "profile", forms.profile(birth_date=CHILD))
    assert answers_of(draft)["caregiver"]["first_name"] == "Elena"


def test_the_same_address_as_the_patient_is_copied(client, physician):
    draft = factories.draft(physician, profile=factories.profile(street="9 Elm Street", unit="2B"))
    answers = forms.caregiver(same_address="on", street="", unit="", city="", zip_code="")
    assert post(client, draft, "caregiver", answers).url == url(draft, "sign")
    caregiver = answers_of(draft)["caregiver"]
    assert (caregiver["street"], caregiver["unit"], caregiver["zip_code"]) == ("9 Elm Street", "2B", "06510")
    assert "same_address" not in caregiver


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
    form = refused(client, draft, "sign", {"monthly_allotment_oz": "4", "unfinished": "1"})
    assert "at most 3.5 oz" in form.errors["monthly_allotment_oz"][0]


def test_save_and_finish_later_keeps_half_a_statement_that_cannot_be_signed(client, physician):
    draft = factories.draft(physician, statement=None)
    first = next(iter(ATTESTATIONS))
    half = {first: "on", "monthly_allotment_oz": "3"}
    assert client.post(url(draft, "sign"), {**half, "unfinished": "1"}).url == "/certification/"
    assert answers_of(draft)["statement"][first] is True
    seen = rules.draft_digest(answers_of(draft))
    refusal = client.post(url(draft, "sign"), {**half, "seen": seen, "signature_name": physician.name})
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
    missing = next(iter(ATTESTATIONS))
    data = {missing: "", "monthly_allotment_oz": "4", "signature_name": "Rosa"}
    assert set(refused(client, draft, "sign", data).errors) == {missing, "monthly_allotment_oz", "signature_name"}


def test_condition_offers_minors_their_own_list(client, physician):
    draft = factories.draft(physician, profile=factories.profile(birth_date=CHILD), condition=None, statement=None)
    assert len(client.get(url(draft, "condition")).context["form"].fields["condition_codes"].choices) == 11
    refused(client, draft, "condition", forms.condition())
    assert post(client, draft, "condition", forms.condition(condition_codes=["severe-epilepsy"])).status_code == 302


@pytest.mark.parametrize("missing", ATTESTATIONS)
def test_statement_names_the_missing_attestation(client, physician, missing):
    data = {missing: "", "signature_name": physician.name}
    form = refused(client, factories.draft(physician), "sign", data)
    assert list(form.errors) == [missing]
    assert str(ATTESTATIONS[missing])[:30] in form.errors[missing][0]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("4", "at most 3.5 oz"), ("3.51", "at most 3.5 oz"), ("0", "more than 0"), ("-1", "more than 0"),
     ("abc", "as a number"), ("1e9", "as a number"), ("", "Enter"), ("9" * 400, "as a number"), ("٣", "as a number")],
)  # fmt: skip
def test_statement_refuses_an_amount_out_of_the_limit(client, physician, typed, sentence):
    data = {"monthly_allotment_oz": typed, "signature_name": physician.name}
    form = refused(client, factories.draft(physician), "sign", data)
    assert list(form.errors) == ["monthly_allotment_oz"]
    assert sentence in form.errors["monthly_allotment_oz"][0]


def test_statement_refuses_directions_that_no_label_can_print(client, physician):
    for text, sentence in (("🌿", "without emoji"), ("a\x00b", "cannot be read"), ("x" * 1001, "Shorten this to 1000")):
        form = refused(client, factories.draft(physician), "sign", {"directions": text})
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
    assert post(client, draft, "caregiver", empty).url == url(draft, "sign")
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
    page = client.get(url(draft, "sign"))
    assert [problem.label for problem in page.context["problems"]] == ["Condition", "Caregiver"]
    response = post(client, draft, "sign", {"signature_name": physician.name})
    assert "Not answered yet." in response.context["form"].non_field_errors()
    assert not Patient.objects.exists()


def test_review_finds_conditions_that_no_longer_fit_the_age(client, physician):
    draft = factories.draft(physician, caregiver=factories.caregiver())
    post(client, draft, "profile", forms.profile(birth_date=CHILD))
    assert [problem.label for problem in client.get(url(draft, "sign")).context["problems"]] == [
        "Condition",
        "Letters",
    ]


def test_review_shows_the_text_that_is_signed_and_the_last_valid_day(client, physician):
    page = client.get(url(factories.draft(physician), "sign")).content.decode()
    assert all(str(sentence) in " ".join(page.split()) for sentence in ATTESTATIONS.values())
    assert f"{rules.expires_date_for(timezone.localdate()) - timedelta(days=1):%A, %B %-d, %Y}" in page


@pytest.mark.parametrize("typed", ["", "Amara", "Rosa Delgado", "Amara Osei 🌿", "x" * 5000, "Amara\x00Osei", "אמרה"])
def test_review_refuses_another_signature(client, physician, typed):
    draft = factories.draft(physician)
    form = refused(client, draft, "sign", {"signature_name": typed})
    assert list(form.errors) == ["signature_name"]
    assert not Patient.objects.exists()


def test_review_signs_what_was_shown_and_nothing_else(client, physician):
    draft = factories.draft(physician)
    page = client.get(url(draft, "sign")).content.decode()
    seen = rules.draft_digest(answers_of(draft))
    assert f'name="seen" value="{seen}"' in page
    post(factories.client_for(factories.delegate(physician)), draft, "profile", forms.profile(last_name="Other"))
    form = refused(client, draft, "sign", {"signature_name": physician.name, "seen": seen})
    assert "changed since you opened this page" in form.non_field_errors()[0]
    assert refused(client, draft, "sign", {"signature_name": physician.name, "seen": ""}).non_field_errors()
    assert post(client, draft, "sign", {"signature_name": physician.name}).status_code == 302


def test_review_posted_twice_gives_one_certification(client, physician):
    draft = factories.draft(physician)
    answers = [post(client, draft, "sign", {"signature_name": physician.name}).url for _ in range(2)]
    assert answers == [url(draft, "confirmation")] * 2
    assert (Patient.objects.count(), Certification.objects.count()) == (1, 1)


def test_review_asks_who_it_is_again(physician):
    client, draft = signed_in_long_ago(physician), factories.draft(physician)
    assert client.get(url(draft, "sign")).context["form"].asked_password
    form = refused(client, draft, "sign", {"signature_name": physician.name})
    assert form.errors["password"] == ["Enter your password."]
    form = refused(client, draft, "sign", {"signature_name": physician.name, "password": "not-mine"})
    assert "does not match" in form.errors["password"][0]
    signature = {"signature_name": physician.name, "password": factories.PASSWORD}
    assert post(client, draft, "sign", signature).url == url(draft, "confirmation")
    assert Patient.objects.count() == 1


def test_review_of_a_wrong_signature_asks_for_the_right_password_once(physician):
    client, draft = signed_in_long_ago(physician), factories.draft(physician)
    signature = {"signature_name": "Somebody Else", "password": factories.PASSWORD}
    form = refused(client, draft, "sign", signature)
    assert list(form.errors) == ["signature_name"] and form.asked_password is None
    assert post(client, draft, "sign", {"signature_name": physician.name}).url == url(draft, "confirmation")


def test_review_by_another_way_than_the_password_keeps_what_was_typed(physician):
    client, draft = signed_in_long_ago(physician), factories.draft(physician)
    typed = {"directions": "Only at night.", "password": "half-typed", "otherwise": "1"}
    sent = post(client, draft, "sign", typed)
    assert sent.url.startswith("/accounts/reauthenticate/?next=") and not Patient.objects.exists()
    assert client.post(sent.url, {"password": factories.PASSWORD}).url == url(draft, "sign")
    form = client.get(url(draft, "sign")).context["form"]
    assert (form["directions"].value(), "password" in form.fields) == ("Only at night.", False)


def test_review_of_an_account_without_a_password_asks_on_the_other_page(physician):
    client, draft = signed_in_long_ago(physician), factories.draft(physician)
    with unguarded():
        physician.user.set_unusable_password()
        physician.user.save()
        key = Authenticator.objects.create(user=physician.user, type=Authenticator.Type.TOTP, data={})
    client.force_login(physician.user)
    session = client.session
    session["identified"] = physician.pk
    session.save()
    assert key and client.get(url(draft, "sign")).context["form"].asked_password is None
    assert post(client, draft, "sign", {"signature_name": physician.name}).url.startswith("/accounts/reauthenticate/")
    assert not Patient.objects.exists()


def signed_in_long_ago(physician):
    """Return the browser of a physician who has not proved who they are for more than five minutes."""
    client = factories.client_for(physician.user)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    return client


def test_review_of_an_ineligible_physician_is_refused_in_words(client, physician):
    from accounts.actions import set_registration

    draft = factories.draft(physician)
    set_registration(physician=physician, kind="dea", by=None, is_limited=True)
    form = refused(client, draft, "sign", {"signature_name": physician.name})
    assert "You cannot certify today" in form.non_field_errors()[0]
    assert "You cannot certify today" in client.get("/certification/add/").content.decode()


# --- The office -----------------------------------------------------------------------------------------------------


def test_a_delegate_prepares_and_never_signs(physician):
    client, draft = factories.client_for(factories.delegate(physician)), factories.draft(physician)
    assert post(client, draft, "profile", forms.profile()).status_code == 302
    for response in (client.get(url(draft, "sign")), post(client, draft, "sign", {})):
        assert response.status_code == 403
        assert "Only Dr. Amara Osei" in response.content.decode()
    assert not Patient.objects.exists()


def test_a_delegate_ends_with_the_condition_when_no_caregiver_is_needed(physician):
    client, draft = factories.client_for(factories.delegate(physician)), factories.draft(physician)
    assert post(client, draft, "condition", forms.condition()).url == "/certification/"
    assert url(draft, "profile") in client.get(url(draft, "sign")).content.decode()


@pytest.mark.parametrize("step", ["profile", "condition", "caregiver", "sign", "discard"])
def test_another_physician_gets_a_404(physician, step):
    draft = factories.draft(physician)
    client = factories.client_for(factories.identified_physician().user)
    assert client.get(url(draft, step)).status_code == 404
    assert client.post(url(draft, step)).status_code == 404


def test_a_page_of_a_step_stays_within_its_queries(client, physician, django_assert_max_num_queries):
    draft = factories.draft(physician, caregiver=factories.caregiver())
    for step in ("profile", "condition", "caregiver", "sign"):
        with django_assert_max_num_queries(13):  # one counts for the menu
            assert client.get(url(draft, step)).status_code == 200
