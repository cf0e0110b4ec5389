"""A person who is a patient already, of the same physician or of another; and drafts that nobody finishes."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from certification import actions, rules
from certification.models import Certification, Draft, Patient, TakeOver
from certification.tasks import discard_old_drafts
from notifications.models import Notification
from tests import factories
from tests.certification import forms
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
BORN = date(1980, 4, 28)


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


def url(certification, step):
    return f"/certification/{certification.uuid}/{step}/"


def rosa(**over):
    return factories.profile(**{"birth_date": BORN, **over})


def certified(physician, **over):
    return factories.certification(physician, profile=rosa(**over))


def sign(draft):
    physician = draft.physician
    return actions.sign_draft(draft=draft, signature_name=physician.name, by=physician.user)


def take_over(draft, **over):
    answers = {"how": "In the visit.", "agreed_date": timezone.localdate(), "signature_name": draft.physician.name}
    return actions.take_over_patient(draft=draft, **{**answers, **over}, by=draft.physician.user)


# --- The physician's own patient ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [("delgado rosa", "delgado roza", True), ("delgado rosa", "rosa delgado", True),
     ("o'brien-nunez ana", "obrien nunez ana", True),
     ("李", "李", True), ("delgado rosa", "hart milo", False), ("a b", "y z", False)],
)  # fmt: skip
def test_names_alike_forgives_small_differences(first, second, alike):
    assert rules.names_alike(first, second) is alike


def test_a_profile_like_that_of_an_own_patient_asks_who_it_is(client, physician):
    first = certified(physician)
    draft = factories.draft(physician, profile=None, condition=None, statement=None)
    typed = forms.profile(birth_date=BORN, first_name="Róza", email="other@example.org", phone="203-555-0177")
    assert client.post(url(draft, "profile"), typed).url == url(draft, "duplicates")
    page = client.get(url(draft, "duplicates")).content.decode()
    assert "My patient: open the certification" in page and first.number in page
    assert client.post(url(draft, "duplicates"), {"different": "1"}).url == url(draft, "condition")
    assert client.post(url(draft, "profile"), typed).url == url(draft, "condition")


def test_the_patient_of_another_physician_is_not_hinted_at(client, physician):
    certified(factories.identified_physician())
    draft = factories.draft(physician, profile=None)
    assert client.post(url(draft, "profile"), forms.profile(birth_date=BORN)).url == url(draft, "condition")
    assert client.get(url(draft, "sign")).context["problems"] == []


def test_check_not_a_duplicate_keeps_a_second_file_from_being_signed(physician):
    first = certified(physician)
    draft = factories.draft(physician, profile=rosa())
    with pytest.raises(rules.DuplicateError, match="Say whether it is the same person"):
        sign(draft)
    assert Patient.objects.count() == 1
    actions.tell_apart(draft=draft, by=physician.user)
    assert sign(draft).patient != first.patient


def test_a_patient_of_long_ago_is_certified_again_as_the_same(client, physician):
    first = certified(physician)
    actions.withdraw_certification(certification=first, reason="Moved.", by=physician.user)
    draft = factories.draft(physician, profile=rosa(street="9 New Street"))
    assert "My patient: certify again" in client.get(url(draft, "duplicates")).content.decode()
    client.post(url(draft, "duplicates"), {"same": first.patient.number})
    draft.refresh_from_db()
    again = sign(draft)
    assert (again.patient, again.patient.street, Patient.objects.count()) == (first.patient, "9 New Street", 1)
    assert again.patient.user_id is not None  # the patient has the same account as before


def test_check_may_be_the_same_refuses_who_is_certified_and_who_is_not_alike(physician):
    draft = factories.draft(physician, profile=rosa())
    running, stranger = certified(physician).patient, factories.patient()
    for somebody, words in ((running, "renew it instead"), (stranger, "changed meanwhile")):
        with pytest.raises(rules.DuplicateError, match=words):
            actions.tell_apart(draft=draft, same_as=somebody, by=physician.user)
    draft.refresh_from_db()
    assert "identity" not in draft.answers


def test_two_tabs_never_mix_two_patients(client, physician):
    first, second = (factories.draft(physician, profile=None) for _ in range(2))
    client.post(url(first, "profile"), forms.profile(first_name="Ana"))
    client.post(url(second, "profile"), forms.profile(first_name="Ben"))
    client.post(url(first, "condition"), forms.condition(condition_codes=["glaucoma"]))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.answers["profile"]["first_name"], second.answers["profile"]["first_name"]) == ("Ana", "Ben")
    assert (first.answers["condition"]["condition_codes"], second.answers["condition"]["condition_codes"]) == (
        ["glaucoma"], ["cancer"],
    )  # fmt: skip


# --- Another physician's --------------------------------------------------------------------------------------------


def test_check_not_certified_elsewhere_refuses_the_signature_and_keeps_the_event(client, physician):
    other = certified(factories.identified_physician())
    draft = factories.draft(physician, profile=rosa())
    seen = rules.draft_digest(draft.answers)
    typed = {**forms.statement(), "signature_name": physician.name, "seen": seen}
    page = client.post(url(draft, "sign"), typed).content.decode()
    assert "call the program at (203) 555-0100" in page and 'name="take_over"' in page
    assert client.post(url(draft, "sign"), {**typed, "take_over": "1"}).url == url(draft, "take-over")
    assert other.number not in page and other.physician.last_name not in page
    other.refresh_from_db()
    assert (other.status, Patient.objects.count()) == ("active", 1)
    assert Event.objects.get(action="certification.certify", outcome="refused").reason == "ElsewhereError"


def test_take_over_patient_supersedes_and_tells_both(physician):
    before = certified(factories.identified_physician())
    now = take_over(factories.draft(physician, profile=rosa(phone="+12035550166")))
    before.refresh_from_db()
    assert (before.status, now.status, now.patient) == ("superseded", "active", before.patient)
    assert now.patient.phone.as_e164 == "+12035550166"
    assert (now.take_over.agreed_with, now.take_over.how) == ("patient", "In the visit.")
    recipients = Notification.objects.filter(kind="patient_taken_over").values_list("recipient", flat=True)
    assert set(recipients) == {before.physician.email, physician.email}
    assert Event.objects.filter(action="takeover.done").count() == 1


def test_take_over_patient_again_gives_what_was_signed(physician):
    certified(factories.identified_physician())
    draft = factories.draft(physician, profile=rosa())
    assert take_over(draft) == take_over(draft) and TakeOver.objects.count() == 1


@pytest.mark.parametrize(
    ("over", "field"),
    [({"how": " "}, "how"), ({"agreed_date": timezone.localdate() + timedelta(days=2)}, "agreed_date"),
     ({"signature_name": "Somebody"}, "signature_name")],
)  # fmt: skip
def test_check_take_over_of_what_was_not_agreed(physician, over, field):
    before = certified(factories.identified_physician())
    with pytest.raises(rules.CertificationError) as refusal:
        take_over(factories.draft(physician, profile=rosa()), **over)
    before.refresh_from_db()
    assert (refusal.value.field, before.status, TakeOver.objects.count()) == (field, "active", 0)


def test_check_may_be_taken_over_when_nobody_else_certified(physician):
    with pytest.raises(rules.TakeOverError, match="nothing to take over"):
        take_over(factories.draft(physician, profile=rosa()))
    assert not Patient.objects.exists()


def test_the_caregiver_of_before_ends_unless_named_again(physician):
    caregiver = factories.caregiver(phone="+12035550155")
    before = factories.certification(profile=rosa(), caregiver=caregiver)
    now = take_over(factories.draft(physician, profile=rosa()))
    assert now.patient.current_assignment is None
    assert before.patient.assignments.get().ended_date == timezone.localdate()


def test_the_physician_signs_after_the_registrar_has_agreed(client, physician):
    before = certified(factories.identified_physician())
    draft = factories.draft(physician, profile=rosa())
    staff = factories.client_for(factories.staff("Registrar"))
    step = reverse("admin:certification_patient_step", args=[before.patient.pk, "take-over"])
    typed = {"how": "By phone.", **forms.date_boxes("agreed_date", timezone.localdate())}
    assert "No physician on the roster" in staff.post(step, {**typed, "dea_number": "AA0"}).content.decode()
    assert staff.post(step, {**typed, "dea_number": physician.dea_number.lower()}).status_code == 302
    assert Certification.objects.get(pk=before.pk).status == "active"
    signed = sign(draft)
    assert (signed.patient, signed.take_over.agreed_with) == (before.patient, "registrar")


def test_the_physician_takes_over_on_the_page_of_the_draft(client, physician):
    certified(factories.identified_physician())
    draft = factories.draft(physician, profile=rosa())
    typed = {"how": "", **forms.date_boxes("agreed_date", timezone.localdate()), "signature_name": physician.name}
    form = client.post(url(draft, "take-over"), typed).context["form"]
    assert list(form.errors) == ["how"]
    typed |= {"how": "She asked me.", "seen": rules.draft_digest(draft.answers)}
    assert client.post(url(draft, "take-over"), typed).url == url(draft, "confirmation")
    page = client.get(url(Certification.objects.get(status="active"), "confirmation")).content.decode()
    assert "Your patient is now certified." in page


def test_the_physician_of_before_sees_that_another_has_certified(physician):
    before = certified(factories.identified_physician())
    take_over(factories.draft(physician, profile=rosa()))
    page = factories.client_for(before.physician.user).get(url(before, "confirmation")).content.decode()
    assert "Another physician has certified the patient in its place." in page


def test_one_agreement_is_open_at_a_time(physician):
    before = certified(factories.identified_physician())
    words = {"patient": before.patient, "physician": physician, "agreed_with": "registrar", "by": factories.user()}
    for how in ("By phone.", "In a letter."):
        actions.agree_take_over(**words, how=how, agreed_date=timezone.localdate())
    assert TakeOver.objects.get().how == "In a letter."
    with unguarded(), transaction.atomic(), pytest.raises(IntegrityError):
        TakeOver.objects.create(
            patient=before.patient, physician=physician, agreed_with="patient", how="x",
            agreed_date=timezone.localdate(), agreed_by=before.physician.user,
        )  # fmt: skip


# --- Old drafts -----------------------------------------------------------------------------------------------------


def test_drafts_that_nobody_touched_for_90_days_are_forgotten(physician):
    now = timezone.now()
    with time_machine.travel(now - timedelta(days=92), tick=False):
        old, touched = factories.draft(physician), factories.draft(physician)
    actions.save_step(draft=touched, step="condition", answers=factories.condition(), by=physician.user)
    signed = factories.certification(physician, on=timezone.localdate() - timedelta(days=200), joined=False)
    assert discard_old_drafts() == 1
    assert (Draft.objects.get(), Certification.objects.get()) == (touched, signed)
    assert Event.objects.get(action="certification.discard").subject_id == old.pk
