"""Amendments of the conditions and directions of a running certification, which the physician signs."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.proof import proof_url
from accounts.rules import MayNotSign
from audit.models import Event
from certification import actions, rules
from certification.models import Amendment, Certification, Condition, Letter
from notifications.actions import send_due
from notifications.models import Notification
from tests import factories
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
WHY = "The specialist has found another condition."


@shared
def certification():
    return factories.certification(statement=factories.statement(directions="Drops in the evening."))


def child(**over):
    born = timezone.localdate() - timedelta(days=3000)
    return factories.certification(
        profile=factories.profile(birth_date=born, email="", has_no_email=True),
        condition=factories.condition(condition_codes=["severe-epilepsy"]),
        caregiver=factories.caregiver(),
        **over,
    )


def amend(certification, **over):
    given = {
        "condition_codes": ["glaucoma"],
        "directions": "Drops in the evening.",
        "signature_name": certification.physician.name,
        "seen": rules.condition_digest(certification.condition_codes, certification.directions),
        "reason": WHY,
        "by": certification.physician.user,
        **over,
    }
    return actions.amend_condition(certification=certification, **given)


def untouched(certification):
    now = Certification.objects.get(pk=certification.pk)
    same = (now.condition_codes, now.directions) == (certification.condition_codes, certification.directions)
    return same and not Amendment.objects.exists()


def test_amend_condition_keeps_what_it_was_and_the_number_and_dates(certification):
    number, last_day = certification.number, certification.expires_date

    made = amend(certification, condition_codes=["glaucoma", "cancer"], directions="Two drops.\nNo inhaled forms.")

    now = Certification.objects.get()
    assert (now.condition_codes, now.directions) == (["cancer", "glaucoma"], "Two drops.\nNo inhaled forms.")
    assert (now.number, now.expires_date, now.status) == (number, last_day, "active")
    assert made.before == {"condition_codes": ["cancer"], "directions": "Drops in the evening."}
    assert made.after == {"condition_codes": ["cancer", "glaucoma"], "directions": "Two drops.\nNo inhaled forms."}
    assert (made.kind, made.reason, made.signature_name) == ("condition", WHY, certification.physician.name)


def test_amend_condition_writes_an_event_and_tells_without_a_medical_word(certification, mailoutbox):
    amend(certification)
    send_due(by=None)

    events = Event.objects.filter(action="certification.amend_condition", subject_id=certification.pk)
    assert [event.actor_id for event in events] == [certification.physician.user_id]
    body = next(message.body for message in mailoutbox if "has changed" in message.subject)
    assert "what the physician certifies" in body
    assert not any(word in body.lower() for word in ("glaucoma", "cancer", "condition", "directions", "specialist"))


def test_signed_sentences_of_an_amendment_are_those_of_its_version(certification):
    made = amend(certification)
    first, last = made.signed_sentences
    assert first.startswith("I have diagnosed the patient") and last.startswith("Everything else that I stated")
    assert actions.amend_allotment(
        certification=certification, monthly_allotment_oz=1, reason=WHY, by=certification.physician.user
    ).signed_sentences == []  # fmt: skip


def test_amend_condition_is_the_physicians_alone(certification):
    with pytest.raises(MayNotSign):
        amend(certification, by=factories.delegate(certification.physician))
    assert untouched(certification)


@pytest.mark.parametrize(
    ("over", "error", "field"),
    [
        ({"condition_codes": []}, rules.IncompleteError, "condition_codes"),
        ({"condition_codes": ["severe-epilepsy"]}, rules.ConditionError, "condition_codes"),
        ({"condition_codes": ["no-such"]}, rules.ConditionError, "condition_codes"),
        ({"condition_codes": ["cancer"]}, rules.AmendmentError, None),
        ({"reason": " \n"}, rules.AmendmentError, "reason"),
        ({"signature_name": "Somebody Else"}, rules.SignatureError, "signature_name"),
        ({"seen": ""}, rules.ChangedError, None),
    ],
)
def test_amend_condition_refuses_and_writes_nothing(certification, over, error, field):
    with pytest.raises(error) as refused:
        amend(certification, **over)
    assert refused.value.field == field
    assert untouched(certification)
    assert not Notification.objects.filter(kind="certification_amended").exists()


def test_an_ended_certification_keeps_its_condition(certification):
    actions.revoke_certification(certification=certification, reason="Ends.", by=factories.staff("Registrar"))
    with pytest.raises(rules.AmendmentError, match="has ended"):
        amend(certification)
    assert untouched(certification)


def test_check_condition_is_as_seen(certification):
    seen = rules.condition_digest(["cancer"], "Drops in the evening.")
    rules.check_condition_is_as_seen(certification, seen)

    certification.directions = "Two drops."
    with pytest.raises(rules.ChangedError, match="changed meanwhile"):
        rules.check_condition_is_as_seen(certification, seen)


def test_the_second_of_two_tabs_is_refused(certification):
    seen = rules.condition_digest(certification.condition_codes, certification.directions)
    amend(certification, directions="Two drops.", condition_codes=["cancer"], seen=seen)
    with pytest.raises(rules.ChangedError):
        amend(certification, seen=seen)
    assert Certification.objects.get().condition_codes == ["cancer"] and Amendment.objects.count() == 1


def fits(certification, codes, *, letters_cover=False, today=None):
    rules.check_amended_condition_fits(
        certification, certification.patient, codes, letters_cover=letters_cover, today=today or timezone.localdate()
    )


def test_check_amended_condition_fits_asks_for_a_letter_about_a_minors_condition():
    certification = child()
    fits(certification, ["severe-epilepsy"])
    with pytest.raises(rules.LetterError, match="about the condition") as refused:
        fits(certification, ["cystic-fibrosis"])
    assert refused.value.field == "letters_cover"
    fits(certification, ["cystic-fibrosis"], letters_cover=True)

    with unguarded():
        Letter.objects.filter(kind="specialist").delete()
    with pytest.raises(rules.IncompleteError, match="letter"):
        fits(certification, ["cystic-fibrosis"], letters_cover=True)


def test_check_amended_condition_fits_does_not_ask_again_what_stays():
    certification = child()
    of_age = certification.patient.birth_date + timedelta(days=366 * 18)
    fits(certification, ["severe-epilepsy"], today=of_age)
    with pytest.raises(rules.ConditionError, match="for adults"):
        fits(certification, ["severe-epilepsy", "cancer"], today=of_age)


def test_the_amendment_of_a_minor_says_that_the_letters_fit():
    certification = child()
    made = amend(certification, condition_codes=["cystic-fibrosis"], directions="", letters_cover=True)
    assert made.letters_cover and len(made.signed_sentences) == 3


@pytest.mark.parametrize(
    "broken", [{"signature_name": ""}, {"statement_version": ""}, {"kind": "allotment"}, {"kind": "contact"}]
)
def test_an_amendment_of_a_condition_is_signed(certification, broken):
    made = amend(certification)
    with unguarded(), pytest.raises(IntegrityError, match="amendment_of_condition_is_signed"), transaction.atomic():
        Amendment.objects.filter(pk=made.pk).update(**broken)


# --- The page -------------------------------------------------------------------------------------------------------


def page(certification, name="amend-condition"):
    return f"/certification/{certification.uuid}/{name}/"


def typed(certification, **over):
    return {
        "condition_codes": ["glaucoma"],
        "directions": "Two drops.",
        "reason": WHY,
        "signature_name": certification.physician.name,
        "seen": rules.condition_digest(certification.condition_codes, certification.directions),
        **over,
    }


def shown(response):
    return " ".join(response.content.decode().split())


def test_the_physician_signs_another_condition(certification):
    client = factories.client_for(certification.physician.user)
    response = client.post(page(certification), typed(certification))

    now = Certification.objects.get()
    assert response.url == page(certification, "confirmation")
    assert (now.condition_codes, now.directions) == (["glaucoma"], "Two drops.")


@pytest.mark.parametrize(
    "over",
    [
        {"condition_codes": []},
        {"condition_codes": ["nothing", "\x00"]},
        {"directions": "x" * 1001},
        {"directions": "Take \U0001f600"},
        {"reason": ""},
        {"signature_name": ""},
        {"signature_name": "Somebody Else"},
        {"condition_codes": ["cancer"], "directions": "Drops in the evening."},
    ],
)
def test_the_page_refuses_bad_input_and_keeps_what_was_typed(certification, over):
    client = factories.client_for(certification.physician.user)
    response = client.post(page(certification), typed(certification, **{"reason": "Kept words.", **over}))
    assert response.status_code == 200
    assert "error" in shown(response).lower() and ("Kept words." in shown(response) or over.get("reason") == "")
    assert untouched(certification)


def test_a_page_that_was_opened_before_a_change_shows_what_is_on_record_now(certification):
    stale = typed(certification)
    amend(certification, condition_codes=["cancer", "glaucoma"])
    client = factories.client_for(certification.physician.user)

    response = client.post(page(certification), stale)

    fresh = Certification.objects.get()
    words = shown(response)
    assert "changed meanwhile" in words and "Cancer, Glaucoma" in words and "Two drops." in words
    assert Amendment.objects.count() == 1
    assert client.post(page(certification), typed(fresh)).status_code == 302


def test_ends_of_lines_as_browsers_send_them_are_no_change(certification):
    amend(certification, condition_codes=["cancer"], directions="One.\nTwo.")
    now = Certification.objects.get()
    client = factories.client_for(certification.physician.user)
    client.post(page(certification), typed(now, directions="One.\r\nTwo."))
    assert Certification.objects.get().directions == "One.\nTwo."


def test_a_delegate_is_told_who_signs(certification):
    client = factories.client_for(factories.delegate(certification.physician))
    assert client.get(page(certification)).status_code == 403
    assert client.post(page(certification), typed(certification)).status_code == 403
    assert untouched(certification)


def test_the_page_of_a_minor_asks_about_the_letters(certification):
    minor = child()
    client = factories.client_for(minor.physician.user)
    response = client.post(page(minor), typed(minor, condition_codes=["cystic-fibrosis"]))
    assert "letters must be about the condition" in shown(response) and untouched(minor)

    client.post(page(minor), typed(minor, condition_codes=["cystic-fibrosis"], letters_cover="on"))
    assert Certification.objects.get(pk=minor.pk).condition_codes == ["cystic-fibrosis"]
    adult = factories.client_for(certification.physician.user).get(page(certification))
    assert "letters_cover" not in shown(adult)


def test_a_condition_that_left_the_list_may_stay_alone(certification):
    with unguarded():
        Condition.objects.filter(code="cancer").update(until_date=timezone.localdate())
    client = factories.client_for(certification.physician.user)
    assert "No longer on the list" in shown(client.get(page(certification)))

    client.post(page(certification), typed(certification, condition_codes=["cancer", "glaucoma"]))
    assert untouched(certification)
    client.post(page(certification), typed(certification, condition_codes=["cancer"]))
    assert Certification.objects.get().directions == "Two drops."


def test_saved_input_of_the_amendment_is_encrypted_while_signing_in_again(certification):
    client = factories.client_for(certification.physician.user)
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 301
    session.save()

    response = client.post(page(certification), typed(certification))

    assert response.url == proof_url(page(certification)) and untouched(certification)
    assert "glaucoma" not in str(dict(client.session.items()))


def test_an_ended_certification_leads_back_to_the_record(certification):
    actions.revoke_certification(certification=certification, reason="Ends.", by=factories.staff("Registrar"))
    client = factories.client_for(certification.physician.user)
    assert client.get(page(certification)).url == page(certification, "confirmation")


def test_the_pharmacist_reads_the_new_directions_on_an_open_order(certification):
    order = factories.order(certification.patient)
    amend(certification, condition_codes=["cancer"], directions="Two drops.")
    client = factories.client_for(factories.staff("Pharmacist"))
    review = shown(client.get(f"/admin/delivery/order/{order.pk}/change/"))
    assert "Two drops." in review and "Drops in the evening." not in review
