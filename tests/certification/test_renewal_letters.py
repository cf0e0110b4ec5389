"""A minor's renewal: it needs two new letters, and the risks are explained to the guardian again."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone

from certification import actions, rules
from certification.models import Certification, Draft, Letter
from tests import factories
from tests.certification import forms
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHILD = date(2015, 3, 4)
KINDS = list(Letter.Kind)


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


def ending(physician, birth_date=CHILD, days=345):
    """A certification of Elena's child for severe epilepsy, which ends soon."""
    then = timezone.localdate() - timedelta(days=days)
    dates = {"exam_date": then, "monitoring_reviewed_date": then}
    with time_machine.travel(f"{then}T17:00:00+00:00", tick=False):
        return factories.certification(
            physician,
            joined=False,
            profile=factories.profile(birth_date=birth_date, first_name="Milo"),
            condition=factories.condition(condition_codes=["severe-epilepsy"], **dates),
            caregiver=factories.caregiver(),
        )


def save(certification, kind, **over):
    words = {"letter": factories.letter(), "file": factories.letter_file(), "by": certification.physician.user}
    return actions.save_letter(draft=Draft.objects.renewing(certification), kind=kind, **{**words, **over})


def answers(guardian="Elena Delgado"):
    return {
        "questions": factories.questions(),
        "condition": factories.condition(condition_codes=["severe-epilepsy"]),
        "statement": {**factories.statement(), "explained_to": guardian},
    }


def renew(certification):
    physician = certification.physician
    words = {"signature_name": physician.name, "by": physician.user}
    return actions.sign_draft(draft=Draft.objects.renewing(certification), answers=answers(), **words)


def url(certification, step="renewal-letters"):
    return f"/certification/{certification.uuid}/{step}/"


# --- The rules ------------------------------------------------------------------------------------------------------


def test_a_minors_renewal_needs_both_letters_anew(physician):
    certification = ending(physician)
    assert certification.letters.count() == 2
    for kind in KINDS:
        with pytest.raises(rules.IncompleteError, match="letter of this physician is missing"):
            renew(certification)
        save(certification, kind)
    renewal = renew(certification)
    assert (renewal.status, renewal.letters.count(), certification.letters.count()) == ("active", 2, 2)
    assert renewal.explained_to == "Elena Delgado"


def test_nothing_is_prepared_or_reviewed_without_the_letters(physician):
    words = {"draft": Draft.objects.renewing(ending(physician)), "by": physician.user}
    prepared = {name: answers()[name] for name in ("questions", "condition")}
    with pytest.raises(rules.IncompleteError):
        actions.prepare_renewal(**prepared, **words)
    with pytest.raises(rules.IncompleteError):
        actions.review_draft(answers=answers(), **words)
    assert not Draft.objects.exists()


def test_check_letter_is_new_refuses_one_of_last_year(physician):
    certification = ending(physician)
    signed = certification.certified_date
    with pytest.raises(rules.LetterError, match="written after") as refusal:
        save(certification, KINDS[0], letter=factories.letter(letter_date=signed))
    assert refusal.value.field == "letter_date"
    assert save(certification, KINDS[0], letter=factories.letter(letter_date=signed + timedelta(days=1))).size > 0


def test_another_letter_takes_the_review_off(physician):
    certification = ending(physician)
    for kind in KINDS:
        save(certification, kind)
    draft = actions.review_draft(draft=Draft.objects.renewing(certification), answers=answers(), by=physician.user)
    save(certification, KINDS[0])
    draft.refresh_from_db()
    assert draft.reviewed_at is None and draft.letters.count() == 2
    again = actions.review_draft(draft=Draft.objects.renewing(certification), answers=answers(), by=physician.user)
    seen = {str(again.uuid): again.reviewed_digest}
    words = {"signature_name": physician.name, "by": physician.user}
    [signed] = actions.sign_reviewed(physician=physician, seen=seen, **words).signed
    assert (signed.pk, signed.letters.count()) == (draft.pk, 2)


def test_letters_of_an_adult_and_before_it_opens_are_refused(physician):
    grown = factories.certification(physician, on=timezone.localdate() - timedelta(days=345), joined=False)
    with pytest.raises(rules.LetterError):
        save(grown, KINDS[0])
    with pytest.raises(rules.RenewalNotOpen):
        save(ending(physician, days=300), KINDS[0])
    assert Letter.objects.count() == 2


def test_who_comes_of_age_before_the_signature_keeps_no_letter(physician):
    today = timezone.localdate()
    certification = ending(physician, birth_date=(today + timedelta(days=3)).replace(year=today.year - 18))
    for kind in KINDS:
        save(certification, kind)
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        statement = {**factories.statement(), "explained_to": ""}
        renewal = actions.sign_draft(
            draft=Draft.objects.renewing(certification),
            answers={"questions": factories.questions(), "condition": factories.condition(), "statement": statement},
            signature_name=physician.name,
            by=physician.user,
        )
    assert (renewal.explained_to, renewal.letters.count()) == ("", 0)


def test_a_withdrawal_takes_the_letters_of_the_renewal_along(physician):
    certification = ending(physician)
    save(certification, KINDS[0])
    actions.withdraw_certification(certification=certification, reason="Moved.", by=physician.user)
    assert Letter.objects.count() == 2


# --- The pages ------------------------------------------------------------------------------------------------------


def test_the_renewal_of_a_minor_begins_with_the_letters(client, physician):
    certification = ending(physician)
    assert client.get(url(certification, "renew")).url == url(certification)
    assert "written after" in client.get(url(certification)).content.decode()
    first = {**forms.letter(KINDS[0]), "later": "1"}
    assert client.post(url(certification), first).url == "/certification/"
    both = {**forms.letter(KINDS[0], file=""), **forms.letter(KINDS[1])}
    assert client.post(url(certification), both).url == url(certification, "renew")
    page = client.get(url(certification, "renew")).content.decode()
    assert "Letters of this year" in page and "to Elena Delgado" in page

    posted_renewal = forms.renewal(physician.name, condition_codes=["severe-epilepsy"])
    client.post(url(certification, "renew"), posted_renewal)
    assert Certification.objects.active().get().renewal_of == certification


def test_a_delegate_keeps_the_letters_and_prepares(physician):
    certification, office = ending(physician), factories.client_for(factories.delegate(physician))
    office.post(url(certification), forms.both_letters())
    office.post(url(certification, "renew"), forms.preparation(condition_codes=["severe-epilepsy"]))
    assert set(Draft.objects.prepared().get().answers) == {"questions", "condition", "letters"}


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"writer": ""}, "writer"),
        ({"letter_date_month": "13"}, "letter_date"),
        ({"letter_date_year": str(timezone.localdate().year - 2)}, "letter_date"),
        ({"file": factories.letter_file(b"PK not a letter")}, "file"),
        ({"licence": "x\x00"}, "licence"),
    ],
)
def test_a_letter_is_refused_beside_its_field(client, physician, over, field):
    certification = ending(physician)
    page = client.post(url(certification), {**forms.letter(KINDS[1], **over), "later": "1"})
    assert list(page.context["form"].errors) == [f"specialist_{field}"]
    assert Letter.objects.count() == 2 and not Draft.objects.exists()
