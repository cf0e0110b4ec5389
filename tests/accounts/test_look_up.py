"""An application on one page: each claim beside what the registers show, one tick a proof."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import actions, rules
from accounts.models import Physician, Proof
from accounts.rules import CallBack, Seen
from audit.models import Event
from tests import factories
from tests.shared import shared

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
CALL = {"called_number": "(203) 555-0177", "number_source": "NPI registry", "is_confirmed": "on"}


def ahead(days=300):
    return timezone.localdate() + timedelta(days=days)


def ticked(kind, **over):
    """Return what the browser posts for a ticked registration."""
    entered = {"matches": "on", "valid_through": ahead().isoformat(), "source": "eLicense", "state": "CT", **over}
    return {f"{kind}_{name}": value for name, value in entered.items() if value is not None}


ALL = ("medical_license", "controlled_substance", "dea")


def address(application, step=None):
    if step:
        return reverse("admin:accounts_physicianapplication_step", args=[application.pk, step])
    return reverse("admin:accounts_physicianapplication_change", args=[application.pk])


@shared
def registrar():
    return factories.staff("Registrar")


@shared
def client(registrar):
    return factories.client_for(registrar)


@shared
def application():
    return factories.application()


def seen(**over):
    return Seen(**{"kind": "medical_license", "matches": True, "valid_through": TODAY, "source": "eLicense", **over})


# --- Rules ----------------------------------------------------------------------------------------------------------


def test_check_something_was_seen():
    assert rules.check_something_was_seen([], CallBack("+12035550177", "NPI registry")) is None
    with pytest.raises(rules.ApplicationError, match="Nothing is entered yet"):
        rules.check_something_was_seen([], None)


@pytest.mark.parametrize("differs", [{"number": "1.000000"}, {"is_active": False}, {"is_limited": True}])
def test_check_tick_or_difference(differs):
    assert rules.check_tick_or_difference(seen()) is None
    assert rules.check_tick_or_difference(seen(matches=False, **differs)) is None
    with pytest.raises(rules.CredentialError, match="Take one of them away") as refused:
        rules.check_tick_or_difference(seen(**differs))
    assert refused.value.field == "medical_license_matches"
    with pytest.raises(rules.CredentialError, match="or enter below what differs"):
        rules.check_tick_or_difference(seen(matches=False))


@pytest.mark.parametrize("days", [0, 4 * 366])
def test_check_last_day_seen_takes_today_to_four_years(days):
    rules.check_last_day_seen(seen(valid_through=TODAY + timedelta(days=days)), today=TODAY)


@pytest.mark.parametrize(
    ("last_day", "why"),
    [(None, "Enter the last day"), (TODAY - timedelta(days=1), "has passed"), (date(9999, 12, 31), "four years")],
)
def test_check_last_day_seen_refuses_other_days(last_day, why):
    with pytest.raises(rules.RenewalDateError, match=why) as refused:
        rules.check_last_day_seen(seen(valid_through=last_day), today=TODAY)
    assert refused.value.field == "medical_license_valid_through"


def test_check_last_day_seen_takes_an_end_that_has_passed_where_it_differs():
    passed = seen(matches=False, is_active=False, valid_through=TODAY - timedelta(days=9))
    assert rules.check_last_day_seen(passed, today=TODAY) is None


# --- One page -------------------------------------------------------------------------------------------------------


def test_one_post_enters_every_proof_and_the_call(application, client, registrar):
    answer = client.post(
        address(application, "look-up"), {**CALL, **{k: v for kind in ALL for k, v in ticked(kind).items()}}
    )

    assert (answer.status_code, answer.url) == (302, address(application))
    proofs = {proof.kind: proof for proof in application.proofs.filter(entered_by=registrar)}
    assert {kind: (proof.number, proof.valid_through) for kind, proof in proofs.items()} == {
        "medical_license": ("1.034567", ahead()),
        "controlled_substance": ("CSP.0012345", ahead()),
        "dea": (application.dea_number, ahead()),
    }
    assert Event.objects.filter(action="proof.enter", actor_id=registrar.pk).count() == 3
    assert Event.objects.filter(action="application.call_back").count() == 1
    actions.verify_application(application=application, by=factories.staff("Manager"))
    assert Physician.objects.get().user == application.user


def test_a_second_post_of_the_same_changes_nothing(application, client):
    posted = {**CALL, **ticked("dea")}
    client.post(address(application, "look-up"), posted)
    before = application.proofs.get(kind="dea").entered_at, Event.objects.exclude(action__endswith=".view").count()

    client.post(address(application, "look-up"), posted)

    after = application.proofs.get(kind="dea").entered_at, Event.objects.exclude(action__endswith=".view").count()
    assert after == before


def test_a_part_is_saved_and_the_rest_is_named(application, client):
    client.post(address(application, "look-up"), ticked("medical_license"))

    page = client.get(address(application)).content.decode()

    assert "Still missing before anybody can verify" in page
    assert client.get(address(application)).context["claims"].missing == (
        "Connecticut controlled substance registration",
        "DEA registration",
        "the call back",
    )


def test_mistakes_are_named_at_each_proof_and_nothing_typed_is_lost(application, client):
    posted = {
        **ticked("medical_license", valid_through="2020-01-31"),
        **ticked("controlled_substance", valid_through="soon"),
        **ticked("dea", source=""),
    }
    page = client.post(address(application, "look-up"), posted)

    errors = {name: list(found) for name, found in page.context["form"].errors.items()}
    assert "This day has passed" in errors["medical_license_valid_through"][0]
    assert errors["controlled_substance_valid_through"]
    assert errors["dea_source"] == ["Enter where you looked it up."]
    assert [page.context["form"][name].value() for name in ("dea_matches", "controlled_substance_valid_through")] == [
        True,
        "soon",
    ]
    assert not application.proofs.exclude(entered_by=application.user).exists()


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"number": "1.099999"}, "matches"),
        ({"is_limited": "on"}, "matches"),
        ({"matches": None, "number": "abc"}, "number"),
        ({"matches": None}, "matches"),
        ({"valid_through": "9999-12-31"}, "valid_through"),
        ({"valid_through": ""}, "valid_through"),
        ({"valid_through": "", "matches": None, "is_inactive": "on"}, "valid_through"),
        ({"source": "\N{PILE OF POO}"}, "source"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(application, client, entered, field):
    page = client.post(address(application, "look-up"), ticked("medical_license", **entered))

    assert f"medical_license_{field}" in page.context["form"].errors
    assert application.proofs.get(kind="medical_license").entered_by == application.user


def test_a_number_that_differs_is_entered_and_the_claim_stays(application, client):
    client.post(
        address(application, "look-up"), ticked("medical_license", matches=None, number="099999", is_limited="on")
    )

    proof = application.proofs.get(kind="medical_license")
    assert (proof.number, proof.claimed_number, proof.is_limited) == ("1.099999", "1.034567", True)
    page = client.get(address(application)).content.decode()
    assert "1.034567" in page and "1.099999" in page and "another number" in page


def test_an_ended_registration_is_entered_as_what_it_is(application, client):
    passed = (timezone.localdate() - timedelta(days=3)).isoformat()
    client.post(address(application, "look-up"), ticked("dea", matches=None, is_inactive="on", valid_through=passed))

    proof = application.proofs.get(kind="dea")
    assert (proof.is_active, proof.valid_through) == (False, timezone.localdate() - timedelta(days=3))
    assert any("does not count" in warning for warning in rules.warnings_about(application))


def test_nothing_ticked_is_said(application, client):
    page = client.post(address(application, "look-up"), {"dea_source": "DEA"})

    assert "Nothing is entered yet." in page.content.decode()


def test_a_browser_in_another_language_enters_the_same(application, client):
    client.cookies["django_language"] = "es"

    page = client.post(address(application, "look-up"), ticked("dea", valid_through="31.12.2026"))
    assert page.status_code == 200 and "dea_valid_through" in page.context["form"].errors
    client.post(address(application, "look-up"), ticked("dea"))

    assert application.proofs.get(kind="dea").valid_through == ahead()


# --- Four eyes ------------------------------------------------------------------------------------------------------


def everything_entered(application, by):
    call = CallBack("+12035550177", "NPI registry")
    until = [Seen(kind, True, ahead(), "eLicense") for kind in ALL]
    actions.look_up_application(application=application, seen=until, call=call, by=by)


def test_who_entered_it_is_told_to_ask_somebody_else(application, client, registrar):
    everything_entered(application, registrar)

    page = client.get(address(application))

    assert page.context["may_verify"] is False
    assert "Ask another Registrar or a Manager to verify it." in page.content.decode()


def test_somebody_else_verifies_on_the_page(application, registrar):
    everything_entered(application, registrar)
    client = factories.client_for(factories.staff("Manager"))

    assert client.get(address(application)).context["may_verify"] is True
    client.post(address(application, "verify"))

    assert Physician.objects.get().user == application.user


def test_a_decided_application_takes_nothing_more(application, client, registrar):
    actions.refuse_application(application=application, reason="Unknown there.", by=registrar)

    page = client.post(address(application, "look-up"), ticked("dea"))

    assert "Somebody has decided this already" in page.content.decode()
    assert client.get(address(application)).status_code == 200
    assert not Proof.objects.filter(entered_by=registrar).exists()


# --- What the roster knows ------------------------------------------------------------------------------------------


def test_the_roster_is_shown_beside_the_claim_and_fills_in_its_dates(application, client):
    known = factories.physician(
        npi=application.npi, registrations_over={"medical_license": {"number": "1.034567", "source": "Program roster"}}
    )
    until = known.registrations.get(kind="medical_license").valid_through

    page = client.get(address(application))

    row = next(row for row in page.context["claims"].rows if row.kind == "medical_license")
    assert (row.roster.is_same, row.roster.counts, row.roster.source) == (True, True, "Program roster")
    form = page.context["form"]
    begun = [form[f"medical_license_{name}"].value() for name in ("valid_through", "source", "matches")]
    assert begun == [until, "Program roster", None]
    assert page.context["claims"].physician == known


def test_a_date_that_the_roster_fills_in_is_no_entry(application, client):
    factories.physician(npi=application.npi, registrations_over={"medical_license": {"number": "1.034567"}})
    begun = client.get(address(application)).context["form"]["medical_license_valid_through"].value()

    page = client.post(address(application, "look-up"), {"medical_license_valid_through": begun.isoformat()})

    assert list(page.context["form"].errors) == ["__all__"]


def test_two_physicians_with_the_npi_are_pointed_out(application, client):
    factories.physician(npi=application.npi)
    factories.physician(npi=application.npi)

    assert "The NPI stands with two physicians" in client.get(address(application)).content.decode()


def test_the_page_takes_few_queries(application, client, django_assert_max_num_queries):
    factories.physician(npi=application.npi)
    client.get(address(application))
    with django_assert_max_num_queries(30):
        client.get(address(application))
