"""Encrypt single columns with AES-256-GCM under FIELD_KEYS, newest first. A missing or wrong key raises an error."""

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
def _keys(pairs: tuple[str, ...]) -> dict[str, AESGCM]:
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


def keys() -> dict[str, AESGCM]:
    return _keys(tuple(settings.FIELD_KEYS))


def encrypt(text: str, *, context: str, key_id: str | None = None) -> str:
    """Return `text` as `key_id:base64(nonce + ciphertext)`, bound to `context` (table.column).

    `key_id` is by default the newest key's.
    """
    key_id, sealed = _seal(text.encode(), context, key_id)
    return f"{key_id}:{base64.b64encode(sealed).decode()}"


def decrypt(stored: str, *, context: str) -> str:
    key_id, _, encoded = stored.partition(":")
    try:
        return _open(key_id, base64.b64decode(encoded, validate=True), context).decode()
    except (KeyError, ValueError, InvalidTag) as error:
        raise DecryptionError(f"A value of {context} cannot be decrypted.") from error


def encrypt_bytes(content: bytes, *, context: str) -> bytes:
    """Return `content` as `key_id:` and then nonce and ciphertext: a file grows by a few bytes only."""
    key_id, sealed = _seal(content, context)
    return key_id.encode() + b":" + sealed


def decrypt_bytes(stored: bytes, *, context: str) -> bytes:
    key_id, _, sealed = stored.partition(b":")
    try:
        return _open(key_id.decode(), sealed, context)
    except (KeyError, ValueError, InvalidTag) as error:
        raise DecryptionError(f"A value of {context} cannot be decrypted.") from error


def newest_key_id() -> str:
    """Return the id of the key that seals new values: the first of FIELD_KEYS."""
    return next(iter(keys()))


def key_id_of(stored: str | bytes) -> str:
    """Return the id of the key that sealed `stored` (text or bytes), or "" when it is not sealed.

    The key may be one that we do not have.
    """
    head = stored[:64].decode(errors="replace") if isinstance(stored, bytes) else stored[:64]
    key_id, colon, _sealed = head.partition(":")
    return key_id if colon else ""


def reseal(stored: str | bytes, *, context: str) -> str | bytes:
    """Return the content of `stored` (text or bytes) sealed with the newest key; raises DecryptionError."""
    if isinstance(stored, bytes):
        return encrypt_bytes(decrypt_bytes(stored, context=context), context=context)
    return encrypt(decrypt(stored, context=context), context=context)


def _seal(content: bytes, context: str, key_id: str | None = None) -> tuple[str, bytes]:
    key_id = key_id or newest_key_id()
    nonce = os.urandom(NONCE_BYTES)
    return key_id, nonce + keys()[key_id].encrypt(nonce, content, context.encode())


def _open(key_id: str, sealed: bytes, context: str) -> bytes:
    return keys()[key_id].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
