import base64

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection

from certification.models import Certification, Draft
from tests import factories
from tests.guard import unguarded
from ui.encryption import DecryptionError, decrypt, encrypt


def key(letter):
    return base64.b64encode(letter.encode() * 32).decode()


def test_decrypt_reads_what_encrypt_wrote():
    sealed = encrypt("Crohn’s", context="table.column")
    assert sealed.startswith("k1:") and "Crohn" not in sealed
    assert decrypt(sealed, context="table.column") == "Crohn’s"


def test_encrypt_gives_another_text_each_time():
    assert encrypt("same", context="t.c") != encrypt("same", context="t.c")


@pytest.mark.parametrize("stored", ["", "plain text", "k1:", "k1:AAAA", "k9:" + "A" * 60])
def test_decrypt_of_anything_else_fails(stored):
    with pytest.raises(DecryptionError):
        decrypt(stored, context="t.c")


def test_decrypt_of_another_column_fails():
    with pytest.raises(DecryptionError):
        decrypt(encrypt("secret", context="t.one"), context="t.two")


def test_decrypt_reads_an_older_key(settings):
    settings.FIELD_KEYS = ["old:" + key("a")]
    sealed = encrypt("secret", context="t.c")
    settings.FIELD_KEYS = ["new:" + key("b"), "old:" + key("a")]
    assert decrypt(sealed, context="t.c") == "secret"
    assert encrypt("secret", context="t.c").startswith("new:")


def test_decrypt_with_a_lost_key_fails(settings):
    sealed = encrypt("secret", context="t.c")
    settings.FIELD_KEYS = ["k1:" + key("z")]
    with pytest.raises(DecryptionError):
        decrypt(sealed, context="t.c")


@pytest.mark.parametrize("pair", ["k1:not base64!", "k1:" + base64.b64encode(b"short").decode(), ":" + key("a")])
def test_a_bad_key_stops_the_portal(settings, pair):
    settings.FIELD_KEYS = [pair]
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        encrypt("secret", context="t.c")


@pytest.mark.django_db
def test_encrypted_field_is_unreadable_in_the_table():
    draft = factories.draft()
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM certification_draft WHERE id = %s", [draft.pk])
        stored = cursor.fetchone()[0]
    assert stored.startswith("k1:") and "Delgado" not in stored
    assert Draft.objects.get(pk=draft.pk).answers["profile"]["last_name"] == "Delgado"


@pytest.mark.django_db
def test_encrypted_field_refuses_update_and_filters():
    with unguarded(), pytest.raises(FieldError, match="encrypted"):
        Draft.objects.update(answers={"profile": {}})
    with pytest.raises(FieldError):
        Draft.objects.filter(answers={}).exists()
    with pytest.raises(FieldError):
        Certification.objects.filter(directions__contains="x").exists()
