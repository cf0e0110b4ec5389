"""Up to fifty calls at the same moment. Each race has a control that fails without its lock."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from accounts import actions, rules
from accounts.actions import applications, physicians
from accounts.models import IdentificationTry, Physician
from accounts.rosters import importing, writing
from accounts.rules import AlreadyDecided, ApplicationError
from tests import factories, rosters

pytestmark = pytest.mark.django_db(transaction=True)

TRIES = 50


@pytest.fixture
def slow_comparison(monkeypatch):
    """Wait between counting and writing, so that calls without a lock overlap."""
    compare = rules.ssn_digits_match

    def compare_slowly(*arguments):
        time.sleep(0.05)
        return compare(*arguments)

    monkeypatch.setattr(rules, "ssn_digits_match", compare_slowly)


def try_at_once(accounts, number):
    """Start all tries at the same moment; return the refusal of each."""
    start = Barrier(len(accounts))

    def one_try(account):
        start.wait()
        try:
            actions.identify_physician(dea_number=number, ssn_last_four="0000", address=None, by=account)
        except rules.IdentificationError as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(accounts)) as pool:
        return list(pool.map(one_try, accounts))


def failures():
    return IdentificationTry.objects.filter(succeeded=False).count()


@pytest.mark.usefixtures("slow_comparison")
@pytest.mark.parametrize("known", [True, False], ids=["on the roster", "nobody's number"])
def test_of_fifty_tries_at_one_number_five_fail_and_the_rest_are_locked_out(known):
    number = factories.physician().dea_number if known else factories.dea_number()
    accounts = [factories.user() for _ in range(TRIES)]

    refusals = try_at_once(accounts, number)

    assert failures() == 5
    assert (refusals.count("IdentificationError"), refusals.count("LockedOut")) == (5, TRIES - 5)


@pytest.mark.usefixtures("slow_comparison")
def test_of_fifty_tries_of_one_account_five_fail():
    account = factories.user()
    tries = [account] * TRIES

    refusals = try_at_once(tries, factories.dea_number())

    assert failures() == 5
    assert refusals.count("LockedOut") == TRIES - 5


@pytest.mark.usefixtures("slow_comparison")
def test_without_the_lock_more_than_five_get_through(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time, with or without our lock")
    monkeypatch.setattr(physicians, "lock_text", lambda text: None)

    try_at_once([factories.user() for _ in range(TRIES)], factories.dea_number())

    assert failures() > 5


def bind_at_once(physician):
    """Let ten accounts give the right numbers at once; return the accounts that were bound."""
    accounts = [factories.user() for _ in range(10)]
    start = Barrier(len(accounts))

    def bind(account):
        start.wait()
        try:
            actions.identify_physician(
                dea_number=physician.dea_number, ssn_last_four=factories.SSN_LAST_FOUR, address=None, by=account
            )
        except rules.IdentificationError:
            return None
        else:
            return account.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(len(accounts)) as pool:
        return [pk for pk in pool.map(bind, accounts) if pk]


@pytest.mark.usefixtures("slow_comparison")
def test_of_ten_accounts_one_is_bound():
    physician = factories.physician()

    bound = bind_at_once(physician)

    physician.refresh_from_db()
    assert bound == [physician.user_id]


@pytest.mark.usefixtures("slow_comparison")
def test_without_the_locks_more_than_one_of_ten_accounts_is_bound(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time, with or without our lock")
    monkeypatch.setattr(physicians, "lock_text", lambda text: None)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)

    assert len(bind_at_once(factories.physician())) > 1


def verify_at_once(waiting):
    """Let another Registrar verify each application, all at once; return how many were verified."""
    registrars = [factories.staff("Registrar") for _ in waiting]
    start = Barrier(len(waiting))

    def one_decision(pair):
        application, registrar = pair
        start.wait()
        try:
            actions.verify_application(application=application, by=registrar)
        except (AlreadyDecided, ApplicationError):
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(waiting)) as pool:
        return sum(pool.map(one_decision, zip(waiting, registrars, strict=True)))


def test_an_application_verified_by_ten_at_once_makes_one_physician():
    application = factories.looked_up(factories.application(), factories.staff("Registrar"))

    assert verify_at_once([application] * 10) == 1

    assert Physician.objects.get().registrations.count() == 4


def same_number(count):
    number, registrar = factories.dea_number(), factories.staff("Registrar")
    return [factories.looked_up(factories.application(dea_number=number), registrar) for _ in range(count)]


def test_of_ten_applications_with_one_number_one_is_verified():
    assert verify_at_once(same_number(10)) == 1

    assert Physician.objects.get().user is not None


def test_without_the_lock_two_applications_make_the_same_physician(monkeypatch):
    """Only the unique number stops the second one, by an error that is no sentence for the Registrar."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time, with or without our lock")
    monkeypatch.setattr(applications, "lock_text", lambda text: None)
    search = rules.physician_applying

    def search_slowly(*arguments):
        found = search(*arguments)
        time.sleep(0.2)
        return found

    monkeypatch.setattr(rules, "physician_applying", search_slowly)

    with pytest.raises(IntegrityError):
        verify_at_once(same_number(5))


@pytest.fixture
def slow_roster(monkeypatch):
    """Wait between looking for a physician and making one, so that imports without a lock overlap."""
    look = writing._not_one_physician

    def look_slowly(*arguments):
        time.sleep(0.3)
        return look(*arguments)

    monkeypatch.setattr(writing, "_not_one_physician", look_slowly)


def import_at_once(text, times):
    """Start all imports at the same moment; return what each counted, or its error."""
    start = Barrier(times)

    def one_import(_number):
        start.wait()
        try:
            return rosters.counts(rosters.read(text))
        except IntegrityError as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return sorted(pool.map(one_import, range(times)), key=str)


@pytest.mark.usefixtures("slow_roster")
def test_of_three_imports_of_one_roster_one_makes_the_physician():
    assert import_at_once(rosters.program(), 3) == [(0, 0, 1, 0), (0, 0, 1, 0), (1, 0, 0, 0)]


@pytest.mark.usefixtures("slow_roster")
def test_without_the_lock_imports_make_a_physician_twice(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time, with or without our lock")
    monkeypatch.setattr(importing, "lock_text", lambda text: None)

    assert "IntegrityError" in import_at_once(rosters.program(), 3)
