from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from accounts.actions import save_staff
from accounts.models import User
from accounts.rules import StaffError
from audit.models import Event
from notifications.actions import send_due
from tests import factories

pytestmark = pytest.mark.django_db
EMAIL = "paula@dispensary.example"


def run(*arguments):
    out = StringIO()
    call_command("save_staff", *arguments, stdout=out)
    return out.getvalue().strip()


def groups_of(user):
    return sorted(group.name for group in user.groups.all())


def test_the_command_makes_an_account_that_sets_its_password_by_mail(client):
    said = run("Paula@Dispensary.example", "Paula", "--group", "Pharmacist")
    user = User.objects.get(email=EMAIL)
    assert said == f"{EMAIL} has an account now. The person sets a password at /accounts/password/reset/."
    assert (user.first_name, user.is_staff, user.is_superuser, groups_of(user)) == (
        "Paula",
        True,
        False,
        ["Pharmacist"],
    )
    assert not user.has_usable_password()
    client.post("/accounts/password/reset/", {"email": EMAIL})
    send_due(by=None)
    assert [message.to for message in mail.outbox] == [[EMAIL]]
    assert "/accounts/password/reset/key/" in mail.outbox[0].body


def test_the_command_changes_name_and_groups_and_is_audited():
    user, _is_new = save_staff(email=EMAIL, first_name="Paula", groups=["Pharmacist"], by=None)
    assert run(EMAIL, " Paola ", "--group", "Manager", "--group", "Driver") == f"The account {EMAIL} is changed."
    user.refresh_from_db()
    assert (user.first_name, groups_of(user)) == ("Paola", ["Driver", "Manager"])
    assert Event.objects.filter(action="user.save_staff", subject_id=user.pk).count() == 1


def test_without_a_group_the_account_is_no_staff_any_more():
    user = factories.staff("Pharmacist", first_name="Paula")
    assert run(user.email, "Paula") == f"The account {user.email} is no staff any more."
    user.refresh_from_db()
    assert (user.is_staff, groups_of(user)) == (False, [])


def test_an_administrator_stays_staff_without_a_group():
    user = factories.user(is_staff=True, is_superuser=True)
    save_staff(email=user.email, first_name="Ada", groups=[], by=None)
    user.refresh_from_db()
    assert user.is_staff


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"groups": ["Farmacist"]}, "There is no group Farmacist. The groups are: Registrar, Pharmacist"),
        ({"first_name": "  "}, "Give the first name that patients read, at most 60 characters."),
        ({"first_name": "P" * 61}, "Give the first name that patients read, at most 60 characters."),
        ({"email": "paula"}, "paula is no email address. Check its spelling."),
    ],
)
def test_check_is_staff(wrong, sentence):
    facts = {"email": EMAIL, "first_name": "Paula", "groups": ["Pharmacist"], **wrong}
    with pytest.raises(StaffError, match=sentence):
        save_staff(**facts, by=None)
    assert not User.objects.exists()


def test_the_command_says_what_is_wrong_in_a_sentence():
    with pytest.raises(CommandError, match="There is no group Cook"):
        run(EMAIL, "Paula", "--group", "Cook")
