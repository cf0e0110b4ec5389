"""What a driver's phone keeps of a run: sealed under a key that nobody can take away, and erased at the run's end."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from delivery import actions, rules
from delivery.models import HandOver
from tests import factories
from tests.journeys.test_offline import (  # noqa: F401  the fixtures
    PHONE,
    clock,
    kept_entries,
    run,
    when_the_driver_hands_over,
    when_the_driver_keeps_the_sheet,
    when_the_driver_unlocks,
    when_the_phone_tries_again,
)
from tests.journeys.visitor import PATIENCE

pytestmark = pytest.mark.journey
# What the page hands on when it is left, taken from the worker as the next page would.
KEY = """async () => {
  dispatchEvent(new Event("pagehide"));
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
  navigator.serviceWorker.controller.postMessage({ give: location.pathname.split("/")[3] }, [port2]);
  const { salt, pepper } = (await window.runSheet.store.runs())[0];
  const refusal = (format, key) => crypto.subtle.exportKey(format, key).then(() => "exported", ({ name }) => name);
  const key = await answer;
  const sealed = await window.runSheet.seal.seal(key, "a test", "works");
  return {
    key: [key.algorithm.name, key.extractable, await refusal("raw", key), await refusal("jwk", key)],
    pepper: [pepper.extractable, await refusal("raw", pepper), salt.length],
    opened: await window.runSheet.seal.open(key, "a test", sealed),
  };
}"""
# All that the browser stores for this site, bytes as text.
STORED = """async () => {
  const plain = (value) => {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return new TextDecoder("latin1").decode(value);
    if (value instanceof CryptoKey) return String(value);
    if (value && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
    return value;
  };
  const answered = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const kept = {};
  for (const { name } of await indexedDB.databases()) {
    const database = await answered(indexedDB.open(name));
    for (const store of database.objectStoreNames)
      kept[`${name} ${store}`] = (await answered(database.transaction(store).objectStore(store).getAll())).map(plain);
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) kept[request.url] = await (await cache.match(request)).text();
  }
  return JSON.stringify([kept, { ...localStorage }, { ...sessionStorage }, document.cookie]);
}"""


def test_the_key_cannot_be_exported_and_no_name_is_stored_in_the_open(visitor, run):  # noqa: F811
    driver = visitor(**PHONE)
    when_the_driver_keeps_the_sheet(driver, run)
    driver.page.context.set_offline(True)
    when_the_driver_hands_over(driver)
    shown, stored = driver.page.content(), driver.page.evaluate(STORED)
    order = run.orders.order_by("position")[1]  # whose card is open now
    patient, phone = order.patient, order.phone.as_e164
    for secret in (patient.first_name, patient.last_name, "Orange Street", patient.number, phone):
        assert secret in shown, secret
        assert secret not in stored, secret
    assert "123456780" not in stored  # the number of the ID that was entered
    assert run.name in stored and len(kept_entries(driver)) == 1  # this is where it is kept
    found = driver.page.evaluate(KEY)
    assert found["key"] == ["AES-GCM", False, "InvalidAccessError", "InvalidAccessError"]
    assert found["pepper"] == [False, "InvalidAccessError", 16]
    assert found["opened"] == "works"


def test_a_settled_run_is_a_404_and_its_sheet_is_erased(visitor, run):  # noqa: F811
    driver = visitor(**PHONE)
    when_the_driver_keeps_the_sheet(driver, run)
    assert len(kept_runs(driver)) == 1
    when_the_run_is_settled(run)
    when_the_phone_tries_again(driver)
    driver.sees("This run is settled, or another driver has it. The sheet was erased here.")
    assert kept_runs(driver) == []
    assert driver.page.reload().status == 404
    assert "Orange Street" not in driver.page.content()


def test_another_driver_on_the_phone_erases_the_sheet_and_keeps_what_waits(visitor, run):  # noqa: F811
    """What waits stays sealed until the first driver is back: nobody else can read or send it."""
    driver, other = visitor(**PHONE), factories.staff("Driver")
    when_the_driver_keeps_the_sheet(driver, run)
    driver.page.context.set_offline(True)
    when_the_driver_hands_over(driver)
    driver.page.context.set_offline(False)
    Session.objects.all().delete()
    driver.signs_in(other.email)
    assert driver.page.goto(f"/delivery/runs/{run.uuid}/").status == 404
    driver.opens("/delivery/runs/")
    driver.sees("Entries of Morning 1")
    assert [each["copy"] for each in kept_runs(driver)] == [None]
    driver.opens(f"/delivery/runs/away/#{run.uuid}")
    when_the_driver_unlocks(driver)
    driver.sees("This run is settled, or another driver has it.")
    assert "Orange Street" not in driver.page.content() and not HandOver.objects.exists()


def test_the_sheet_is_erased_four_hours_after_the_window(visitor, run, clock):  # noqa: F811
    """Also when the page was left open, and when the phone has had no network since."""
    driver = visitor(**PHONE)
    when_the_driver_keeps_the_sheet(driver, run)
    driver.page.context.set_offline(True)
    for late, kept in ((-timedelta(minutes=5), 1), (timedelta(minutes=5), 0)):
        now = rules.signed_in_until(run) + late
        clock.move_to(now)
        driver.page.evaluate(f"sessionStorage.passed = {(now - run.window.starts_at).total_seconds() * 1000}")
        driver.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # the phone is woken
        wait_for_runs(driver, kept)
    driver.page.reload()
    driver.sees("This phone keeps no sheet.")
    assert "Orange Street" not in driver.page.content()


def kept_runs(driver):
    return driver.page.evaluate("window.runSheet.store.runs()")


def wait_for_runs(driver, count):
    """Wait until the phone keeps so many sheets; wait_for_function takes a promise for true."""
    for _tenth in range(10 * PATIENCE):
        if len(kept_runs(driver)) == count:
            return
        driver.page.wait_for_timeout(100)
    raise AssertionError(f"The phone keeps {len(kept_runs(driver))} sheets.")


def when_the_run_is_settled(run):  # noqa: F811
    """All of it came back: the technician takes it in, and the manager counts nothing."""
    for order in run.orders.all():
        actions.return_order(
            order=order, run=run, outcome="refused", entry_key=order.idempotency_key, by=run.driver
        )  # fmt: skip
        actions.take_in(order=order, by=factories.staff("Technician"))
    actions.settle_run(run=run, cash_counted_cents=0, by=factories.staff("Manager"))
