"""AES-256-GCM for single columns: keys from FIELD_KEYS, newest first; a lost or wrong key raises, never falls open."""

import base64
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_BYTES = 12


class DecryptionError(Exception):
    """The text was not encrypted for this column with a key we hold."""


@lru_cache(maxsize=4)
def _keys(pairs):
    keys = {}
    for pair in pairs:
        key_id, _, encoded = pair.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise ImproperlyConfigured(f"FIELD_KEYS: the key {key_id!r} is not base64.") from error
        if not key_id or len(key) != 32:
            raise ImproperlyConfigured("FIELD_KEYS: each entry is id:base64 of 32 bytes.")
        keys[key_id] = AESGCM(key)
    return keys


def keys():
    return _keys(tuple(settings.FIELD_KEYS))


def encrypt(text, *, context):
    """`text` as `key_id:base64(nonce + ciphertext)`, bound to `context` (table.column)."""
    key_id, key = next(iter(keys().items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + key.encrypt(nonce, text.encode(), context.encode())
    return f"{key_id}:{base64.b64encode(sealed).decode()}"


def decrypt(stored, *, context):
    key_id, _, encoded = stored.partition(":")
    try:
        sealed = base64.b64decode(encoded, validate=True)
        return keys()[key_id].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode()).decode()
    except (KeyError, ValueError, InvalidTag) as error:
        raise DecryptionError(f"A value of {context} cannot be decrypted.") from error
