"""What a server's refusal says of an address, and the settings of the mailbox in which refusals are read."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from mmp_portal.required import bounce_address, bounce_mailbox
from notifications.rules import Fault, codes_in, fault_of

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("status", "smtp", "fault"),
    [
        ("5.1.1", None, Fault.HARD),
        ("5.1.10", 550, Fault.HARD),
        ("5.2.1", None, Fault.HARD),
        ("5.4.4", None, Fault.HARD),
        ("5.0.0", None, Fault.HARD),
        ("5.0.0", 550, Fault.HARD),
        ("", 550, Fault.HARD),
        ("5.0.0", 552, Fault.SOFT),
        ("5.2.2", 552, Fault.SOFT),
        ("4.2.2", None, Fault.SOFT),
        ("4.4.7", None, Fault.SOFT),
        ("5.3.2", None, Fault.SOFT),
        ("", 554, Fault.SOFT),
        ("", None, Fault.SOFT),
        ("5.7.1", 550, Fault.NONE),
        ("4.7.0", None, Fault.NONE),
        ("5.6.0", None, Fault.NONE),
        ("5.1.8", None, Fault.NONE),
        ("5.2.3", None, Fault.NONE),
        ("5.3.4", None, Fault.NONE),
    ],
)
def test_fault_of(status, smtp, fault):
    assert fault_of(status, smtp) is fault


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("550 5.1.1 <a@example.org>: user unknown", ("5.1.1", 550)),
        ("smtp; 552-5.2.2 full", ("5.2.2", 552)),
        ("host mx[10.5.1.1] said: 450 later", ("", 450)),
        ("version 5.1.1.2 of ours", ("", None)),
        ("", ("", None)),
    ],
)
def test_codes_in(words, codes):
    assert codes_in(words) == codes


def test_bounce_mailbox_reads_the_parts_of_its_address():
    found = bounce_mailbox("imaps://back%40example.org:a%2Fb@mail.example.org/Back/In")
    assert (found["host"], found["port"], found["user"], found["password"]) == (
        "mail.example.org", 993, "back@example.org", "a/b",
    )  # fmt: skip
    assert (found["folder"], found["is_encrypted"]) == ("Back/In", True)
    assert bounce_mailbox("imap://a:b@localhost:1143")["folder"] == "INBOX"
    assert bounce_mailbox(" ") is None


@pytest.mark.parametrize(
    "url",
    [
        "imap://user:secret@mail.example.org/INBOX",  # the password would travel in clear
        "https://user:secret@mail.example.org/",
        "imaps://mail.example.org/INBOX",
        "imaps://user@mail.example.org/INBOX",
        "imaps://user:secret@mail.example.org:many/INBOX",
        "imaps://user:secret%0D%0A@mail.example.org/INBOX",
    ],
)
def test_a_wrong_bounce_mailbox_stops_the_start_by_name_and_without_the_password(url):
    with pytest.raises(ImproperlyConfigured, match="BOUNCE_MAILBOX_URL") as error:
        bounce_mailbox(url)
    assert "secret" not in str(error.value)


def test_a_wrong_bounce_address_stops_the_start():
    assert bounce_address(" back@example.org ") == "back@example.org"
    with pytest.raises(ImproperlyConfigured, match="BOUNCE_ADDRESS"):
        bounce_address("Portal <back@example.org>")
