"""Texts: who gets one, at what hours, what the provider's answers mean, and how people end them."""

import json
import re
import threading
from datetime import datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.utils import timezone, translation
from django.utils.html import escape
from environs import Env

from audit.models import Event
from certification.actions import amend_contact, change_phone, choose_texts, queue_renewal_reminders
from certification.actions.amending import CONTACT
from certification.writes.messages import message_to
from mmp_portal.required import FOR_TEXTS, check_required, check_texts, hours_of
from notifications import actions, kinds, replies, texts
from notifications.actions.texting import NoTexts, agree_to_texts, end_texts, receive_text
from notifications.message_ids import message_id
from notifications.models import Notification, TextConsent, TextReceived
from notifications.rules import TextRefused, Trouble, trouble_of
from tests import factories
from tests.guard import unguarded
from tests.servers import free_port

PHONE = "+12035550142"
NEW_YORK = ZoneInfo("America/New_York")
ALWAYS = (time(0, 0), time(23, 59, 59, 999999))
Meaning = TextReceived.Meaning


class Provider(ThreadingHTTPServer):
    """A provider of texts on this machine; `status` is its answer, `hangs` lets it answer nothing."""

    daemon_threads = True

    def __init__(self):
        self.status, self.hangs, self.closes, self.taken, self.connections = 200, False, False, [], 0
        super().__init__(("127.0.0.1", free_port()), Answer)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/send?v=1"


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def setup(self):
        self.server.connections += 1
        super().setup()

    def do_POST(self):  # noqa: N802  http.server calls it by this name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.hangs:
            threading.Event().wait(0.6)
            self.close_connection = True
            return
        self.send_response(self.server.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        self.close_connection = self.server.closes
        if self.server.status == 200:
            self.server.taken.append((json.loads(body), dict(self.headers), self.path))

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def provider(settings, monkeypatch):
    monkeypatch.setattr("notifications.gateways.SECONDS", 0.3)
    monkeypatch.setattr(actions, "_wake_sender", lambda *_: None)  # each test sends by itself
    server = Provider()
    settings.SMS_URL, settings.SMS_TOKEN, settings.SMS_FROM = server.url, "the-token", "+12035550100"
    settings.SMS_HOURS = ALWAYS
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def patient(db, provider):
    """A patient with an account and e-mail who has agreed to texts, and whose certification ends in 20 days."""
    day = timezone.localdate() + timedelta(days=20)
    patient = factories.certification(on=day.replace(year=day.year - 1)).patient
    agree(patient)
    return patient


def agree(person, language="en"):
    phone = person.phone.as_e164
    return agree_to_texts(phone=phone, words=texts.consent_words(phone), language=language, given="phone", by=None)


def text(patient, kind="card_revoked", key="1", **over):
    card = factories.card(patient) if kind == "card_revoked" else None
    message = message_to(patient, kind, context={"card": card.pk} if card else {}, key=key)
    actions.queue(**{**message, **over}, by=None)
    return Notification.objects.get(dedupe_key=message["dedupe_key"])


def send():
    return actions.send_due(channel="sms", by=None)


# --- Who gets one ---------------------------------------------------------------------------------------------------


def test_a_kind_with_a_text_goes_as_a_text_to_who_agreed_and_every_other_by_mail(patient):
    found = {kind: message_to(patient, kind, context={}, key="1") for kind in ("card_revoked", "invitation")}
    assert (found["card_revoked"]["channel"], found["card_revoked"]["recipient"]) == ("sms", patient.phone.as_e164)
    assert found["invitation"]["channel"] == "email"


def test_nothing_goes_as_a_text_without_agreement_or_where_texts_are_off(patient, settings):
    end_texts(phone=patient.phone.as_e164, ended="staff", by=None)
    assert message_to(patient, "card_revoked", context={}, key="1")["channel"] == "email"
    agree(patient)
    settings.SMS_URL = ""
    assert message_to(patient, "card_revoked", context={}, key="1")["channel"] == "email"
    with pytest.raises(NoTexts):
        agree(patient)


def test_one_time_links_and_medical_details_have_no_text():
    assert not any(
        texts.has_text(kind) for kind in ("invitation", "patient_certified", "main_address", "patient_closed")
    )


TEXTED = (
    "order_placed", "order_confirmed", "order_moved", "order_cancelled", "order_late", "order_refused", "place_open",
    "renewal_reminder", "certification_withdrawn", "certification_revoked", "card_revoked", "lot_recalled",
    "recall_reminder",
)  # fmt: skip


def test_the_kinds_with_a_text():
    assert {kind for kind in kinds._kinds if texts.has_text(kind)} == {*TEXTED, *texts.ANSWERS}


def test_reminders_in_sql_go_the_same_way_as_single_messages(patient):
    queue_renewal_reminders(today=timezone.localdate(), by=None)
    row = Notification.objects.get(kind="renewal_reminder", context__role="patient")
    single = message_to(patient, "renewal_reminder", context={}, key="1")
    assert (row.channel, row.recipient) == (single["channel"], single["recipient"]) == ("sms", patient.phone.as_e164)
    assert not Notification.objects.filter(channel="sms", context__role="physician").exists()
    assert send() == 1


def test_an_order_is_texted_to_its_orderer_in_their_language(patient, provider):
    with unguarded():
        type(patient).objects.filter(pk=patient.pk).update(language="es")
    patient.refresh_from_db()
    order = factories.order(patient)
    factories.confirm(order)
    assert send() == 2
    said = provider.taken[-1][0]["text"]
    assert said.startswith("testserver: Su pedido está confirmado:") and "STOP" in said
    assert "http://testserver/home/" in said
    assert len(said) < 320


# --- The provider ---------------------------------------------------------------------------------------------------


def test_a_text_goes_once_over_one_connection_with_its_id(patient, provider):
    rows = [text(patient, key=key) for key in "12"]
    assert (send(), send()) == (2, 0)
    said, headers, path = provider.taken[0]
    assert (said["from"], said["to"], path) == ("+12035550100", patient.phone.as_e164, "/send?v=1")
    assert said["id"] == headers["Idempotency-Key"] == message_id(rows[0].pk).strip("<>")
    assert headers["Authorization"] == "Bearer the-token" and provider.connections == 1
    rows[0].refresh_from_db()
    assert rows[0].status == "sent" and rows[0].sent_at and not mail.outbox


def test_a_provider_that_closes_after_each_text_gets_all(patient, provider):
    provider.closes = True
    [text(patient, key=key) for key in "12"]
    assert send() == 2


@pytest.mark.parametrize(
    ("code", "trouble"),
    [(400, Trouble.REFUSED), (422, Trouble.REFUSED), (401, Trouble.AWAY), (429, Trouble.AWAY), (302, Trouble.AWAY),
     (503, Trouble.AWAY), (500, Trouble.LATER)],
)  # fmt: skip
def test_what_an_answer_means(code, trouble):
    assert trouble_of(TextRefused(code), is_connected=True) is trouble


def test_a_number_that_is_refused_gets_a_mail_instead(patient, provider):
    provider.status = 422
    row = text(patient)
    assert send() == 0
    row.refresh_from_db()
    assert (row.channel, row.recipient, row.status, row.attempts) == ("email", patient.email, "queued", 0)
    assert row.last_error == "TextRefused 422"
    actions.send_due(by=None)
    assert [patient.email] in [message.to for message in mail.outbox]


def test_who_has_no_mail_is_called_when_the_number_is_refused(patient, provider):
    with unguarded():
        type(patient).objects.filter(pk=patient.pk).update(email="", has_no_email=True, user=None)
    patient.refresh_from_db()
    provider.status = 400
    row = text(patient)
    send()
    row.refresh_from_db()
    assert (row.channel, row.recipient, row.status) == ("phone", patient.phone.as_e164, "queued")


@pytest.mark.parametrize(("trouble", "attempts"), [("status", 0), ("hangs", 1), ("gone", 0)])
def test_a_provider_that_is_away_or_hangs_is_tried_once_a_run(trouble, attempts, patient, provider, settings):
    if trouble == "gone":
        settings.SMS_URL = f"http://127.0.0.1:{free_port()}/"
    provider.status, provider.hangs = 503 if trouble == "status" else 200, trouble == "hangs"
    rows = [text(patient, key=key) for key in "123"]
    assert send() == 0
    for row in rows:
        row.refresh_from_db()
    assert [(row.channel, row.status, row.attempts) for row in rows] == [("sms", "queued", attempts)] + [
        ("sms", "queued", 0)
    ] * 2
    assert provider.connections <= 1


def test_a_text_that_waited_half_a_day_for_the_provider_goes_another_way(patient, provider):
    row = text(patient)
    with unguarded():
        Notification.objects.update(created_at=timezone.now() - timedelta(hours=13))
    provider.status = 503
    send()
    row.refresh_from_db()
    assert (row.channel, row.status) == ("email", "queued")


def test_a_text_whose_agreement_ended_after_it_was_claimed_is_not_sent(patient, provider, monkeypatch):
    """The control is the line in `_TextBatch._post`: without it the provider gets the text."""
    row = text(patient)
    with unguarded():
        TextConsent.objects.update(ended_at=timezone.now(), ended="text")
    assert send() == 0 and provider.taken == []
    row.refresh_from_db()
    assert (row.channel, row.last_error) == ("email", "NotAgreed")

    monkeypatch.setattr(actions._TextBatch, "_post", actions._Batch._post)
    with unguarded():
        Notification.objects.update(channel="sms", recipient=patient.phone.as_e164)
    assert send() == 1 and len(provider.taken) == 1


def test_console_writes_into_the_mailbox_and_no_number_into_the_log(patient, settings, tmp_path, capsys):
    settings.SMS_URL, settings.MAILBOX_DIR = "console:", tmp_path
    text(patient)
    assert send() == 1
    (file,) = tmp_path.iterdir()
    assert patient.phone.as_e164 in file.read_text() and "Your old card" in file.read_text()
    assert patient.phone.as_e164 not in capsys.readouterr().out


# --- Quiet hours ----------------------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize(
    ("at", "may_go"),
    [
        ("2026-11-28 20:59:59-05:00", True), ("2026-11-28 21:00:00-05:00", False),
        ("2026-11-29 07:59:59-05:00", False), ("2026-11-29 08:00:00-05:00", True),
        ("2026-03-08 07:59:59-04:00", False), ("2026-03-08 08:00:00-04:00", True),  # clocks went forward at 2
        ("2026-11-01 07:59:59-05:00", False), ("2026-11-01 08:00:00-05:00", True),  # clocks went back at 2
        ("2026-03-08 20:59:59-04:00", True), ("2026-11-01 21:00:00-05:00", False),
        ("2026-07-04 00:59:59+00:00", True), ("2026-07-04 01:00:00+00:00", False),
    ],
)  # fmt: skip
def test_texts_go_from_8_to_21_in_new_york(at, may_go, settings):
    settings.SMS_HOURS = hours_of("08:00-21:00")
    with timezone.override("Asia/Tokyo"):  # whatever zone a page has
        closes_at = texts.closes_at(datetime.fromisoformat(at))
    assert (closes_at is not None) is may_go
    if closes_at:
        assert closes_at.astimezone(NEW_YORK).time() == time(21)


def test_a_text_waits_in_the_quiet_hours_and_mails_go(patient, settings):
    text(patient)
    actions.queue(kind="text_help", recipient=PHONE, channel="sms", dedupe_key="h", by=None)
    now = timezone.localtime()
    ended = now.hour < 1
    settings.SMS_HOURS = (time(23, 58), time(23, 59)) if ended else (time(0, 0), time(0, 1))
    assert send() == 0
    assert set(Notification.objects.filter(channel="sms").values_list("status", "attempts")) == {("queued", 0)}
    settings.SMS_HOURS = ALWAYS
    assert send() == 2


@pytest.mark.once
@pytest.mark.parametrize("words", ["8-21", "21:00-08:00", "", "08:00"])
def test_wrong_hours_stop_the_start(words):
    with pytest.raises(ImproperlyConfigured, match="SMS_HOURS"):
        hours_of(words)


@pytest.mark.once
@pytest.mark.parametrize("missing", sorted(FOR_TEXTS))
def test_half_a_provider_stops_the_start_and_names_the_variable(missing, monkeypatch):
    for name in FOR_TEXTS:
        monkeypatch.setenv(name, "" if name == missing else "https://texts.example")
    with pytest.raises(ImproperlyConfigured) as stopped:
        check_required(Env(), debug=True)
    assert re.findall(r"^  (\w+):", str(stopped.value), re.MULTILINE) == [missing]


@pytest.mark.once
def test_a_provider_without_https_stops_the_start():
    check_texts("https://texts.example", debug=False)
    for address in ("http://texts.example", "console:"):
        with pytest.raises(ImproperlyConfigured, match="SMS_URL must begin with https"):
            check_texts(address, debug=False)


# --- STOP, HELP and the others --------------------------------------------------------------------------------------

STOPS = (
    "STOP", "stop", " Stop. ", "STOP!", "StopAll", "STOP ALL", "S.T.O.P", "s t o p", "UNSUBSCRIBE", "unsubscribe me",
    "CANCEL", "Cancel texts please", "END", "QUIT", "quit texting me", "REVOKE", "OPT OUT", "opt-out", "OPTOUT",
    "Remove me", "please stop", "Stop texting me!!", "no more texts", "Don't text me again",
    "don’t send these", "do not contact me",
    "leave me alone", "take me off your list", "I do not want these messages", "wrong number", "Exit", "delete",
    "ALTO", "Alto por favor", "PARAR", "BASTA", "¡Basta ya!", "CANCELAR", "quiero cancelar", "NO MÁS",
    "no mas mensajes", "Dejen de enviarme mensajes", "darme de baja", "BAJA", "No me envíen más",
    "Detener", "fin", "ｓｔｏｐ", "not interested", "never text me again", "cease", "lose my number",
    "remove my number",
    "wrong person", "unsuscribe", "Unsubcribe me", "STOOP", "stp", "I no longer wish to get texts", "Arrête",
    "do not call or text", "no deseo recibir mensajes",
)  # fmt: skip
OTHERS = (
    "cancel my order", "Can you stop by at 10?", "please don't stop", "When do you come?", "ok", "", "thanks", "👍",
    "The bus stop is closed", "quiero cancelar mi pedido", "at the end of the street",
)  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize("said", STOPS)
def test_any_reasonable_stop_is_read(said):
    assert replies.read(said).meaning is Meaning.STOP


@pytest.mark.once
@pytest.mark.parametrize(
    ("said", "meaning"),
    [(said, Meaning.OTHER) for said in OTHERS]
    + [(said, Meaning.HELP) for said in ("HELP", "help!", "Ayuda", "AYUDA por favor", "info")]
    + [(said, Meaning.START) for said in ("START", "Unstop", "comenzar", "start please")],
)
def test_what_is_no_stop(said, meaning):
    assert replies.read(said).meaning is meaning


@pytest.mark.once
def test_a_stop_with_more_words_is_read_by_staff_too():
    assert replies.read("Stop, and cancel my order for Wednesday").says_more
    assert not replies.read("please stop sending me texts").says_more


def receive(said, phone, provider_id="id-1"):
    return receive_text(provider_id=provider_id, phone=phone, text=said, by=None)


def test_stop_ends_the_agreement_at_once_and_waiting_texts_go_by_mail(patient, provider):
    phone, row = patient.phone.as_e164, text(patient)
    receive("please stop", phone)
    consent = TextConsent.objects.get()
    assert (consent.ended, bool(consent.ended_at)) == ("text", True)
    row.refresh_from_db()
    assert (row.channel, row.recipient) == ("email", patient.email)
    assert message_to(patient, "card_revoked", context={}, key="2")["channel"] == "email"
    assert send() == 1 and "no more texts" in provider.taken[0][0]["text"]  # the confirmation
    assert receive("stop", phone) is None  # the same id
    receive("stop", phone, "id-2")
    assert Notification.objects.filter(kind="text_stopped").count() == 1
    assert Event.objects.filter(action="texts.end", outcome="done").count() == 1


def test_the_confirmation_of_stop_goes_within_five_minutes_or_not_at_all(patient, provider):
    receive("STOP", patient.phone.as_e164)
    with unguarded():
        Notification.objects.update(created_at=timezone.now() - timedelta(minutes=6))
    assert send() == 0 and not provider.taken


@pytest.mark.parametrize(("said", "words"), [("HELP", "(203) 555-0100"), ("START", "sign in and tick")])
def test_help_and_start_are_answered_once_a_day_without_an_agreement(said, words, db, provider):
    receive(said, PHONE, "one")
    receive(said, PHONE, "two")
    assert send() == 1 and words in provider.taken[0][0]["text"]
    assert not TextConsent.objects.exists()


def test_the_answer_is_in_the_language_of_the_agreement(db, provider):
    agree_to_texts(phone=PHONE, words="Sí", language="es", given="phone", by=None)
    receive("AYUDA", PHONE)
    send()
    assert "Responda STOP" in provider.taken[0][0]["text"]


def test_anything_else_waits_for_staff(patient):
    kept = receive("When do you come?", patient.phone.as_e164)
    assert (kept.meaning, kept.needs_reading, kept.read_at, kept.text) == ("other", True, None, "When do you come?")
    assert TextConsent.objects.open().exists()


# --- The address for the provider -----------------------------------------------------------------------------------

ADDRESS = "/texts/received/"


def post(client, token="hook", body=None, **headers):
    body = {"from": "(203) 555-0142", "text": "STOP", "id": "abc"} if body is None else body
    body = body if isinstance(body, str) else json.dumps(body)
    return client.post(ADDRESS, body, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {token}", **headers)


@pytest.fixture
def hook(settings):
    settings.SMS_WEBHOOK_TOKEN = "hook"


def test_the_provider_posts_a_text_once(db, hook, client):
    assert [post(client).status_code for _time in range(2)] == [200, 200]
    assert TextReceived.objects.get().phone == PHONE
    form = {"from": "+12035550142", "text": "HELP", "id": "form"}
    assert client.post(ADDRESS, form, HTTP_AUTHORIZATION="Bearer hook").status_code == 200
    assert TextReceived.objects.count() == 2


def test_nobody_else_posts_a_text(db, hook, client, settings):
    assert [post(client, token).status_code for token in ("", "hooks", "Hook", "höok")] == [403] * 4
    assert client.get(ADDRESS).status_code == 405
    settings.SMS_WEBHOOK_TOKEN = ""
    assert post(client, "").status_code == 404
    assert not TextReceived.objects.exists()


def test_wrong_tokens_are_limited_and_the_provider_still_gets_through(db, hook, client):
    assert [post(client, "wrong").status_code for _time in range(22)][-1] == 429
    assert post(client).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400), ("[]", 400), ("[" * 5000, 400), ({"from": "", "text": "a", "id": "1"}, 400),
        ({"from": PHONE, "text": 1, "id": "1"}, 400), ({"from": PHONE, "text": "a", "id": "1\x00"}, 400),
        ({"from": PHONE, "text": "a", "id": "1" * 121}, 400), ({"from": PHONE, "text": "a" * 10_001, "id": "1"}, 413),
        ({"from": PHONE, "text": "a\x00b", "id": "1"}, 200),
        ({"from": PHONE, "text": "STOP \ud83d", "id": "1"}, 200),
    ],
)  # fmt: skip
def test_a_post_that_cannot_be_read_gets_a_sentence(db, hook, client, body, status):
    answer = post(client, body=body)
    assert answer.status_code == status and answer.json()["detail"]


# --- Agreements -----------------------------------------------------------------------------------------------------


def test_the_exact_words_are_kept_and_a_second_tick_changes_nothing(patient):
    agree(patient)
    consent = TextConsent.objects.get()
    assert patient.phone.as_national in consent.words and "STOP" in consent.words and consent.given == "phone"
    assert Event.objects.filter(action="texts.agree").count() == 1


def test_a_person_ticks_and_unticks_it_on_the_portal(patient):
    phone = patient.phone.as_e164
    end_texts(phone=phone, ended="staff", by=None)
    client, page = factories.client_for(patient.user), "/contact-data/texts/"
    shown = client.get(page).content.decode()
    seal = re.search(r'name="seal" value="(\w+)"', shown)[1]
    assert "Tick the box" in client.post(page, {"seal": seal}).content.decode()
    assert "words have changed" in client.post(page, {"seal": "other", "agrees": "on"}).content.decode()
    assert not TextConsent.objects.open().exists()

    client.post(page, {"seal": seal, "agrees": "on"})
    consent = TextConsent.objects.open().get()
    assert (consent.given, consent.given_by) == ("portal", patient.user)
    assert escape(consent.words) in shown

    assert "You get texts" in client.get("/contact-data/").content.decode()
    client.post(page)
    consent.refresh_from_db()
    assert (consent.ended, consent.ended_by) == ("portal", patient.user)


def test_nobody_agrees_for_the_number_of_somebody_else(patient):
    choose_texts(phone="+12035550177", wants=True, words="I agree.", language="en", by=patient.user)
    assert not TextConsent.objects.filter(phone="+12035550177").exists()


def test_whoever_gets_the_number_next_has_agreed_to_nothing(patient):
    change_phone(phone="+12035550199", by=patient.user)
    assert TextConsent.objects.get().ended == "number"
    patient.refresh_from_db()
    agree(patient)
    certification = patient.certifications.get()
    contact = {**{name: getattr(patient, name) for name in CONTACT}, "phone": "+12035550188"}
    amend_contact(certification=certification, contact=contact, reason="Called.", by=certification.physician.user)
    assert not TextConsent.objects.open().exists()


def test_the_words_are_in_the_language_of_the_page(settings):
    with translation.override("es"):
        assert texts.consent_words(PHONE).startswith("Acepto recibir")


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_a_text_once(provider):
    patient = factories.certification().patient
    agree(patient)
    for key in "1234":
        text(patient, key=key)
    counts = []

    def work():
        counts.append(send())
        connections.close_all()

    workers = [threading.Thread(target=work) for _worker in range(2)]
    [worker.start() for worker in workers], [worker.join() for worker in workers]
    assert sum(counts) == 4
    ids = [said["id"] for said, _headers, _path in provider.taken]
    assert len(ids) == len(set(ids)) == 4
