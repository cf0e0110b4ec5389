"""`manage.py reencrypt`: every encrypted value moves to the newest key, and a kill in the middle loses nothing."""

import base64
import io
import random
import re
import threading
from importlib import import_module
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models.query import QuerySet
from django.test import override_settings
from django.utils import timezone

from accounts.actions import upload_roster
from accounts.models import RosterUpload
from accounts.rosters.storage import open_upload
from accounts.typed import TYPED
from audit.models import Event
from certification.models import Card, Certification, Draft, Letter
from certification.views.confirmation import CODE
from certification.views.saved_input import SAVED_INPUT
from dispensing.actions import ask_paper, make_papers
from dispensing.models import Paper
from dispensing.papers.stored import WRITERS, parts_of
from notifications.models import Notification
from pages.actions import reencrypt
from pages.models import ContactMessage
from pages.sealed import key_counts, places
from tests import factories
from tests.guard import unguarded
from tests.processes import run_manage, start_manage
from tests.rosters import program
from ui.encryption import DecryptionError, decrypt, encrypt

OLD = settings.FIELD_KEYS[0]
NEW = "k2:" + base64.b64encode(b"2" * 32).decode()
BOTH, ONLY_NEW = [NEW, OLD], [NEW]


def run(*arguments):
    out = io.StringIO()
    call_command("reencrypt", *arguments, stdout=out)
    return out.getvalue()


def messages(count):
    """Store so many messages of the contact form, each with another text."""
    now = timezone.now()
    with unguarded():
        return ContactMessage.objects.bulk_create(
            ContactMessage(number=f"M-{n:08d}", name="Ada", email=f"a{n}@example.org", message=f"Question {n}",
                           address_digest="0" * 64, content_digest=f"{n:064d}", created_at=now)
            for n in range(count)
        )  # fmt: skip


def texts():
    return dict(ContactMessage.objects.values_list("pk", "message"))


def stored_messages():
    with connection.cursor() as cursor:
        cursor.execute("SELECT message FROM pages_contactmessage ORDER BY id")
        return cursor.fetchall()


# --- Every place ----------------------------------------------------------------------------------------------------


@pytest.fixture
def sealed_everywhere(db):
    """A value in every place that the portal's actions fill, sealed with the old key."""
    minor = factories.profile(birth_date=timezone.localdate().replace(year=timezone.localdate().year - 12, day=1))
    letters = Letter.objects.filter(draft=factories.draft(profile=minor, caregiver=factories.caregiver()))
    assert letters.count() == 2
    card = factories.card()
    TOTP.activate(card.patient.user, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    RecoveryCodes.activate(card.patient.user)
    upload_roster(file=io.BytesIO(program({}).encode()), file_name="r.csv", is_dry_run=False, by=factories.staff())
    today = timezone.localdate()
    ask_paper(kind="log_csv", first=today, last=today, by=factories.staff("Auditor"))
    make_papers(writers=WRITERS, by=None)
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SAVED_INPUT] = {"certification": 1, "step": "review", "typed": encrypt("a=1", context=SAVED_INPUT)}
    store[TYPED] = [{"user": 1, "page": "/", "at": "", "typed": encrypt("b=2", context=TYPED)}]
    store[CODE] = {"invitation": 1, "code": encrypt("ABCD2345", context=CODE)}
    store["other"] = "k1:is no sealed value"
    store.save()
    messages(3)


def everything():
    """Return the decrypted content of every place."""
    factors = {factor.type: factor for factor in Authenticator.objects.all()}
    data = Session.objects.get().get_decoded()
    return {
        "letters": [bytes(content) for content in Letter.objects.order_by("pk").values_list("content", flat=True)],
        "answers": list(Draft.objects.order_by("pk").values_list("answers", flat=True)),
        "signed": list(Certification.objects.order_by("pk").values_list("condition_codes", "directions")),
        "cards": list(Card.objects.values_list("token", flat=True)),
        "totp": decrypt(factors["totp"].data["secret"], context="mfa_authenticator.data"),
        "codes": factors["recovery_codes"].wrap().get_unused_codes(),
        "roster": open_upload(RosterUpload.objects.get()).read(),
        "paper": b"".join(parts_of(Paper.objects.get())),
        "session": (
            decrypt(data[SAVED_INPUT]["typed"], context=SAVED_INPUT),
            decrypt(data[TYPED][0]["typed"], context=TYPED),
            decrypt(data[CODE]["code"], context=CODE),
        ),
        "other": data["other"],
        "links": list(Notification.objects.order_by("pk").values_list("secret", flat=True)),
        "messages": texts(),
    }


@pytest.mark.usefixtures("sealed_everywhere")
def test_reencrypt_moves_every_place_to_the_newest_key_and_the_old_key_can_go():
    before = everything()
    names = set(key_counts())
    assert names >= {
        "accounts_rosterpart.data", "certification_card.token", "certification_draft.answers",
        "certification_letter.content", "dispensing_paperpart.data", "django_session.session_data",
        "mfa_authenticator.data",
        "notifications_notification.secret", "pages_contactmessage.message",
    }  # fmt: skip
    with override_settings(FIELD_KEYS=BOTH):
        out = run()
    with override_settings(FIELD_KEYS=ONLY_NEW):
        assert everything() == before
        assert set(key_counts()) == names
        assert "you can remove the older keys" in run("--check")
    assert "k1: 0 values\n" in out and "(the newest)" in out
    event = Event.objects.get(action="fields.reencrypt")
    assert (event.outcome, event.reason.partition(" rows")[2]) == ("done", " sealed with key k2")


@pytest.mark.usefixtures("sealed_everywhere")
def test_reencrypt_again_writes_nothing():
    with override_settings(FIELD_KEYS=BOTH):
        run()
        before = stored_messages()
        run()
        assert stored_messages() == before
    assert Event.objects.filter(action="fields.reencrypt").count() == 1


def test_every_caller_of_encrypt_is_covered():
    """Code that seals a value outside the encrypted fields stores it somewhere: pages/sealed.py must know the place."""
    root = Path(__file__).resolve().parents[2]
    apps = ("pages", "dispensing", "delivery", "certification", "accounts", "notifications", "audit", "mmp_portal")
    callers = {
        str(path.relative_to(root))
        for app in apps
        for path in (root / app).rglob("*.py")
        if re.search(r"(?<!re)encrypt(_bytes)?\(", path.read_text())
    }
    assert callers == {
        "accounts/adapters.py",  # mfa_authenticator.data
        "accounts/rosters/storage.py",  # accounts_rosterpart.data
        "certification/views/confirmation.py",  # a session's printed code
        "accounts/typed.py",
        "certification/views/saved_input.py",  # a session's kept form
        "dispensing/actions/papers.py",  # dispensing_paperpart.data
        "pages/backups/keys.py",  # the probe in the manifest of a backup, which needs its old key
    }


@pytest.mark.django_db
def test_places_are_named_once():
    names = [place.name for place in places()]
    assert len(names) == len(set(names))


# --- The output of the command --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_check_finds_one_row_that_was_skipped():
    """The control: a single row is still sealed with the old key."""
    messages(1)
    with override_settings(FIELD_KEYS=BOTH):
        with unguarded():
            ContactMessage.objects.create(number="M-NEW", name="A", email="a@example.org", message="x",
                                          address_digest="0" * 64, content_digest="1" * 64)  # fmt: skip
        with pytest.raises(CommandError, match="1 values still need an older key") as caught:
            run("--check")
        assert "pages_contactmessage.message: 1 by k1" in str(caught.value)
        run()
        run("--check")


@pytest.mark.django_db
def test_reencrypt_names_a_missing_key():
    messages(2)
    with override_settings(FIELD_KEYS=ONLY_NEW):
        with pytest.raises(
            CommandError, match="2 values are sealed with a key that FIELD_KEYS does not hold"
        ) as caught:
            run()
        assert "pages_contactmessage.message: 2 by k1" in str(caught.value)
    assert len(texts()) == 2


@pytest.mark.django_db
def test_reencrypt_skips_a_value_that_it_cannot_open_and_goes_on():
    stored = messages(3)
    other = "k1:" + base64.b64encode(b"9" * 32).decode()
    with override_settings(FIELD_KEYS=[other]), unguarded():
        stored[1].message = "sealed with another key of the same id"
        stored[1].save()
    with override_settings(FIELD_KEYS=BOTH), pytest.raises(CommandError, match="1 rows cannot be opened"):
        run("--batch", "1")
    with override_settings(FIELD_KEYS=[NEW, other]):
        assert texts()[stored[1].pk] == "sealed with another key of the same id"
        assert texts()[stored[0].pk] == "Question 0"
        run()


@pytest.mark.django_db
def test_a_value_that_is_not_sealed_is_never_printed():
    [stored] = messages(1)
    with connection.cursor() as cursor, unguarded():
        cursor.execute("UPDATE pages_contactmessage SET message = 'June Park' WHERE id = %s", [stored.pk])
    with pytest.raises(CommandError) as caught:
        run("--check")
    assert "1 by no key" in str(caught.value) and "June" not in str(caught.value)


@pytest.mark.django_db
def test_reencrypt_refuses_a_batch_of_nothing():
    with pytest.raises(CommandError, match="1 or more"):
        run("--batch", "0")


# --- Somebody else writes -------------------------------------------------------------------------------------------


def written_meanwhile(change):
    """Change a message in another connection while `reencrypt` runs; return its text at the end."""
    [stored] = messages(1)
    holds, may_end = threading.Event(), threading.Event()

    def write():
        try:
            with transaction.atomic(), unguarded():
                row = ContactMessage.objects.select_for_update().get(pk=stored.pk)
                row.message = change
                row.save()
                holds.set()
                may_end.wait(20)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    holds.wait(20)
    threading.Timer(0.3, may_end.set).start()
    with override_settings(FIELD_KEYS=BOTH):
        reencrypt(batch=10, progress=lambda line: None, by=None)
        writer.join()
        assert key_counts()["pages_contactmessage.message"] == {"k2": 1}
        return texts()[stored.pk]


@pytest.mark.django_db(transaction=True)
def test_reencrypt_never_overwrites_a_change_made_meanwhile():
    assert written_meanwhile("Changed") == "Changed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="a transaction of SQLite waits at its beginning")
def test_control_without_row_locks_the_change_is_lost(monkeypatch):
    locked = QuerySet.select_for_update

    def unlocked(self, skip_locked=False, **kwargs):
        return self._chain() if skip_locked else locked(self, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)
    assert written_meanwhile("Changed") == "Question 0"


# --- kill -9 --------------------------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_kill_in_the_middle_loses_nothing(pytestconfig):
    """300 rows and 2 kills; 10,000 rows and 20 kills with --drill. The moments are random with a fixed seed."""
    count, kills, batch = (10_000, 20, 20) if pytestconfig.getoption("drill") else (300, 2, 5)
    chance = random.Random(1)
    messages(count)
    before = texts()
    keys = {"FIELD_KEYS": ",".join(BOTH)}
    for _kill in range(kills):
        process = start_manage("reencrypt", "--batch", str(batch), "--verbosity", "2", **keys)
        for _line in range(chance.randint(1, 10)):
            assert "pages_contactmessage" in process.stdout.readline(), process.communicate()
        threading.Event().wait(chance.random() / 50)
        process.kill()
        process.communicate()
        assert process.returncode == -9
        with override_settings(FIELD_KEYS=BOTH):
            counts = key_counts()["pages_contactmessage.message"]
            assert counts.total() == count and min(counts["k1"], counts["k2"]) > 0
            assert texts() == before
    assert run_manage("reencrypt", "--check", **keys).returncode == 1
    finished = run_manage("reencrypt", **keys)
    assert finished.returncode == 0, finished.stderr
    assert run_manage("reencrypt", "--check", FIELD_KEYS=NEW).returncode == 0
    with override_settings(FIELD_KEYS=ONLY_NEW):
        assert texts() == before
    with pytest.raises(DecryptionError):
        texts()
