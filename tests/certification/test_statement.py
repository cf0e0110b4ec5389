"""The questions before the registration, the attested points and their guardian, and the monthly allotment."""

import hashlib
from contextlib import nullcontext
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from certification import actions, rules
from certification.models import AllotmentLimit, Certification, Draft
from certification.statements import QUESTIONS, STATEMENT_VERSION, STATEMENTS, attested, signed_sentences
from tests import factories
from tests.certification import forms
from tests.guard import unguarded
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHILD = date(2015, 3, 4)
SET = "/admin/certification/allotmentlimit/set/"
# What was ever signed stays word for word: a change of the text is a new version with a digest of its own.
DIGESTS = {
    "2026-11": "4a20ddf89a85cf46",
    "2026-11.2": "5086fa75dfa9b76f",
    "2026-11.3": "5086fa75dfa9b76f",
    "2026-11.4": "5086fa75dfa9b76f",
}


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


def url(certification, step):
    return f"/certification/{certification.uuid}/{step}/"


def child_of_elena(physician, **steps):
    """A minor's draft whose guardian is named; the statement is not made yet."""
    answers = {
        "profile": factories.profile(birth_date=CHILD, first_name="Milo"),
        "condition": factories.condition(condition_codes=["severe-epilepsy"]),
        "caregiver": factories.caregiver(),
        "statement": None,
    }
    return factories.draft(physician, **{**answers, **steps})


# --- Before registering ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", list(QUESTIONS))
def test_check_is_qualified_names_what_is_not_confirmed(missing):
    with pytest.raises(rules.IncompleteError) as refusal:
        rules.check_is_qualified(factories.questions() | {missing: False})
    assert refusal.value.field == missing
    assert rules.check_is_qualified(factories.questions()) is None


@pytest.mark.parametrize("missing", list(QUESTIONS))
def test_a_patient_is_not_begun_before_each_question_is_confirmed(client, missing):
    answers = forms.profile()
    del answers[missing]
    for later in ({}, {"later": "1"}):
        form = client.post("/certification/add/", {**answers, **later}).context["form"]
        assert list(form.errors) == [missing] and "Confirm: “The patient" in form.errors[missing][0]
        assert form["last_name"].value() == "Delgado"
    assert not Draft.objects.exists()


def test_what_was_confirmed_stands_on_the_certification(physician):
    certification = factories.certification(physician, joined=False)
    assert [getattr(certification, name) for name in QUESTIONS] == [True] * 3
    with unguarded(), transaction.atomic(), pytest.raises(IntegrityError):
        Certification.objects.update(not_an_inmate=False)


def test_a_draft_that_was_never_asked_is_asked_before_it_is_signed(client, physician):
    draft = actions.start_draft(physician=physician, by=physician.user)
    for step in ("profile", "condition", "statement"):
        actions.save_step(draft=draft, step=step, answers=getattr(factories, step)(), by=physician.user)
    problems = client.get(url(draft, "sign")).context["problems"]
    assert [problem.url for problem in problems] == [url(draft, "profile")]
    assert client.post(url(draft, "profile") + "?return=sign", forms.profile()).url == url(draft, "sign")
    assert client.get(url(draft, "sign")).context["problems"] == []


# --- The fifth point ------------------------------------------------------------------------------------------------


def test_the_statement_for_a_minor_waits_for_the_guardian_and_names_her(client, physician):
    draft = child_of_elena(physician, caregiver=None)
    assert [problem.label for problem in client.get(url(draft, "sign")).context["problems"]] == ["Caregiver"]
    assert client.post(url(draft, "caregiver"), forms.caregiver()).url == url(draft, "letters")
    assert "use of marijuana to Elena Delgado, the parent" in client.get(url(draft, "sign")).content.decode()
    assert client.post(url(draft, "sign"), {**forms.statement(), "unfinished": "1"}).status_code == 302
    draft.refresh_from_db()
    assert draft.answers["statement"]["explained_to"] == "Elena Delgado"


def test_check_attestations_asks_again_when_the_guardian_is_another():
    statement = factories.statement(explained_to="Elena Delgado")
    assert rules.check_attestations(statement, guardian="Elena Delgado") is None
    with pytest.raises(rules.IncompleteError, match="to Nora Hart, the parent") as refusal:
        rules.check_attestations(statement, guardian="Nora Hart")
    assert refusal.value.field == "explained_risks"


def test_another_guardian_after_the_statement_unticks_the_fifth_point(client, physician):
    draft = child_of_elena(physician, statement=factories.statement())
    client.post(url(draft, "caregiver"), forms.caregiver(first_name="Nora"))
    page = client.get(url(draft, "sign"))
    form = page.context["form"]
    assert (form["explained_risks"].value(), form["assessed_history"].value()) == (False, True)
    assert page.context["problems"] == []


def test_the_signed_statement_names_the_guardian_and_can_be_read_again(client, physician):
    signed = factories.certification(
        physician,
        joined=False,
        profile=factories.profile(birth_date=CHILD),
        condition=factories.condition(condition_codes=["severe-epilepsy"]),
        caregiver=factories.caregiver(),
    )
    assert (signed.explained_to, signed.statement_version) == ("Elena Delgado", STATEMENT_VERSION)
    page = client.get(url(signed, "confirmation")).content.decode()
    assert "marijuana to Elena Delgado, the parent" in page and f"version {STATEMENT_VERSION}" in page


@pytest.mark.parametrize("version", list(STATEMENTS))
def test_the_text_of_a_version_never_changes(version):
    text = "\n".join(signed_sentences(version=version, explained_to="Elena Delgado"))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == DIGESTS[version]


def test_attested_of_an_adult_is_in_the_words_of_the_brief():
    assert "where the patient lacks legal capacity, to the parent" in str(attested()["explained_risks"])
    assert signed_sentences(version="2026-11", explained_to="Elena Delgado")[4] == str(attested()["explained_risks"])


# --- How much -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "reason", "ok"), [("3.49", "", False), ("3.49", " ", False), ("3.50", "", True)])
def test_check_allotment_reason_when_it_is_less(amount, reason, ok):
    refused = pytest.raises(rules.IncompleteError, match=r"less than 3\.5 oz")
    with nullcontext() if ok else refused:
        rules.check_allotment_reason(Decimal(amount), reason, day=date(2026, 11, 23))


def test_statement_asks_why_it_is_less_and_keeps_it_encrypted(client, physician):
    draft = factories.draft(physician, statement=None)
    typed = forms.statement(allotment_reason="", signature_name=physician.name)
    form = client.post(url(draft, "sign"), typed).context["form"]
    assert list(form.errors) == ["allotment_reason"] and form["monthly_allotment_oz"].value() == "2.5"
    signed = factories.certification(
        physician, statement=factories.statement(monthly_allotment_oz=Decimal("2"), allotment_reason="Naive to it.")
    )
    stored = Certification.objects.filter(pk=signed.pk).extra(select={"raw": "allotment_reason"})  # noqa: S610
    assert signed.allotment_reason == "Naive to it." and "Naive" not in stored.values_list("raw", flat=True)[0]


def test_less_than_the_limit_cannot_stand_without_a_reason(physician):
    signed = factories.certification(physician, joined=False)
    assert signed.allotment_reason is None  # the full amount needs none
    with unguarded(), transaction.atomic(), pytest.raises(IntegrityError):
        Certification.objects.update(monthly_allotment_oz=Decimal("2"))


@pytest.mark.parametrize(("days", "ok"), [(1, True), (0, False), (-400, False)])
def test_check_limit_is_not_in_use_from_tomorrow_on(days, ok):
    today = timezone.localdate()
    with nullcontext() if ok else pytest.raises(rules.AllotmentError, match="stays as it is"):
        rules.check_limit_is_not_in_use(today + timedelta(days=days), today=today)


def test_a_manager_sets_a_limit_ahead_and_takes_it_back():
    staff, day = factories.staff("Manager"), timezone.localdate() + timedelta(days=10)
    client = factories.client_for(staff)
    typed = {**forms.date_boxes("effective_date", day), "limit_oz": "4.25", "reason": "Announced by the department"}
    assert client.post(SET, typed).status_code == 302
    limit = AllotmentLimit.objects.get(effective_date=day)
    assert (limit.limit_oz, rules.allotment_limit_oz(timezone.localdate())) == (Decimal("4.25"), Decimal("3.50"))
    assert rules.allotment_limit_oz(day) == Decimal("4.25")
    assert Event.objects.get(action="allotmentlimit.set").actor_id == staff.pk
    drop = reverse("admin:certification_allotmentlimit_step", args=[limit.pk, "drop"])
    assert client.post(drop, {"reason": "Typed wrongly"}).status_code == 302
    assert not AllotmentLimit.objects.filter(effective_date=day).exists()


@pytest.mark.parametrize(
    ("over", "field"),
    [({"limit_oz": "0"}, "limit_oz"), ({"limit_oz": "1e9"}, "limit_oz"), ({"limit_oz": "three"}, "limit_oz"),
     ({"reason": ""}, "reason"), (forms.date_boxes("effective_date", date(2022, 2, 18)), "effective_date")],
)  # fmt: skip
def test_a_limit_in_use_or_out_of_sense_is_refused(over, field):
    client = factories.client_for(factories.staff("Manager"))
    day = timezone.localdate() + timedelta(days=10)
    before = list(AllotmentLimit.objects.values_list("effective_date", "limit_oz"))
    typed = {**forms.date_boxes("effective_date", day), "limit_oz": "4", "reason": "Why", **over}
    assert list(client.post(SET, typed).context["form"].errors) == [field]
    assert list(AllotmentLimit.objects.values_list("effective_date", "limit_oz")) == before


@pytest.mark.parametrize("group", ["Registrar", "Auditor", "Pharmacist"])
def test_a_limit_is_set_by_managers_alone(group):
    assert factories.client_for(factories.staff(group)).get(SET).status_code == 403
