"""A driver's phone without network for ten minutes: the sheet works on, and nothing is lost or counted twice."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.utils import timezone

from audit.models import Event
from certification.actions import revoke_certification
from delivery import actions
from delivery.models import HandOver, Run
from tests import factories
from tests.delivery import door
from tests.journeys.test_door import when_the_patient_signs
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey
PIN = "480913"
PHONE = {"viewport": {"width": 390, "height": 844}}
TEN_MINUTES = timedelta(minutes=10)
# The phone's own clock is days away from the portal's; this lets it go on by what the test says.
CLOCK = "const now = Date.now; Date.now = () => now() + Number(sessionStorage.passed || 0);"
# A phone that was switched off: no page has handed its key on to the next one.
SWITCHED_OFF = "addEventListener('pagehide', (event) => sessionStorage.off && event.stopImmediatePropagation());"


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-23T15:00:00Z") as traveller:
        yield traveller


@pytest.fixture
def run(transactional_db, clock):
    """A run of three orders that has left at the start of its window."""
    addresses = [factories.address(street=f"{number} Orange Street") for number in (40, 42, 44)]
    made = door.run_of(*[factories.order(address=address) for address in addresses])
    clock.move_to(made.window.starts_at)
    actions.dispatch_run(run=made, by=made.driver)
    return Run.objects.select_related("window", "driver").get(pk=made.pk)


def test_a_phone_without_network_for_ten_minutes(visitor, run, clock):
    driver = visitor(**PHONE)
    orders = list(run.orders.order_by("position"))
    when_the_driver_keeps_the_sheet(driver, run)
    driver.page.context.set_offline(True)
    driver.page.reload()
    driver.page.locator("#stop-name").wait_for()
    driver.sees("No network. The sheet is kept here.")
    when_the_driver_opens_the_sheet_again(driver)
    when_the_driver_hands_over(driver)
    driver.sees("1 hand-over is kept here.")
    when_ten_minutes_pass(driver, clock)
    when_the_driver_hands_over(driver)
    when_the_driver_opens_the_sheet_again(driver)
    driver.sees("2 hand-overs are kept here.")
    driver.sees("2 of 3 stops done")
    assert not HandOver.objects.exists()
    driver.page.context.set_offline(False)
    driver.page.get_by_text("Kept here, not sent yet").first.wait_for(state="detached", timeout=30_000)
    driver.sees("2 of 3 stops done")
    made = list(HandOver.objects.order_by("stated_at"))
    assert [each.order for each in made] == orders[:2]
    assert [each.stated_at - run.window.starts_at < timedelta(minutes=2) for each in made] == [True, False]
    assert all(each.recorded_at - run.window.starts_at > TEN_MINUTES for each in made)
    assert driver.page.evaluate("window.runSheet.store.entries(location.pathname.split('/')[3])") == []
    when_the_driver_signs_out(driver)
    assert driver.violations == {} and driver.crashes == []


def test_the_phone_counts_how_late_the_driver_is_without_network(visitor, run, clock):
    driver = visitor(**PHONE)
    when_the_driver_keeps_the_sheet(driver, run)
    driver.sees("0 of 3 stops done, on time")
    driver.page.context.set_offline(True)
    planned = int(driver.page.locator("[data-next] [data-expected]").first.get_attribute("data-expected"))
    for minutes, shown in ((15, "0 of 3 stops done, on time"), (40, "0 of 3 stops done, 40 min late")):
        passed = planned - run.window.starts_at.timestamp() + 60 * minutes - 50  # it took some seconds to come here
        driver.page.evaluate(f"sessionStorage.passed = {1000 * passed}")
        driver.page.evaluate("dispatchEvent(new Event('offline'))")  # the phone looks every 20 seconds as well
        driver.sees(shown)


def test_what_cannot_be_taken_is_shown_and_kept(visitor, run, clock):
    """One certification ended meanwhile, the phone's clock was changed, and the session is over."""
    driver = visitor(**PHONE)
    first, second, _third = run.orders.order_by("position")
    when_the_driver_keeps_the_sheet(driver, run)
    driver.page.context.set_offline(True)
    revoke_certification(
        certification=first.patient.certifications.get(), reason="Not eligible.", by=factories.staff("Registrar")
    )
    clock.shift(timedelta(seconds=30))
    driver.page.evaluate("sessionStorage.passed = 30000")
    when_the_driver_hands_over(driver)
    Session.objects.all().delete()
    driver.page.context.set_offline(False)
    driver.page.get_by_text("You are signed out.").wait_for(timeout=40_000)
    driver.follows("Sign in")
    driver.signs_in_here(run.driver.email)
    when_the_driver_unlocks(driver)
    driver.page.get_by_text("Do not deliver: no certification is valid").wait_for()
    driver.looks()
    driver.presses("Open the card")
    driver.sees("Keep the order, tell the person to call us, and bring it back.")
    driver.page.context.set_offline(True)
    driver.page.locator(f"[data-row='{second.number}'] a").click()
    when_the_driver_hands_over(driver)
    driver.page.evaluate("sessionStorage.passed = 86400000")
    driver.page.context.set_offline(False)
    driver.page.get_by_text("The clock of this phone was changed").wait_for(timeout=40_000)
    driver.page.locator("[name=typed]:visible").fill("9:30 am")
    driver.presses("Send it again")
    driver.page.locator("[name=typed]:visible").wait_for(state="detached")
    made = HandOver.objects.get()
    assert (made.order, timezone.localtime(made.stated_at).strftime("%H:%M")) == (second, "09:30")
    driver.presses("Remove it")
    driver.presses("Press again to remove it for good")
    driver.page.locator(".run__refused").wait_for(state="detached")
    assert driver.page.evaluate("window.runSheet.store.entries(location.pathname.split('/')[3])") == []
    assert driver.violations == {}


def test_five_wrong_pins_erase_the_sheet_also_when_the_page_is_opened_anew(visitor, run):
    """What waits to be sent is kept, and nothing of it can be read without the PIN."""
    driver = visitor(**PHONE)
    when_the_driver_keeps_the_sheet(driver, run)
    driver.page.context.set_offline(True)
    when_the_driver_hands_over(driver)
    driver.page.evaluate("sessionStorage.off = 'yes'")
    for tries in (4, 1):
        driver.page.reload()
        for _try in range(tries):
            driver.page.locator("#run-pin-box").wait_for()
            driver.page.locator("#run-pin-box").fill("271828")
            driver.presses("Open")
            driver.page.get_by_text("This is not the PIN").wait_for()
            driver.waits_until("!document.querySelector('#run-pin-error').hidden")
    driver.sees("After 5 wrong ones the sheet was erased here")
    kept = driver.page.evaluate("window.runSheet.store.runs()")
    assert [each["copy"] for each in kept] == [None]
    assert len(driver.page.evaluate("window.runSheet.store.entries(location.pathname.split('/')[3])")) == 1


def test_a_post_whose_answer_is_lost_is_one_hand_over(visitor, run):
    """The network drops in the middle of the post: the portal has taken it, and the phone sends it once more."""
    driver, posts = visitor(**PHONE), []
    when_the_driver_keeps_the_sheet(driver, run)

    def lose_the_answer(route):
        posts.append(route.fetch().status)
        route.abort("connectionreset")

    driver.page.route("**/hand-over/", lose_the_answer)
    when_the_driver_hands_over(driver)
    driver.sees("1 hand-over is kept here.")
    made = HandOver.objects.get()
    assert posts and set(posts) == {200}  # the portal took it each time
    when_the_phone_tries_again(driver)
    driver.waits_until("document.querySelector('#run-net').textContent.includes('No network')")
    assert len(kept_entries(driver)) == 1
    driver.page.unroute("**/hand-over/")
    when_the_phone_tries_again(driver)
    driver.page.get_by_text("Kept here, not sent yet").wait_for(state="detached")
    driver.sees("1 of 3 stops done")
    assert kept_entries(driver) == [] and HandOver.objects.get() == made
    assert Event.objects.filter(action="order.hand_over").count() == 1
    assert driver.violations == {}


def test_a_sheet_on_its_way_while_the_worker_comes_up_is_under_it(visitor, run):
    """The driver opens the run at once after the first sign-in: the key is handed on all the same."""
    driver, held = visitor(**PHONE), []
    driver.signs_in(run.driver.email)
    driver.page.goto("/delivery/nowhere/")
    driver.page.evaluate("navigator.serviceWorker.getRegistrations().then(([each]) => each && each.unregister())")
    address = f"/delivery/runs/{run.uuid}/"
    driver.page.route(f"**{address}", lambda route: held.append(route))
    driver.page.evaluate(f"setTimeout(() => location.assign('{address}'))")
    other = Visitor(driver.page.context.new_page(), driver.axe)
    other.page.goto("/delivery/runs/")
    other.waits_until("navigator.serviceWorker.controller")
    assert len(held) == 1
    held.pop().continue_()
    driver.page.wait_for_url(f"**{address}")
    driver.waits_until("navigator.serviceWorker.controller")
    assert driver.crashes == []


@pytest.mark.parametrize("away", ["**/hand-over/", "**/delivery/runs/**"], ids=["the post", "every address"])
def test_an_outage_while_the_phone_is_in_use_keeps_what_is_entered(away, visitor, run):
    """The portal answers 503: to the post alone, or to whatever the sheet asks."""
    driver = visitor(**PHONE)
    when_the_driver_keeps_the_sheet(driver, run)
    driver.page.route(away, lambda route: route.fulfill(status=503, body="Down for maintenance."))
    when_the_driver_hands_over(driver)
    when_the_driver_hands_over(driver)
    driver.sees("No network. 2 hand-overs are kept here.")
    assert not HandOver.objects.exists() and len(kept_entries(driver)) == 2
    driver.page.unroute(away)
    when_the_phone_tries_again(driver)
    driver.page.get_by_text("Kept here, not sent yet").first.wait_for(state="detached")
    driver.sees("2 of 3 stops done")
    assert kept_entries(driver) == [] and HandOver.objects.count() == 2
    assert driver.violations == {}


def when_the_phone_tries_again(driver):
    """The phone looks every 20 seconds while something waits, and at once when the network comes back."""
    driver.page.evaluate("dispatchEvent(new Event('online'))")


def kept_entries(driver):
    return driver.page.evaluate("window.runSheet.store.entries(location.pathname.split('/')[3])")


def when_the_driver_unlocks(driver):
    if driver.page.locator("#run-pin-box").is_visible():
        driver.page.locator("#run-pin-box").fill(PIN)
        driver.presses("Open")


def when_the_driver_keeps_the_sheet(driver, run):
    driver.page.add_init_script(CLOCK + SWITCHED_OFF)
    driver.signs_in(run.driver.email)
    driver.opens(f"/delivery/runs/{run.uuid}/")
    driver.page.locator("#run-pin-box").fill("123456")
    driver.presses("Keep it here")
    driver.sees("This PIN is too easy to guess.")
    driver.page.locator("#run-pin-box").fill(PIN)
    with driver.page.expect_response("**/copy/"):
        driver.presses("Keep it here")
    driver.waits_until("navigator.serviceWorker.controller")
    driver.looks()


def when_the_driver_opens_the_sheet_again(driver):
    driver.page.evaluate("sessionStorage.off = 'yes'")
    driver.page.reload()
    driver.page.locator("#run-pin-box").wait_for()
    assert "Rosa" not in driver.page.content()
    driver.page.locator("#run-pin-box").fill("271828")
    driver.presses("Open")
    driver.page.get_by_text("This is not the PIN").wait_for()
    driver.page.locator("#run-pin-box").fill(PIN)
    driver.presses("Open")
    driver.page.locator("#stop-name").wait_for()
    driver.sees("No network.")
    driver.looks()


def when_the_driver_hands_over(driver):
    driver.presses("Hand over")
    driver.sees("Still to check: card, number of the card, photo ID, number of the ID, when the ID expires, signature")
    when_the_driver_checks(driver, cash="80")
    driver.presses("Hand over")
    driver.page.get_by_text("Kept on this phone.").wait_for()
    driver.sees("Kept here, not sent yet")


def when_the_driver_checks(driver, *, cash):
    """Enter all that a hand-over needs into the open card."""
    driver.ticks("card_checked", "photo_id_checked")
    if (type_in := driver.page.get_by_role("button", name="Type it in")).is_visible():  # not without network
        type_in.click()
    number = driver.page.locator(".run__proof dd").first.inner_text().split()[1].rstrip(",")
    driver.fills(card=number, id_number="123456780", id_expires_date="10/18/2031", cash_cents=cash)
    when_the_patient_signs(driver)


def when_ten_minutes_pass(driver, clock):
    driver.page.evaluate("sessionStorage.passed = 600000")
    clock.shift(TEN_MINUTES)


def when_the_driver_signs_out(driver):
    driver.follows("My runs")
    driver.page.locator("summary").filter(has_text="Menu").click()
    driver.page.locator(".menu form button").click()
    driver.page.wait_for_url("**/")
    driver.opens("/delivery/runs/away/")
    driver.page.get_by_text("This phone keeps no sheet.").wait_for()
    assert driver.page.evaluate("window.runSheet.store.runs()") == []
