"""No confidential text that is typed in a whole journey appears in a place that must not contain it.

The places are logs, a dump of the database in clear text, sessions, Redis, subjects of mails, addresses, audit and
error pages. The controls: a known text is found in each place, and a logger that logs forms is found.
"""

import hashlib
import hmac
import logging
import re
from datetime import date

import pytest
import redis
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.actions import record
from certification import rules
from certification.models import Card, Certification, Draft, Patient
from certification.statements import PATIENT_AFFIRMATIONS
from notifications.actions import send_due
from tests import canaries, factories, pdfs
from tests.canaries import Places, Watched, found
from tests.certification import forms
from tests.delivery import people

pytestmark = pytest.mark.django_db(transaction=True)
SSN = "0417"
TYPED = {
    "ssn": SSN,
    "wrong ssn": "0829",
    "password": "quagga-lantern-97-orchid",
    "wrong password": "wrong-zebra-lantern-98",
    "new password": "umber-walrus-lantern-99",
    "condition": "cystitis",
    "directions": "canarydirections",
    "reason of allotment": "canaryallotment",
    "need": "canaryneed",
    "letter": "canaryletter",
    "words to the office": "canarywords",
    "message": "canarymessage",
    "broken": "canarybroken",
}
# Names are stored in clear text, because people search by them; they must appear nowhere else.
NAMES = {"name": "Quagliata", "name looked for": "Zanzibari"}
BORN = date(1980, 4, 28)
DOCTOR, ROSA = "amara.doctor@example.org", "rosa.patient@example.org"


@pytest.fixture
def places(redis_url, monkeypatch, settings):
    """The places, watched from now on."""
    lines = canaries.Lines()
    monkeypatch.setattr(Watched, "addresses", [])
    monkeypatch.setattr(Watched, "error_pages", [])
    monkeypatch.setattr(factories, "SSN_LAST_FOUR", SSN)
    settings.ROOT_URLCONF = "tests.canaries"
    logging.getLogger().addHandler(lines)
    with canaries.jobs_over(redis_url):
        yield Places(lines, redis_url)
    logging.getLogger().removeHandler(lines)


def mailed(address, path):
    """Return the token of the newest link with this path in a mail to the address."""
    send_due(by=None)
    for message in reversed(mail.outbox):
        if address in message.to and (link := re.search(rf"{path}([^/\s]+)/", message.body)):
            return link[1]
    raise AssertionError(f"no mail to {address} with {path}: {[message.subject for message in mail.outbox]}")


class Journey:
    """A journey from sign-up to an order, with mistakes. `given` are the canaries that the portal itself makes."""

    def __init__(self, places):
        self.places = places
        self.given = {}

    def whole(self):
        self.physician = factories.physician(email=DOCTOR, first_name="Amara", last_name="Osei")
        doctor = self.signs_up(DOCTOR, "confirm")
        self.sets_up_a_second_factor(doctor)
        self.identifies(doctor)
        certification = self.certifies(doctor)
        self.adds_a_letter(doctor)
        rosa = self.joins(certification)
        self.orders(rosa, certification)
        self.forgets_the_password()
        self.looks_for_names(doctor)
        self.meets_errors(doctor)
        self.places.look_at_sessions()
        return self

    def signs_up(self, email, name):
        browser = Watched()
        browser.post("/accounts/signup/", {"email": email, "password1": TYPED["password"]})
        token = self.given[name] = mailed(email, "/accounts/confirm-email/")
        browser.get(f"/accounts/confirm-email/{token}/")
        browser.post(f"/accounts/confirm-email/{token}/")
        browser.post("/accounts/login/", {"login": email, "password": TYPED["wrong password"]})
        assert browser.post("/accounts/login/", {"login": email, "password": TYPED["password"]}).status_code == 302
        self.places.look_at_sessions()
        return browser

    def sets_up_a_second_factor(self, browser):
        page = browser.get("/accounts/2fa/totp/activate/").content.decode()
        seed = self.given["seed"] = re.search(r"\b([A-Z2-7]{4} ?){8}", page)[0].replace(" ", "")
        code = format_hotp_value(hotp_value(seed, next(yield_hotp_counters_from_time())))
        assert browser.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
        codes = browser.get("/accounts/2fa/recovery-codes/").content.decode()
        self.given["recovery code"] = re.findall(r"\b\d{8}\b|\b[0-9a-f]{10}\b", codes)[0]
        self.places.look_at_sessions()

    def identifies(self, browser):
        for digits in (TYPED["wrong ssn"], SSN):
            answers = {"dea_number": self.physician.dea_number, "ssn_last_four": digits}
            answer = browser.post("/accounts/physician/identify/", answers)
        assert answer.status_code == 302

    def certifies(self, browser):
        wished = {"needs_caregiver": "on"}
        browser.post("/certification/add/", forms.profile(BORN, last_name=NAMES["name"], email=ROSA, **wished))
        draft = Draft.objects.get()
        self.step(browser, draft, "condition", forms.condition(condition_codes=["interstitial-cystitis"]))
        more = {"directions": TYPED["directions"], "allotment_reason": TYPED["reason of allotment"]}
        self.step(browser, draft, "caregiver", forms.caregiver(need=TYPED["need"]))
        draft.refresh_from_db()
        signature = {"signature_name": self.physician.name, "password": TYPED["password"]}
        seen = rules.draft_digest(draft.answers)
        self.step(browser, draft, "sign", {**forms.statement(**more), "seen": seen, **signature})
        signed = Certification.objects.get(uuid=draft.uuid)
        assert signed.status == "active"
        self.places.look_at_sessions()
        return signed

    def step(self, browser, draft, step, answers):
        assert browser.post(f"/certification/{draft.uuid}/{step}/", answers).status_code == 302, step

    def adds_a_letter(self, browser):
        browser.post("/certification/add/", forms.profile(date(2015, 3, 4), email="", has_no_email="on"))
        draft = Draft.objects.get()
        written = pdfs.Letter()
        written.page["/Contents"].set_data(f"BT /A 9 Tf ({TYPED['letter']}) Tj ET".encode())
        file = SimpleUploadedFile("a.pdf", written.content)
        both = {**forms.letter("primary_care", file=file), **forms.letter("specialist")}
        self.step(browser, draft, "letters", both)
        assert TYPED["letter"].encode() in draft.letters.get(kind="primary_care").content

    def joins(self, certification):
        token = self.given["invitation"] = mailed(ROSA, "/invitation/")
        browser = self.signs_up(ROSA, "confirm of the patient")
        browser.get(f"/invitation/{token}/")
        for day in (date(1999, 9, 9), BORN):
            browser.post("/invitation/", forms.date_boxes("birth_date", day))
        browser.post("/affirm/", dict.fromkeys(PATIENT_AFFIRMATIONS, "on"))
        browser.get("/card/")
        token = self.given["card"] = Card.objects.filter(patient=certification.patient).latest("pk").token
        assert Watched().get(f"/verify/{token}/").status_code == 200
        self.places.look_at_sessions()
        return browser

    def orders(self, browser, certification):
        product, window = factories.product(price_cents=8000), factories.window()
        browser.post("/delivery/cart/line/", {"product": product.sku, "quantity": 1})
        assert browser.post("/delivery/checkout/", people.checkout_post(window)).status_code in (302, 303)
        words = {"kind": "follow_up", "words": TYPED["words to the office"]}
        assert browser.post(f"/certification/{certification.uuid}/ask/", words).status_code == 302
        letter = {"name": "Rosa", "email": ROSA, "message": TYPED["message"]}
        Watched().post("/contact/", letter)

    def forgets_the_password(self):
        browser = Watched()
        browser.post("/accounts/password/reset/", {"email": ROSA})
        token = self.given["reset"] = mailed(ROSA, "/accounts/password/reset/key/")
        page = browser.get(f"/accounts/password/reset/key/{token}/", follow=True)
        address = page.request["PATH_INFO"]
        browser.post(address, {"password1": TYPED["new password"], "password2": TYPED["new password"]})
        self.places.look_at_sessions()

    def looks_for_names(self, doctor):
        doctor.post("/certification/", {"q": NAMES["name looked for"]})
        registrar = Watched()
        registrar.cookies = factories.client_for(factories.staff("Registrar")).cookies
        registrar.post("/admin/certification/patient/", {"q": NAMES["name looked for"]}, follow=True)

    def meets_errors(self, doctor):
        doctor.raise_request_exception = False
        for words in (TYPED["broken"], f"{SSN} x", TYPED["directions"], self.given["invitation"]):
            assert doctor.post("/canaries/break/", {"words": words}).status_code == 500
        for wrong in (f"/invitation/{self.given['invitation']}x/", f"/verify/{self.given['card']}x/"):
            doctor.get(wrong)


# Canaries that a place may hold: links with a token are addresses, and mails carry them.
LINKS = {"confirm", "confirm of the patient", "invitation", "card", "reset"}
NATURAL = {"addresses": LINKS, "mails": LINKS}
KNOWN = {
    "logs": "request_finished",
    "dump": NAMES["name"],
    "audit": "user.sign_in",
    "sessions": "_auth_user_id",
    "redis": "notifications.send_due",
    "subjects": "confirm",
    "mails": "http://testserver/",
    "addresses": "/accounts/physician/identify/",
    "error pages": "<html",
}


def test_no_canary_of_a_whole_journey_is_in_a_forbidden_place(places):
    journey = Journey(places).whole()
    texts = places.texts()
    unseen = [place for place, known in KNOWN.items() if known.casefold() not in "\n".join(texts[place]).casefold()]
    assert unseen == [], "the control: each place holds a known text"

    leaks = {place: found(TYPED | journey.given, texts[place]) - NATURAL.get(place, set()) for place in texts}
    leaks["names"] = set().union(
        *(found(NAMES, texts[place]) for place in texts if place not in ("dump", "sessions", "mails"))
    )

    assert {place: sorted(names) for place, names in leaks.items() if names} == {}
    assert len(journey.given) == 7 and Patient.objects.filter(last_name=NAMES["name"]).exists()


def test_a_logger_that_logs_forms_is_found(places, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.canaries.LogForms"]
    Journey(places).whole()
    logged = found(TYPED | NAMES, places.texts()["logs"])
    assert logged >= set(TYPED) - {"letter", "reason of allotment"} | set(NAMES)


def test_a_canary_planted_in_each_place_is_found(places, redis_url):
    canaries.log.warning("planted", words="canary-log")
    record(action="user.sign_in", by=None, reason="canary-audit")
    factories.physician(practice_name="canary-dump")
    session = factories.client_for(factories.user()).session
    session["words"] = "canary-session"
    session.save()
    with redis.Redis.from_url(redis_url) as client:
        client.set("planted", "canary-redis")
    mail.send_mail("canary-subject", "canary-mail", None, [ROSA])
    Watched().get("/faq/", {"q": "canary-address"})
    Watched.error_pages.append("canary-page")

    texts = places.texts()

    planted = ["log", "dump", "audit", "session", "redis", "subject", "mail", "address", "page"]
    assert [sorted(found({name: f"canary-{name}" for name in planted}, texts[place])) for place in texts] == [
        ["log"], ["audit", "dump"], ["audit"], ["session"], ["redis"], ["subject"], ["mail"], ["address"], ["page"],
    ]  # fmt: skip


# --- Guessing the four digits from a dump ---------------------------------------------------------------------------


def guessed(digest, number):
    """Return the four digits whose usual hash without the pepper is the digest; None if no four digits fit."""
    for digits in (f"{guess:04d}" for guess in range(10_000)):
        for text in (digits, number + digits, f"v1|{number}|{digits}", f"{number}:{digits}", digits + number):
            hashes = (hashlib.sha256(text.encode()), hashlib.sha1(text.encode()), hashlib.md5(text.encode()))
            if digest in {made.hexdigest() for made in hashes} or digest == _without_pepper(text):
                return digits
    return None


def _without_pepper(text):
    return hmac.new(b"", text.encode(), hashlib.sha256).hexdigest()


def test_a_dump_without_the_pepper_gives_no_ssn_digits(monkeypatch):
    monkeypatch.setattr(factories, "SSN_LAST_FOUR", SSN)
    physician, other = factories.physician(), factories.physician()
    text = f"v1|{physician.dea_number}|{SSN}"
    for plain in (hashlib.sha256(text.encode()).hexdigest(), _without_pepper(text)):
        assert guessed(plain, physician.dea_number) == SSN, "the control: a hash without a pepper is found"
    assert guessed(physician.ssn_digest, physician.dea_number) is None
    assert physician.ssn_digest != other.ssn_digest, "two people with equal digits have different digests"
