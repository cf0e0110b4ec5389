"""One network guesses with many accounts and numbers: after 20 failures a day it is closed to unknown physicians."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection

from accounts import actions, rules
from accounts.actions import physicians
from accounts.models import IdentificationTry, Physician
from notifications.models import Notification
from tests import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
HOSPITAL, ELSEWHERE = "192.0.2.7", "198.51.100.4"
CLOSED = "after 20 tries that did not match"


def identify(account, number, digits=factories.SSN_LAST_FOUR, address=HOSPITAL):
    return actions.identify_physician(dea_number=number, ssn_last_four=digits, address=address, by=account)


def fail(times, address=HOSPITAL, account=None):
    """Fail so many times, each time with another number and, without `account`, with another account."""
    for _ in range(times):
        with pytest.raises(rules.IdentificationError):
            identify(account or factories.user(), factories.dea_number(), "0000", address)


def test_check_not_locked_out_closes_a_network_after_twenty_failures_right_digits_or_wrong():
    physician = factories.physician()
    with time_machine.travel(NOON, tick=False):
        fail(19)
        fail(1, address=ELSEWHERE)
        fail(1)
        answers = set()
        for digits in (factories.SSN_LAST_FOUR, "0000"):
            with pytest.raises(rules.LockedOut, match=CLOSED) as refused:
                identify(factories.user(), physician.dea_number, digits)
            answers.add((str(refused.value), refused.value.opens_at))
    assert answers == {
        (f"For your safety, identification is closed {CLOSED}.", NOON + timedelta(hours=24)),
    }
    physician.refresh_from_db()
    assert physician.user is None
    assert IdentificationTry.objects.filter(network=HOSPITAL).count() == 20


def test_nineteen_failures_and_any_number_of_successes_close_nothing():
    fail(19)
    owner = factories.identified_physician()
    for _ in range(25):
        identify(owner.user, owner.dea_number)
    physician = factories.physician()
    assert identify(factories.user(), physician.dea_number) == physician


def test_from_a_closed_network_a_known_physician_identifies_all_the_same():
    owner = factories.identified_physician()
    fail(20)
    assert identify(owner.user, owner.dea_number) == owner
    fail(4, account=owner.user)
    assert identify(owner.user, owner.dea_number) == owner


def test_the_failures_of_known_physicians_close_no_network():
    """Thirty physicians of a hospital mistype in one morning; the thirty-first still binds an account there."""
    for _ in range(7):
        owner = factories.identified_physician()
        for _ in range(3):
            with pytest.raises(rules.IdentificationError):
                identify(owner.user, owner.dea_number, "0000")
    physician = factories.physician()
    assert identify(factories.user(), physician.dea_number) == physician


def test_elsewhere_and_a_day_later_it_is_open():
    first, second = factories.physician(), factories.physician()
    with time_machine.travel(NOON, tick=False):
        fail(20)
        assert identify(factories.user(), first.dea_number, address=ELSEWHERE) == first
    with time_machine.travel(NOON + timedelta(hours=24), tick=False):
        assert identify(factories.user(), second.dea_number) == second


def test_an_ipv6_network_is_counted_as_one_and_the_address_is_stored():
    for number in range(20):
        fail(1, address=f"2001:db8:1:2::{number:x}")
    with pytest.raises(rules.LockedOut):
        identify(factories.user(), factories.physician().dea_number, address="2001:db8:1:2:ffff::1")
    fail(1, address="2001:db8:1:3::1")
    counted = IdentificationTry.objects.order_by("pk").values_list("network", "address")
    assert (counted[1], len({network for network, _address in counted})) == (("2001:db8:1:2::", "2001:db8:1:2::1"), 2)


def test_an_ipv4_address_in_the_form_of_ipv6_is_counted_as_itself():
    """A socket that takes both forms gives it so; counted as IPv6, all of IPv4 would be one network."""
    client = factories.client_for(factories.user())
    typed = {"dea_number": factories.dea_number(), "ssn_last_four": "0000"}
    fail(19)
    client.post("/accounts/physician/identify/", typed, REMOTE_ADDR=f"::ffff:{HOSPITAL}")
    physician = factories.physician()
    with pytest.raises(rules.LockedOut):
        identify(factories.user(), physician.dea_number)
    typed = {"dea_number": physician.dea_number, "ssn_last_four": factories.SSN_LAST_FOUR}
    client.post("/accounts/physician/identify/", typed, REMOTE_ADDR=f"::ffff:{ELSEWHERE}")
    assert list(IdentificationTry.objects.order_by("-pk").values_list("network", flat=True)[:2]) == [
        ELSEWHERE,
        HOSPITAL,
    ]


def test_a_try_without_an_address_is_counted_as_before():
    fail(25, address=None)
    assert set(IdentificationTry.objects.values_list("network", flat=True)) == {None}


def test_the_registrars_are_notified_once_and_lift_the_lockout():
    factories.staff("Registrar")
    physician = factories.physician()
    fail(20)
    with pytest.raises(rules.LockedOut):
        identify(factories.user(), physician.dea_number)
    assert Notification.objects.filter(kind="identification_locked").count() == 1

    last = IdentificationTry.objects.latest("pk")
    lifted = actions.lift_lockout(identification_try=last, reason="They called.", by=factories.staff("Registrar"))

    assert lifted == 20
    assert identify(factories.user(), physician.dea_number) == physician


def test_lifting_one_account_leaves_an_open_network_as_it_is():
    fail(10)
    account = factories.user()
    fail(5, account=account)
    last = IdentificationTry.objects.filter(user=account).latest("pk")
    assert actions.lift_lockout(identification_try=last, reason="She called.", by=factories.staff("Registrar")) == 5


def test_the_page_says_when_it_opens_and_which_number_to_call():
    fail(20)
    client = factories.client_for(factories.user())
    typed = {"dea_number": factories.physician().dea_number, "ssn_last_four": factories.SSN_LAST_FOUR}
    page = client.post("/accounts/physician/identify/", typed, REMOTE_ADDR=HOSPITAL).content.decode()
    assert CLOSED in page and "It opens again on" in page and "(203) 555-0100" in page
    assert not Physician.objects.filter(user__isnull=False).exists()


# --- At once --------------------------------------------------------------------------------------------------------

TRIES = 30


def try_at_once(monkeypatch):
    """Let thirty accounts try thirty numbers from one network; return the refusal of each."""
    compare = rules.ssn_digits_match

    def compare_slowly(*arguments):
        time.sleep(0.02)  # between counting and writing
        return compare(*arguments)

    monkeypatch.setattr(rules, "ssn_digits_match", compare_slowly)
    start = Barrier(TRIES)

    def one_try(pair):
        start.wait()
        try:
            identify(*pair, "0000")
        except rules.IdentificationError as error:
            return type(error).__name__
        finally:
            connection.close()

    pairs = [(factories.user(), factories.dea_number()) for _ in range(TRIES)]
    with ThreadPoolExecutor(TRIES) as pool:
        return list(pool.map(one_try, pairs))


@pytest.mark.django_db(transaction=True)
def test_of_thirty_at_once_twenty_fail_and_the_rest_are_locked_out(monkeypatch):
    refusals = try_at_once(monkeypatch)
    assert (refusals.count("IdentificationError"), refusals.count("LockedOut")) == (20, TRIES - 20)
    assert IdentificationTry.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_more_than_twenty_get_through(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time, with or without our lock")
    monkeypatch.setattr(physicians, "lock_text", lambda text: None)
    try_at_once(monkeypatch)
    assert IdentificationTry.objects.count() > 20
