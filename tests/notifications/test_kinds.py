"""Every kind of message, rendered with its samples: links, words that a preview may not show, language, and gaps.

The samples are made without the database, and so is every mail here.
"""

import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.core.mail import EmailMessage
from django.template import engines
from django.urls import Resolver404, resolve

from delivery.demo_products import PRODUCTS
from notifications import emails, kinds, previews, texts
from notifications.models import Notification

pytestmark = pytest.mark.once
NOT_SAID = "missing-from-the-sample"
KINDS = sorted(name for name in kinds._kinds.keys() - texts.ANSWERS if not name.startswith("test_"))

# What nobody beside the reader may learn from a locked phone, in either language: parts of words.
MEDICAL = (
    "marijuana", "marihuana", "cannab", "thc", "cbd", "medical", "médic", "medicin", "certif", "patient", "pacient",
    "physician", "doctor", "dr.", "dra.", "diagnos", "illness", "enfermedad", "dispens", "allotment", "asignación",
    "ounce", "onza", "flower", "flor", "vape", "vapor", "edible", "comestible", "tincture", "tintura", "capsule",
    "cápsula", "topical", "tópic", "concentrate", "concentrad",
)  # fmt: skip
# Offices and staff read of patients and physicians all day: their previews name no product and no condition.
PRODUCT = ("marijuana", "marihuana", "cannab", "thc", "cbd", "tincture", "vape", "edible", "flower", "diagnos")
# Samples that ask for nothing that a page could do.
WITHOUT_LINK = {
    ("certification_amended", "earlier"),  # goes to an address that is no longer on record
    ("patient_closed", "patient"),  # the record is closed, and nothing of it can be opened
    ("patient_closed", "caregiver"),
    ("card_revoked", "without an account"),  # the new card is printed for people without an account
}


@pytest.fixture(autouse=True)
def gaps_show(monkeypatch):
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", NOT_SAID)


def everything():
    """Return (kind, sample, language) of every mail that the preview can show."""
    return [
        (about.name, label, language)
        for about in kinds.abouts()
        for label in about.samples()
        for language in about.languages
    ]


def parts(message: EmailMessage):
    """Return the text of a mail, and its HTML where it has one."""
    return [message.body, *(part.content for part in message.alternatives)]


def links(text):
    """Return the links to the portal."""
    return set(re.findall(r"http://testserver[^\s\"<]*", unescape(text)))


def shown_first(message: EmailMessage):
    """Return what mail programs show of a mail in the list: the subject, and its first words."""
    html = next((part.content for part in message.alternatives), None)
    if html is None:
        return f"{message.subject}\n{' '.join(message.body.split())[:140]}"
    seen = re.sub(r"<(head|style|title).*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
    first = " ".join(unescape(seen).replace("\N{ZERO WIDTH NON-JOINER}", "").split())[:140]
    return f"{message.subject}\n{message.body.strip().splitlines()[0]}\n{first}"


def test_every_kind_says_who_gets_it_and_has_a_sample():
    without = [name for name in KINDS if kinds.about(name) is None]
    assert without == [], "Call kinds.describe for it in the samples.py of its app."
    assert {about.name for about in kinds.abouts()} == set(KINDS)
    assert all(about.samples() and about.readers and about.when for about in kinds.abouts())


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_of_a_kind_is_a_whole_mail(kind):
    about = kinds.about(kind)
    for label, words in about.samples().items():
        for language in about.languages:
            message = previews.mail_of(about, label, language)
            where = (kind, label, language)
            assert message.subject and "\n" not in message.subject, where
            assert not [text for text in [message.subject, *parts(message)] if NOT_SAID in text], where
            assert not [text for text in parts(message) if "None" in text], where
            assert (label, words) and check_links(message, where), where
            check_preview(message, about, where)
            said = previews.text_of(about, label, language)
            assert len(said) <= 320 and not [word for word in MEDICAL if word in said.lower()], where


def check_links(message, where):
    """The text and the HTML have the same links, each to a page of the portal."""
    in_text, *in_html = [links(text) for text in parts(message)]
    assert all(found == in_text for found in in_html), where
    for link in in_text:
        try:
            resolve(urlsplit(link).path)
        except Resolver404:
            pytest.fail(f"{where}: {link} is no page")
    assert bool(in_text) != (where[:2] in WITHOUT_LINK), where
    return True


def check_preview(message, about, where):
    is_for_patients = "es" in about.languages and not where[1].startswith("physician")
    forbidden = MEDICAL if is_for_patients else PRODUCT
    shown = shown_first(message).lower().replace("example dispensary", "")
    assert not [word for word in (*forbidden, *names_of_products()) if word in shown], (where, shown)


def names_of_products():
    return [product["name"].lower() for product in PRODUCTS]


# Kinds for an account, or with a link that is their whole point: nobody is called for them.
NEVER_CALLED = ("account_", "mfa_reset_", "main_address", "invitation", "place_open", "contact_")


@pytest.mark.parametrize("kind", [name for name in KINDS if not name.startswith(NEVER_CALLED)])
def test_a_call_reads_out_no_address(kind):
    about = kinds.about(kind)
    for label, words in about.samples().items() if "es" in about.languages else ():
        for language in about.languages:
            call = Notification(kind=kind, channel=Notification.Channel.PHONE, language=language)
            said = emails.build(call, words).body
            assert label.startswith("physician") or ("http" not in said and NOT_SAID not in said), (kind, label)


def test_every_exception_is_a_sample():
    assert {(name, label) for name, label, _language in everything()} >= WITHOUT_LINK


def test_control_a_subject_with_a_medical_word_is_found():
    about = kinds.about("order_placed")
    message = previews.mail_of(about, "", "en")
    message.subject = "Your medical order"
    with pytest.raises(AssertionError):
        check_preview(message, about, "control")


def test_control_the_words_of_a_mail_are_not_among_its_first_words():
    """Without the space behind the first words, a mail program would show the certification beside the subject."""
    message = previews.mail_of(kinds.about("patient_certified"), "with an account", "en")
    assert "certified" not in shown_first(message)
    message.attach_alternative(message.alternatives.pop().content.replace(emails.PREVIEW_END, ""), "text/html")
    assert "certified" in shown_first(message)


def test_the_table_of_the_documentation_is_that_of_the_code(settings):
    written = (settings.BASE_DIR / "docs" / "messages.md").read_text()
    assert written == previews.document(), "Run manage.py print_messages --write."
