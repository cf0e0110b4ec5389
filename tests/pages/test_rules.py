from datetime import timedelta

import pytest
from django.utils import timezone

from pages import actions, rules
from pages.models import ContactMessage

pytestmark = pytest.mark.django_db
SENDER = {"name": "Rosa Delgado", "email": "rosa@example.org", "message": "Hello", "address": "192.0.2.1", "by": None}


def test_address_digest_is_keyed_and_not_the_address(settings):
    digest = rules.address_digest("192.0.2.1")
    assert len(digest) == 64
    assert digest == rules.address_digest("192.0.2.1") != rules.address_digest("192.0.2.2")
    settings.SECRET_KEY = "another"
    assert rules.address_digest("192.0.2.1") != digest


def test_address_digest_of_no_address_is_empty():
    assert rules.address_digest(None) == ""


def test_content_digest_depends_on_where_a_field_ends():
    digest = rules.content_digest(name="a", email="b", message="c")
    assert digest == rules.content_digest(name="a", email="b", message="c")
    assert digest != rules.content_digest(name="ab", email="", message="c")


@pytest.mark.parametrize("name", ["Rosa", "José Núñez-O’Brien", "李", "رُزا", "🌿"])
def test_check_name_is_one_line_accepts_names(name):
    rules.check_name_is_one_line(name)


@pytest.mark.parametrize("name", ["Eve\nBcc: all@example.org", "Eve\rX", "Eve\x00", "Eve\u2028X", "Eve\x85X"])
def test_check_name_is_one_line_refuses_control_characters(name):
    with pytest.raises(rules.UnreadableName, match="on one line"):
        rules.check_name_is_one_line(name)


def _receive(count, **changes):
    for number in range(count):
        actions.receive_message(**{**SENDER, "message": f"{changes} {number}", **changes})


@pytest.mark.parametrize(("sent", "refused"), [(2, False), (3, True)])
def test_check_not_too_many_messages_of_one_email(sent, refused):
    for number in range(sent):
        _receive(1, address=f"192.0.2.{number}")
    assert _is_refused(address="198.51.100.9", email="rosa@example.org") is refused
    assert not _is_refused(address="198.51.100.9", email="else@example.org")


@pytest.mark.parametrize(("sent", "refused"), [(4, False), (5, True)])
def test_check_not_too_many_messages_of_one_address(sent, refused):
    for number in range(sent):
        _receive(1, email=f"rosa{number}@example.org")
    assert _is_refused(address="192.0.2.1", email="new@example.org") is refused
    assert not _is_refused(address="192.0.2.2", email="new@example.org")


def test_check_not_too_many_messages_counts_no_missing_address():
    for number in range(6):
        _receive(1, email=f"rosa{number}@example.org", address=None)
    assert not _is_refused(address=None, email="new@example.org")


@pytest.mark.parametrize(("second", "refused"), [(-1, True), (0, False), (1, False)])
def test_check_not_too_many_messages_counts_a_rolling_hour(second, refused):
    _receive(3)
    earliest = ContactMessage.objects.earliest("created_at").created_at
    now = earliest + timedelta(hours=1, seconds=second)
    assert _is_refused(address=None, email="rosa@example.org", now=now) is refused


def _is_refused(*, address, email, now=None):
    try:
        rules.check_not_too_many_messages(address=rules.address_digest(address), email=email, now=now or timezone.now())
    except rules.TooManyMessages:
        return True
    return False
