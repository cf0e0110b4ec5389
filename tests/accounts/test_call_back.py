"""Nobody becomes a physician by numbers alone: the physician is called back at a number that a register shows."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import actions, rules
from accounts.models import Physician, PhysicianApplication
from audit.models import Event
from tests import factories
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
NUMBER = "+12035550177"


@shared
def registrar():
    return factories.staff("Registrar")


@pytest.fixture
def application(registrar, monkeypatch):
    """Return an application that staff have looked up, and whose applicant they have not called back."""
    made = factories.application()
    with monkeypatch.context() as patch:
        patch.setattr(factories, "called_back", lambda of, by: None)
        factories.looked_up(made, registrar)
    made.refresh_from_db()
    return made


def call_back(application, by, number=NUMBER, source="NPI registry"):
    actions.look_up_application(application=application, seen=[], call=rules.CallBack(number, source), by=by)
    application.refresh_from_db()


def verify(application, by=None):
    return actions.verify_application(application=application, by=by or factories.staff("Manager"))


def test_check_identity_is_proven_before_anybody_is_verified(application):
    with pytest.raises(rules.ApplicationError, match="Call the physician back first"):
        verify(application)
    assert not Physician.objects.exists()
    assert PhysicianApplication.objects.get().status == "pending"


@time_machine.travel(datetime(2026, 11, 23, 17, tzinfo=UTC), tick=False)
def test_a_call_back_stores_number_register_moment_and_caller(application, registrar):
    call_back(application, registrar)
    call = (application.called_number.as_e164, application.number_source, application.called_at, application.called_by)
    assert call == (NUMBER, "NPI registry", datetime(2026, 11, 23, 17, tzinfo=UTC), registrar)
    event = Event.objects.get(action="application.call_back")
    assert (event.actor_id, event.subject_id, event.reason) == (registrar.pk, application.pk, "NPI registry")
    assert verify(application).user == application.user


def test_check_identity_is_proven_needs_another_person_than_the_verifier(application, registrar, settings):
    manager = factories.staff("Manager")
    call_back(application, manager)
    with pytest.raises(rules.FourEyesError, match="You made the call back yourself"):
        verify(application, manager)
    assert verify(application, factories.staff("Manager")).user == application.user


def test_check_is_not_own_keeps_staff_from_their_own_application(registrar, settings):
    """Whoever applies would otherwise call themselves, and that call would prove who they are."""
    settings.FOUR_EYES = False
    own = factories.application(of=registrar)
    colleague = factories.staff("Registrar")
    with pytest.raises(rules.ApplicationError, match="This application is your own"):
        call_back(own, registrar)
    factories.looked_up(own, colleague)
    with pytest.raises(rules.ApplicationError, match="This application is your own"):
        verify(own, registrar)
    own.refresh_from_db()
    assert (own.status, own.called_by) == ("pending", colleague)
    assert verify(own, colleague).user == registrar


def test_without_four_eyes_a_call_back_is_asked_for_all_the_same(application, registrar, settings):
    settings.FOUR_EYES = False
    with pytest.raises(rules.ApplicationError, match="Call the physician back first"):
        verify(application, registrar)
    call_back(application, registrar)
    assert verify(application, registrar).user == application.user


@pytest.mark.parametrize("same", ["dea_number", "npi"])
def test_check_number_is_in_register_asks_for_the_rosters_number(application, registrar, same):
    known = factories.physician(**{same: getattr(application, same)})
    with pytest.raises(rules.ApplicationError, match="on the roster with another number") as refused:
        call_back(application, registrar)
    assert (refused.value.field, known.phone.as_national in str(refused.value)) == ("called_number", True)
    assert not PhysicianApplication.objects.get().called_at
    call_back(application, registrar, known.phone.as_e164, "our roster")
    assert verify(application) == known


def test_the_last_call_counts(application, registrar):
    call_back(application, registrar)
    call_back(application, registrar, "+12035550188", "license lookup")
    assert application.called_number == "+12035550188"
    assert Event.objects.filter(action="application.call_back").count() == 2


def test_what_is_decided_is_not_called_back_about(application, registrar):
    actions.refuse_application(application=application, reason="The physician knows nothing of it.", by=registrar)
    with pytest.raises(rules.AlreadyDecided):
        call_back(application, registrar)


def test_the_number_that_the_applicant_typed_is_pointed_out(application, registrar):
    assert not [warning for warning in rules.warnings_about(application) if "typed" in warning]
    call_back(application, registrar, application.phone.as_e164)
    assert [
        warning for warning in rules.warnings_about(application) if "is the one that the applicant typed" in warning
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "verified"},
        {"identity_proof": "call_back"},
        {"called_number": NUMBER},
        {"identity_proof": "earlier", "number_source": "NPI registry"},
    ],
    ids=lambda fields: "-".join(fields),
)
def test_the_database_refuses_half_a_call_and_a_verified_applicant_without_one(registrar, fields):
    verified = factories.looked_up(factories.application(), registrar)
    verify(verified)
    blank = {"identity_proof": "", "called_number": "", "number_source": "", "called_at": None, "called_by": None}
    with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
        PhysicianApplication.objects.filter(pk=verified.pk).update(**(blank | fields))


def test_an_applicant_verified_before_calls_were_needed_stays_verified(registrar):
    verified = factories.looked_up(factories.application(), registrar)
    verify(verified)
    blank = {"called_number": "", "number_source": "", "called_at": None, "called_by": None}
    with unguarded():
        PhysicianApplication.objects.filter(pk=verified.pk).update(identity_proof="earlier", **blank)
    page = reverse("admin:accounts_physicianapplication_change", args=[verified.pk])
    words = factories.client_for(registrar).get(page).content.decode()
    assert "verified before a call back was asked for" in words


# --- The door -------------------------------------------------------------------------------------------------------


def page(application):
    return reverse("admin:accounts_physicianapplication_change", args=[application.pk])


def step(application):
    return reverse("admin:accounts_physicianapplication_step", args=[application.pk, "look-up"])


def words_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_page_names_the_number_to_call_and_takes_the_call_back(application, registrar):
    client = factories.client_for(registrar)
    shown = words_of(client.get(page(application)))
    assert "Ask for Tova Tal" in shown and f"The applicant typed {application.phone.as_national}" in shown
    typed = {"called_number": "(203) 555-0177", "number_source": "NPI registry", "is_confirmed": "on"}
    for left_out, sentence in (
        ("called_number", "Enter the number you called."),
        ("number_source", "Enter the register that shows the number."),
        ("is_confirmed", "If not, refuse the application."),
    ):
        posted = {name: value for name, value in typed.items() if name != left_out}
        assert sentence in words_of(client.post(step(application), posted))
    client.post(step(application), typed)

    application.refresh_from_db()
    assert application.called_number == NUMBER
    assert "(203) 555-0177, as it stands in: NPI registry" in words_of(client.get(page(application)))


def test_the_page_names_the_number_on_the_roster_and_begins_with_it(application, registrar):
    known = factories.physician(npi=application.npi)
    shown = factories.client_for(registrar).get(page(application))
    assert f"On the roster, with this number: {known.phone.as_national}" in words_of(shown)
    assert shown.context["form"]["called_number"].value() == known.phone.as_national


@pytest.mark.parametrize("group", ["Auditor", "Pharmacist", "Driver"])
def test_others_record_no_call(application, group):
    typed = {"called_number": "(203) 555-0177", "number_source": "NPI registry", "is_confirmed": "on"}
    assert factories.client_for(factories.staff(group)).post(step(application), typed).status_code == 403
    application.refresh_from_db()
    assert not application.called_at


def test_the_applicant_reads_that_the_practice_is_called(application):
    page = factories.client_for(application.user).get("/accounts/physician/apply/")
    assert "we call your practice, at the number that a public register shows" in words_of(page)
