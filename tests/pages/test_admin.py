import pytest
from django.contrib.auth.models import Group

from accounts.actions import create_user
from audit.models import Event
from pages import actions
from pages.models import ContactMessage
from tests.pages.test_answers import answer
from tests.pages.words import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    user = create_user(email="manager@example.org", password=None, is_staff=True, groups=["Manager"], by=None)
    client.force_login(user)
    return user


def receive(number):
    return actions.receive_message(
        name=f"Writer {number}", email=f"w{number}@example.org", message=f"text {number}", address=None, by=None
    )


def test_the_list_begins_with_the_message_that_waits_longest(client, manager):
    answered, older, newer = (receive(number) for number in range(3))
    answer(answered, by=manager)
    body = client.get("/admin/pages/contactmessage/").content.decode()
    order = [body.index(message.number) for message in (older, newer, answered)]
    assert order == sorted(order)


def test_staff_read_a_message_and_cannot_change_it(client, manager):
    message = receive(1)
    url = f"/admin/pages/contactmessage/{message.pk}/change/"
    assert "text 1" in words_of(client.get(url))
    assert Event.objects.get(action="contactmessage.view").subject_id == message.pk
    assert client.post(url, {"name": "changed"}).status_code == 403
    assert client.get(f"/admin/pages/contactmessage/{message.pk}/delete/").status_code == 403


@pytest.mark.parametrize("group", ["Driver", "Technician", "Pharmacist", "Registrar"])
def test_staff_of_other_groups_see_no_messages(client, group):
    message = receive(1)
    client.force_login(create_user(email="x@example.org", password=None, is_staff=True, groups=[group], by=None))
    assert Group.objects.filter(name=group).exists()
    assert client.get(f"/admin/pages/contactmessage/{message.pk}/change/").status_code == 403
    assert client.post(f"/admin/pages/contactmessage/{message.pk}/step/answered/").status_code == 403
    assert ContactMessage.objects.get().is_open


def test_auditor_reads_and_cannot_answer(client):
    message = receive(1)
    client.force_login(create_user(email="x@example.org", password=None, is_staff=True, groups=["Auditor"], by=None))
    assert client.get(f"/admin/pages/contactmessage/{message.pk}/change/").status_code == 200
    assert client.post(f"/admin/pages/contactmessage/{message.pk}/step/answered/").status_code == 403
