"""Two tabs share one session; when it ends, what was typed is kept on the server and comes back."""

from datetime import timedelta

import pytest

from tests import factories

pytestmark = pytest.mark.journey
IDLE = timedelta(seconds=12)


def test_what_was_typed_comes_back_after_the_session_has_ended(visitor, settings):
    physician = visitor()
    amara = factories.identified_physician(first_name="Amara", last_name="Osei")
    draft = factories.draft(amara)
    physician.signs_in(amara.user.email)
    physician.identifies(amara)
    settings.IDLE_TIMEOUT_PROFESSIONAL = IDLE
    when_the_physician_types_a_name_and_goes_away(physician, draft)
    then_nothing_personal_is_on_the_screen(physician)
    when_the_physician_signs_in_again(physician, amara, settings)
    physician.sees("What you typed before you were signed out is filled in again.")
    assert physician.page.locator("[name=last_name]").input_value() == "Núñez"
    assert physician.page.locator("[name=birth_date_year]").input_value() == str(
        draft.answers["profile"]["birth_date"][:4]
    )
    physician.met_no_barrier()


def when_the_physician_types_a_name_and_goes_away(physician, draft):
    physician.opens(f"/certification/{draft.uuid}/profile/")
    physician.sees("Patient: Rosa Delgado")
    physician.page.locator("[name=last_name]").fill("Núñez")
    physician.page.get_by_text("You have been signed out").wait_for(timeout=40_000)


def then_nothing_personal_is_on_the_screen(physician):
    physician.sees("comes back when you have signed in")
    assert "Delgado" not in physician.page.content() and "Núñez" not in physician.page.content()
    assert physician.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    physician.looks()


def when_the_physician_signs_in_again(physician, amara, settings):
    settings.IDLE_TIMEOUT_PROFESSIONAL = timedelta(minutes=15)
    physician.follows("Sign in again")
    physician.signs_in_here(amara.user.email)
    physician.identifies(amara)


def test_a_tab_says_nothing_while_another_one_keeps_the_session_open(visitor, settings, monkeypatch):
    physician = visitor()
    monkeypatch.setattr("accounts.middleware.SEEN_WRITTEN_EVERY", timedelta(seconds=1))
    amara = factories.identified_physician()
    physician.signs_in(amara.user.email)
    physician.identifies(amara)
    settings.IDLE_TIMEOUT_PROFESSIONAL = IDLE
    physician.opens("/certification/")
    other = physician.page.context.new_page()
    for _ in range(4):
        physician.page.wait_for_timeout(4_000)
        other.request.get(f"{physician.page.url.split('/certification')[0]}/accounts/session/?stay=1")
    assert physician.page.get_by_text("You have been signed out").is_hidden()
    assert physician.page.locator("main").is_visible()


def test_back_after_a_corrected_error_sends_no_form_again(visitor):
    physician = visitor()
    amara = factories.identified_physician()
    draft = factories.draft(amara)
    physician.signs_in(amara.user.email)
    physician.identifies(amara)
    physician.opens(f"/certification/{draft.uuid}/profile/")
    physician.fills(last_name="")
    physician.presses("Save and continue")
    physician.sees("Check what you entered")
    physician.fills(last_name="Ortiz")
    physician.presses("Save and continue")
    physician.sees("Condition")
    sent = []
    physician.page.on("request", lambda request: sent.append(request.method) if request.is_navigation_request() else 0)
    physician.page.go_back()
    assert sent == ["GET"]
    assert physician.page.locator("[name=last_name]").input_value() == "Ortiz"
    physician.page.reload()
    assert sent == ["GET", "GET"]
    physician.met_no_barrier()
