from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts import actions, rules
from accounts.actions.staff import STAFF_GROUPS
from accounts.backends import PortalBackend
from accounts.models import IdentificationTry, Physician, Registration, User
from audit.models import Event
from notifications.models import Notification
from tests import factories
from tests.guard import unguarded
from ui.text import token_digest

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)


def identify(account, number, digits=factories.SSN_LAST_FOUR):
    return actions.identify_physician(dea_number=number, ssn_last_four=digits, address="192.0.2.7", by=account)


def fail(account, number, *, times=1, digits="0000"):
    for _ in range(times):
        with pytest.raises(rules.IdentificationError):
            identify(account, number, digits)


def failures():
    return IdentificationTry.objects.filter(succeeded=False).count()


# --- Accounts -------------------------------------------------------------------------------------------------------


def test_create_user_stores_the_address_in_lower_case():
    user = actions.create_user(email=" Rosa@Example.ORG ", password=factories.PASSWORD, by=None)

    assert user.email == "rosa@example.org"
    assert user.check_password(factories.PASSWORD)
    assert list(user.emailaddress_set.values_list("email", "verified", "primary")) == [("rosa@example.org", True, True)]
    assert User.objects.get_by_natural_key("ROSA@example.org") == user


def test_create_user_gives_groups_and_flags():
    user = actions.create_user(email="a@example.org", password=None, by=None, groups=["Auditor"], is_staff=True)

    assert [group.name for group in user.groups.all()] == ["Auditor"]
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (True, False, False)
    assert Event.objects.get(action="user.create").subject_id == user.pk


def test_create_superuser_is_staff():
    call_command("createsuperuser", email="Boss@Example.org", interactive=False, verbosity=0)

    boss = User.objects.get()
    assert (boss.email, boss.is_staff, boss.is_superuser) == ("boss@example.org", True, True)
    assert list(boss.emailaddress_set.values_list("email", "verified", "primary")) == [(boss.email, True, True)]
    assert (str(boss), boss.get_full_name(), boss.get_short_name()) == (f"account {boss.pk}", boss.email, boss.email)


def test_add_physician_stores_no_ssn_digits():
    physician = factories.physician(last_name="Núñez", dea_number="ap 5836727")

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_physician WHERE id = %s", [physician.pk])
        names = [column[0] for column in cursor.description]
        row = dict(zip(names, cursor.fetchone(), strict=True))
    assert row["ssn_digest"] == rules.ssn_digest("AP5836727", "1234")
    phone_and_npi = {"phone", "npi", "id", "created_at"}  # they may hold the same four digits by chance
    assert not [name for name, value in row.items() if name not in phone_and_npi and value == "1234"]
    assert "1234" not in "".join(str(row[name]) for name in row if name not in phone_and_npi | {"ssn_digest", "email"})
    assert (row["dea_number"], row["search_name"]) == ("AP5836727", "nunez amara")


def test_add_physician_refuses_a_wrong_check_digit():
    with pytest.raises(rules.DeaNumberError):
        factories.physician(dea_number="AB1234569")

    assert not Physician.objects.exists()
    assert not Registration.objects.exists()
    assert Event.objects.get(action="physician.add").outcome == "refused"


# --- Identification -------------------------------------------------------------------------------------------------


def test_identify_physician_binds_the_account():
    physician, account = factories.physician(), factories.user()

    found = identify(account, physician.dea_number.lower())

    physician.refresh_from_db()
    assert (found, physician.user) == (physician, account)
    made = IdentificationTry.objects.get()
    assert (made.user, made.succeeded, made.address) == (account, True, "192.0.2.7")
    assert made.dea_digest == rules.dea_digest(physician.dea_number)
    event = Event.objects.get(action="physician.identify")
    assert (event.actor_id, event.subject_id, event.outcome) == (account.pk, physician.pk, "done")


def test_identify_physician_notifies_the_address_on_the_roster_once():
    physician, account = factories.physician(), factories.user()

    identify(account, physician.dea_number)
    identify(account, physician.dea_number)

    notification = Notification.objects.get(kind="physician_bound")
    assert (notification.recipient, notification.context) == (physician.email, {"physician": physician.pk})
    token = notification.secret.removeprefix("http://testserver/accounts/not-me/").rstrip("/")
    binding = physician.bindings.get()
    assert (binding.user, binding.token_digest) == (account, token_digest(token))


def test_identify_physician_notifies_the_registrars_of_right_digits_on_a_second_account():
    physician, registrar, account = factories.identified_physician(), factories.staff("Registrar"), factories.user()

    fail(account, physician.dea_number, times=2, digits=factories.SSN_LAST_FOUR)
    fail(factories.user(), physician.dea_number)

    notification = Notification.objects.get(kind="identification_second")
    assert notification.recipient == registrar.email


def test_identify_physician_binds_nobody_to_a_suspended_physician():
    physician, account = factories.physician(status=Physician.Status.SUSPENDED), factories.user()

    fail(account, physician.dea_number, digits=factories.SSN_LAST_FOUR)

    physician.refresh_from_db()
    assert physician.user is None


def test_identify_physician_writes_nothing_for_a_wrong_check_digit():
    account = factories.user()

    with pytest.raises(rules.DeaNumberError):
        identify(account, "AB1234569")

    assert not IdentificationTry.objects.exists()


def neutral_answers():
    """Return the answers to an unknown number, to wrong digits, and to a number that is bound to another account."""
    bound = factories.identified_physician()
    for number, digits in (
        (factories.dea_number(), "1234"),
        (factories.physician().dea_number, "9999"),
        (bound.dea_number, factories.SSN_LAST_FOUR),
        (factories.physician(status=Physician.Status.LEFT, left_date=NOON.date()).dea_number, factories.SSN_LAST_FOUR),
    ):
        with pytest.raises(rules.IdentificationError) as refused:
            identify(factories.user(), number, digits)
        yield type(refused.value), str(refused.value), refused.value.field


def test_identify_physician_gives_the_same_answer_whatever_is_wrong():
    assert set(neutral_answers()) == {
        (
            rules.IdentificationError,
            "The DEA number and the last four digits of the Social Security number do not match our records.",
            None,
        )
    }
    assert failures() == 4


def test_identify_physician_binds_one_physician_an_account():
    physician, second = factories.identified_physician(), factories.physician()

    fail(physician.user, second.dea_number, digits=factories.SSN_LAST_FOUR)

    second.refresh_from_db()
    assert second.user is None


def test_a_failed_try_is_stored_with_its_event():
    physician, account = factories.physician(), factories.user()

    fail(account, physician.dea_number)

    physician.refresh_from_db()
    assert physician.user is None
    assert IdentificationTry.objects.get().succeeded is False
    event = Event.objects.get(action="physician.identify")
    assert (event.outcome, event.reason, event.actor_id) == ("refused", "IdentificationError", account.pk)


# --- Lockout --------------------------------------------------------------------------------------------------------


def test_check_not_locked_out_refuses_the_right_digits_after_five_failures():
    physician, account = factories.physician(), factories.user()
    with time_machine.travel(NOON, tick=False):
        fail(account, physician.dea_number, times=5)

        with pytest.raises(rules.LockedOut) as refused:
            identify(account, physician.dea_number)

    assert refused.value.opens_at == NOON + DAY
    assert failures() == 5
    physician.refresh_from_db()
    assert physician.user is None


def test_four_failures_lock_nobody_out():
    physician, account = factories.physician(), factories.user()
    fail(account, physician.dea_number, times=4)

    assert identify(account, physician.dea_number) == physician


@pytest.mark.parametrize(("after", "is_open"), [(DAY - SECOND, False), (DAY, True), (DAY + SECOND, True)])
def test_check_not_locked_out_counts_rolling_24_hours(after, is_open):
    physician, account = factories.physician(), factories.user()
    with time_machine.travel(NOON, tick=False):
        fail(account, physician.dea_number)
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        fail(account, physician.dea_number, times=4)

    with time_machine.travel(NOON + after, tick=False):
        if is_open:
            assert identify(account, physician.dea_number) == physician
        else:
            with pytest.raises(rules.LockedOut):
                identify(account, physician.dea_number)


def test_check_not_locked_out_counts_a_number_over_all_accounts():
    physician = factories.physician()
    for _ in range(5):
        fail(factories.user(), physician.dea_number)

    with pytest.raises(rules.LockedOut):
        identify(factories.user(), physician.dea_number)


def test_check_not_locked_out_counts_an_account_over_all_numbers():
    account, physician = factories.user(), factories.physician()
    for _ in range(5):
        fail(account, factories.dea_number())

    with pytest.raises(rules.LockedOut):
        identify(account, physician.dea_number)


def test_strangers_cannot_lock_the_owner_out():
    physician = factories.identified_physician()
    for _ in range(5):
        fail(factories.user(), physician.dea_number)

    assert identify(physician.user, physician.dea_number) == physician
    with pytest.raises(rules.LockedOut):
        identify(factories.user(), physician.dea_number, "0000")


def test_the_owner_s_failures_lock_the_owner_alone():
    physician = factories.identified_physician()
    fail(physician.user, physician.dea_number, times=5)

    with pytest.raises(rules.LockedOut):
        identify(physician.user, physician.dea_number)
    fail(factories.user(), physician.dea_number)


# --- Registrations, groups -------------------------------------------------------------------------------
def lockout_mails():
    return Notification.objects.filter(kind="identification_locked")


def test_the_registrars_are_notified_of_a_lockout_once():
    registrar = factories.staff("Registrar")
    factories.staff("Pharmacist")
    physician, account = factories.physician(), factories.user()
    fail(account, physician.dea_number, times=4)
    assert not lockout_mails().exists()

    fail(account, physician.dea_number, times=3)

    notification = lockout_mails().get()
    assert (notification.recipient, notification.context) == (
        registrar.email,
        {"try": IdentificationTry.objects.latest("pk").pk},
    )


def test_the_registrars_are_notified_of_the_next_lockout_too():
    factories.staff("Registrar")
    physician, account = factories.physician(), factories.user()
    with time_machine.travel(NOON, tick=False):
        fail(account, physician.dea_number, times=5)
    with time_machine.travel(NOON + DAY, tick=False):
        fail(account, physician.dea_number, times=5)

    assert lockout_mails().count() == 2


def lift(one_try):
    return actions.lift_lockout(identification_try=one_try, reason="She called.", by=factories.staff("Registrar"))


def test_lift_lockout_opens_account_and_number_again():
    physician, account = factories.physician(), factories.user()
    fail(account, physician.dea_number, times=5)
    fail(factories.user(), factories.dea_number(), times=5)

    assert lift(IdentificationTry.objects.filter(user=account).latest("pk")) == 5

    assert identify(account, physician.dea_number) == physician
    assert IdentificationTry.objects.filter(lifted_at=None, succeeded=False).count() == 5
    event = Event.objects.get(action="lockout.lift")
    assert (event.outcome, event.reason) == ("done", "She called.")


def test_lift_lockout_counts_new_failures_again():
    physician, account = factories.physician(), factories.user()
    fail(account, physician.dea_number, times=5)
    lift(IdentificationTry.objects.latest("pk"))

    fail(account, physician.dea_number, times=5)

    with pytest.raises(rules.LockedOut):
        identify(account, physician.dea_number)


def test_lift_lockout_of_the_owner_leaves_strangers_locked_out():
    physician = factories.identified_physician()
    for _ in range(5):
        fail(factories.user(), physician.dea_number)
    fail(physician.user, physician.dea_number, times=5)

    assert lift(IdentificationTry.objects.filter(user=physician.user).latest("pk")) == 5

    assert identify(physician.user, physician.dea_number) == physician
    with pytest.raises(rules.LockedOut):
        identify(factories.user(), physician.dea_number)


# --- Registrations, delegates, groups -------------------------------------------------------------------------------


def test_set_registration_replaces_the_last_entry():
    physician, registrar = factories.physician(), factories.staff("Registrar")

    actions.set_registration(physician=physician, kind="dea", number="X", is_limited=True, by=registrar)

    seen = physician.registrations.get(kind="dea")
    assert (seen.number, seen.is_limited, seen.verified_by) == ("X", True, registrar)
    assert physician.registrations.count() == 4
    assert Event.objects.get(action="registration.check").subject_id == seen.pk


def permissions():
    return {
        group.name: sorted(f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all())
        for group in Group.objects.all()
    }


def test_sync_staff_groups_gives_each_group_exactly_its_permissions():
    expected = {name: sorted(codes) for name, codes in STAFF_GROUPS.items()}
    assert permissions() == expected  # made by migrate

    Group.objects.get(name="Driver").permissions.set(Group.objects.get(name="Manager").permissions.all())
    with unguarded():
        Group.objects.get(name="Auditor").delete()
    actions.sync_staff_groups(by=None)
    actions.sync_staff_groups(by=None)

    assert permissions() == expected


def test_the_auditor_only_reads():
    assert {code.split(".")[1].split("_")[0] for code in STAFF_GROUPS["Auditor"]} == {"view"}


def test_get_user_reads_in_one_query_and_its_factors_in_another(django_assert_num_queries):
    physician = factories.identified_physician()

    with django_assert_num_queries(1):
        user = PortalBackend().get_user(physician.user_id)
        assert (user.physician, user.person.is_delegate, user.role) == (physician, False, "physician")
    with django_assert_num_queries(1):  # of most requests, nobody asks for these
        assert not user.factors.has_mfa and not user.factors.has_two_ways


def test_get_user_refuses_an_inactive_account():
    assert factories.user(is_active=False) is None


def rate_limits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM rate_limits")
        return cursor.fetchone()[0]


def test_purge_ended_deletes_ended_rows_only():
    wrong = {"login": "nobody@example.org", "password": "wrong"}
    with time_machine.travel(NOON, tick=False):
        factories.client_for(factories.user())
        Client().post("/accounts/login/", wrong)
    with time_machine.travel(NOON + timedelta(hours=13), tick=False):
        lasting = factories.client_for(factories.user())
        ended = rate_limits()
        Client().post("/accounts/login/", {**wrong, "login": "somebody@example.org"}, REMOTE_ADDR="192.0.2.9")
        lasting_limits = rate_limits() - ended

        gone = actions.purge_ended(by=None)

        assert ended > 0
        assert (gone, rate_limits()) == (ended, lasting_limits)
        assert [session.session_key for session in Session.objects.all()] == [lasting.session.session_key]
