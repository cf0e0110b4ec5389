"""Mail that comes back, read from a real IMAP server, in the formats that mail servers send."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from email.encoders import encode_base64

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from notifications import actions, bounced, kinds
from notifications.actions import bounces, send_due
from notifications.actions.bounces import clear_bounce, read_bounces
from notifications.message_ids import message_id
from notifications.models import Bounce, BounceMailbox, Notification
from notifications.rules import SOFT_SPAN, Fault
from notifications.ways import comes_back
from tests import factories
from tests.guard import unguarded
from tests.imap import ImapServer, account, plain_mail, sent_back
from tests.sink import Sink

pytestmark = pytest.mark.django_db
HARD, SOFT = Bounce.Kind.HARD, Bounce.Kind.SOFT
ADDRESS = "ada@example.org"


@pytest.fixture(autouse=True)
def _kind(monkeypatch):
    words = {"number": "M-2345-6789", "contact_url": "http://testserver/contact/"}
    monkeypatch.setitem(kinds._kinds, "contact_receipt", kinds.Kind("contact_receipt", lambda _notification: words))


@pytest.fixture
def server(settings):
    with ImapServer() as started:
        settings.BOUNCE_MAILBOX = account(started.port)
        yield started


def queue(recipient=ADDRESS, key="1", **over):
    message = {"kind": "contact_receipt", "recipient": recipient, "dedupe_key": f"key:{key}", "by": None, **over}
    actions.queue(**message)
    return Notification.objects.get(dedupe_key=message["dedupe_key"])


def sent_mail(recipient=ADDRESS, key="1", **over):
    """Send one message; return it and its mail as the recipient's server gets it."""
    notification = queue(recipient, key, **over)
    send_due(by=None)
    notification.refresh_from_db()
    return notification, mail.outbox[-1].message()


def counts():
    return BounceMailbox.objects.values_list("bounced", "unmatched", "unreadable").get()


def state(notification):
    notification.refresh_from_db()
    return notification.status, notification.last_error


SENT, BOUNCED = ("sent", ""), ("failed", "Bounced 5.1.1")


# --- What a mail says ---------------------------------------------------------------------------------------------


def test_a_hard_bounce_fails_its_message_and_stops_the_address(server):
    notification, original = sent_mail("Ada@Example.org")
    server.receive(sent_back(original))

    assert read_bounces(by=None) == 1

    assert state(notification) == BOUNCED
    bounce = Bounce.objects.get()
    assert (bounce.address, bounce.kind, bounce.count, bounce.status_code) == (ADDRESS, HARD, 1, "5.1.1")
    assert (bounce.notification, bounce.stopped_at) == (notification, bounce.first_at)
    assert (server.seen, counts()) == ([1], (1, 0, 0))


def test_the_mail_that_came_back_goes_by_phone_once(server):
    certified = factories.certification(joined=False)
    patient = certified.patient
    sent, original = sent_mail(
        patient.email, "c", kind="patient_certified", context={"certification": certified.pk}, language="es"
    )
    server.receive(sent_back(original), sent_back(original))

    assert read_bounces(by=None) == 1

    calls = Notification.objects.filter(channel="phone").values_list("kind", "recipient", "language", "status")
    assert list(calls) == [("patient_certified", patient.phone.as_e164, "es", "queued")]
    assert state(sent) == BOUNCED and Bounce.objects.get().count == 1


def test_no_call_tells_what_does_not_hold_any_more_or_a_one_time_link(server):
    certified = factories.certification(joined=False)
    patient = certified.patient
    ended = {"kind": "certification_withdrawn", "context": {"certification": certified.pk, "role": "patient"}}
    link = {"kind": "invitation", "context": {"invitation": patient.invitations.get().pk}}
    with unguarded():
        rows = [queue(patient.email, str(number), **over) for number, over in enumerate([ended, link])]
        Notification.objects.filter(pk__in=[row.pk for row in rows]).update(status="sent", sent_at=timezone.now())
    for row in rows:
        server.receive(sent_back(plain_mail("", To=patient.email, Message_ID=message_id(row.pk))))

    assert read_bounces(by=None) == 2
    assert not Notification.objects.filter(channel="phone").exists()


def qmail(original):
    return plain_mail(
        "Hi. This is the qmail-send program at mx.example.net.\n\n<ada@example.org>:\n"
        "Remote host said: 550 5.1.1 no such user\n\n--- Below this line is a copy of the message.\n\n"
        f"{original.as_string()}\n"
    )


def encoded(original):
    """Return a report that sends the headers back in base64."""
    report = sent_back(original)
    headers = report.get_payload()[-1]
    headers.set_payload(headers.get_payload().encode())
    del headers["Content-Transfer-Encoding"]
    encode_base64(headers)
    return report


@pytest.mark.parametrize(
    ("answer", "fault", "code"),
    [
        (qmail, HARD, "5.1.1"),
        (encoded, HARD, "5.1.1"),
        (lambda original: sent_back(original, status="5.2.2", diagnostic="552 5.2.2 Mailbox full"), SOFT, "5.2.2"),
        (lambda original: sent_back(original, status="4.4.7"), SOFT, "4.4.7"),
        (lambda original: sent_back(original, status="5.0.0", diagnostic="550 5.1.1 unknown"), HARD, "5.1.1"),
        (lambda original: sent_back(original, status="5.0.0", diagnostic="552 full"), SOFT, "5.0.0"),
        (lambda original: sent_back(original, recipient="forwarded@example.net"), HARD, "5.1.1"),
        (lambda original: sent_back(original, status="5.7.1"), None, "5.7.1"),
    ],
    ids=["qmail", "encoded", "full", "given-up", "diagnostic", "smtp-full", "forwarded", "policy"],
)
def test_formats_and_codes(server, answer, fault, code):
    notification, original = sent_mail()
    server.receive(answer(original))
    assert read_bounces(by=None) == 1
    assert state(notification) == ("failed", f"Bounced {code}")
    assert list(Bounce.objects.values_list("address", "kind", "status_code")) == (
        [(ADDRESS, fault, code)] if fault else []
    )


def test_what_is_no_bounce_stays_for_people_to_read(server):
    notification, original = sent_mail()
    away = {"Auto_Submitted": "auto-replied", "In_Reply_To": original["Message-ID"]}
    server.receive(
        plain_mail("I am away until Monday.", **away),
        plain_mail("Please call me.", In_Reply_To=original["Message-ID"]),
        sent_back(original, action="delayed", status="4.4.1"),
        b"not a mail \xff\xfe\x00",
    )
    assert (read_bounces(by=None), server.seen, counts()) == (0, [], (0, 0, 1))  # the last one is no mail at all
    assert state(notification) == SENT and not Bounce.objects.exists()
    assert BounceMailbox.objects.get().last_uid == 4


@pytest.mark.parametrize(
    "given",
    [
        "<somebody-else@example.net>",
        "<notification-{pk}@testserver>",
        "<notification-{pk}-0123456789abcdef@testserver>",
    ],
)
def test_a_bounce_of_a_mail_that_is_not_ours_or_made_up_counts_for_nobody(server, given):
    notification, original = sent_mail()
    original.replace_header("Message-ID", given.format(pk=notification.pk))
    server.receive(sent_back(original))
    assert (read_bounces(by=None), server.seen, counts()) == (0, [1], (0, 1, 0))
    assert state(notification) == SENT and not Bounce.objects.exists()


# --- The address --------------------------------------------------------------------------------------------------


def bounce(fault=Fault.SOFT, after=timedelta(), key="1"):
    """Count one more bounce of the address, so long after now."""
    notification = queue(key=key)
    with unguarded():
        bounced.count_bounce(notification, fault, "4.2.2", now=timezone.now() + after)
    return Bounce.objects.get()


def test_three_soft_bounces_within_two_weeks_stop_an_address():
    stopped = [bounce(after=timedelta(days=days)).stopped_at is not None for days in (0, 6, 13)]
    assert (stopped, comes_back(ADDRESS)) == ([False, False, True], True)


def test_soft_bounces_of_long_ago_do_not_count():
    bounce(), bounce()
    again = bounce(after=SOFT_SPAN + timedelta(minutes=1))
    assert (again.count, again.stopped_at, comes_back(ADDRESS)) == (1, None, False)


def test_clear_bounce_lets_mail_go_again_and_counts_anew():
    staff = factories.staff("Registrar")
    clear_bounce(bounce=bounce(Fault.HARD), reason="They called.", by=staff)
    assert not comes_back(ADDRESS)
    event = Event.objects.get(action="bounce.clear")
    assert (event.actor_id, event.reason) == (staff.pk, "They called.")
    again = bounce()
    assert (again.kind, again.count, again.cleared_at, again.stopped_at) == (SOFT, 1, None, None)
    assert bounce(Fault.HARD).stopped_at is not None and comes_back(ADDRESS)


# --- A refusal while the mail is sent ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "attempts", "kind"),
    [
        ("550 5.1.1 no such user", 0, HARD),
        ("550 no such user", 0, HARD),
        ("552 5.2.2 mailbox full", 0, SOFT),
        ("452 4.2.2 mailbox full", actions.MOST_ATTEMPTS - 1, SOFT),
        ("554 5.7.1 relay access denied", 0, None),
    ],
)
def test_a_recipient_refused_for_good_is_a_bounce(settings, answer, attempts, kind):
    physician = factories.physician()
    words = {"physician": physician, "number": "1", "contact_url": "/"}
    kinds._kinds["contact_receipt"] = kinds.Kind("contact_receipt", lambda _notification: words)
    queue(physician.email)
    with unguarded():
        Notification.objects.update(attempts=attempts)
    with Sink() as sink:
        sink.refuses[physician.email] = answer
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", sink.port, 1
        assert send_due(by=None) == 0
    assert Notification.objects.get(channel="email").status == "failed"
    assert list(Bounce.objects.values_list("address", "kind")) == ([(physician.email.lower(), kind)] if kind else [])
    calls = list(Notification.objects.filter(channel="phone").values_list("recipient", flat=True))
    assert calls == ([physician.phone.as_e164] if kind else [])


# --- Once, whatever happens ----------------------------------------------------------------------------------------


class Killed(BaseException):
    pass


@pytest.mark.parametrize("dies_at", ["count_bounce", "count_report"])
def test_a_worker_that_dies_at_a_mail_has_read_nothing(server, monkeypatch, dies_at):
    notification, original = sent_mail()
    server.receive(sent_back(original))

    def die(*_args, **_more):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(bounced, dies_at, die)
        with pytest.raises(Killed):
            read_bounces(by=None)
    assert state(notification) == SENT and not Bounce.objects.exists() and server.seen == []
    assert (read_bounces(by=None), state(notification), counts()) == (1, BOUNCED, (1, 0, 0))


def test_a_worker_that_dies_before_it_marks_a_mail_has_counted_it_once(server, monkeypatch):
    _notification, original = sent_mail()
    server.receive(sent_back(original), sent_back(plain_mail("", To=ADDRESS, Message_ID="<other@example.net>")))

    def die(*_args):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(bounces.Mailbox, "mark_read", die)
        with pytest.raises(Killed):
            read_bounces(by=None)
    assert (read_bounces(by=None), counts(), Bounce.objects.get().count) == (0, (1, 1, 0), 1)
    assert (read_bounces(by=None), counts()) == (0, (1, 1, 0))


def test_a_folder_whose_mails_get_new_numbers_counts_no_message_twice(server):
    _notification, original = sent_mail()
    server.receive(sent_back(original))
    read_bounces(by=None)
    server.folder.uid_validity += 1
    assert (read_bounces(by=None), Bounce.objects.get().count) == (0, 1)


def test_a_mail_that_no_parser_takes_does_not_stop_the_next(server, monkeypatch):
    notification, original = sent_mail()
    server.receive(plain_mail("odd"), sent_back(original))
    read = bounces.read_report

    def fail_at_the_odd(raw):
        if b"odd" in raw:
            raise ValueError
        return read(raw)

    monkeypatch.setattr(bounces, "read_report", fail_at_the_odd)
    assert (read_bounces(by=None), counts(), state(notification)) == (1, (1, 0, 1), BOUNCED)


def test_a_mail_that_is_too_large_is_passed_over(server):
    notification, original = sent_mail()
    server.receive(plain_mail(("x" * 70 + "\n") * 8_000), sent_back(original))
    assert (read_bounces(by=None), state(notification)) == (1, BOUNCED)


@pytest.mark.parametrize("has_guard", [True, False], ids=["guard", "control"])
@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_count_a_mail_once(server, monkeypatch, has_guard):
    _notification, original = sent_mail()
    server.receive(sent_back(plain_mail("", To=ADDRESS, Message_ID="<other@example.net>")))
    both_have_read = threading.Barrier(2)
    read = bounces.read_report

    def read_together(raw):
        report = read(raw)
        both_have_read.wait(10)
        return report

    monkeypatch.setattr(bounces, "read_report", read_together)
    if not has_guard:
        monkeypatch.setattr(bounced, "pass_mail", lambda *_args, **_counted: True)
    with unguarded():
        bounced.note_visit(account(server.port)["name"])  # both find the row of the mailbox there already

    def job(_number):
        try:
            return read_bounces(by=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as jobs:
        list(jobs.map(job, range(2)))
    assert counts() == (0, 1 if has_guard else 2, 0)


# --- A server that is away or hangs --------------------------------------------------------------------------------


def read_from(settings, serve, within=0.5):
    """Read the mailbox of a server whose every connection `serve` handles; return how many seconds it took."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept():
            with suppress(OSError), listening.accept()[0] as connected:
                serve(connected)
                connected.recv(1000)  # until the client gives up

        threading.Thread(target=accept, daemon=True).start()
        settings.BOUNCE_MAILBOX = account(listening.getsockname()[1])
        began = time.monotonic()
        assert read_bounces(by=None, within=timedelta(seconds=within)) == 0
        return time.monotonic() - began


def trickle(connected):
    for _second in range(100):
        connected.send(b"*")
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("serve", "error"),
    [
        (lambda connected: None, None),  # the time of an answer or of the visit is over first
        (trickle, None),  # the connection is closed while the server writes, or the server is told so first
        (lambda connected: connected.send(b"* OK hello\r\n* BYE closing\r\n"), "abort"),
        (lambda connected: connected.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "abort"),
    ],
    ids=["hangs", "trickles", "closes", "speaks-http"],
)
def test_a_server_that_hangs_ends_the_visit_in_time(settings, serve, error):
    assert read_from(settings, serve) < 2
    assert BounceMailbox.objects.get().last_error == error or error is None


def test_a_server_that_is_away_or_refuses_the_password_changes_nothing_else(server, settings):
    settings.BOUNCE_MAILBOX = account(server.port, password="wrong")
    assert read_bounces(by=None) == 0
    assert BounceMailbox.objects.get().last_error == "error"
    server.stop()
    assert read_bounces(by=None) == 0
    assert BounceMailbox.objects.get().last_error == "ConnectionRefusedError"


def test_read_bounces_does_nothing_without_a_mailbox():
    assert (read_bounces(by=None), BounceMailbox.objects.count()) == (0, 0)


def test_mail_names_where_to_send_it_back(settings):
    settings.BOUNCE_ADDRESS = "bounces@example.org"
    sent_mail()
    assert (mail.outbox[0].from_email, mail.outbox[0].message()["From"]) == (
        "bounces@example.org",
        settings.DEFAULT_FROM_EMAIL,
    )


# --- Where it is shown ---------------------------------------------------------------------------------------------


def test_the_office_the_person_and_staff_see_that_mail_comes_back():
    certified = factories.certification()
    patient, physician = certified.patient, certified.physician
    with unguarded():
        for number, address in enumerate([patient.email, physician.email]):
            bounced.count_bounce(queue(address, str(number)), Fault.HARD, "5.1.1", now=timezone.now())

    def page(account, name, *args):
        return factories.client_for(account).get(reverse(name, args=args)).content.decode()

    shown = f"Email to {patient.email} comes back since"
    assert shown in page(physician.user, "certification:certification-confirmation", certified.uuid)
    for name in ("delivery:home", "certification:own-contact"):
        assert f"Our emails to {patient.email} come back" in page(patient.user, name)
    registrar = factories.staff("Registrar")
    for row in (patient, physician):
        assert "comes back since" in page(
            registrar, f"admin:{row._meta.app_label}_{row._meta.model_name}_change", row.pk
        )
    assert patient.email in page(registrar, "admin:notifications_bounce_changelist")
