"""The Message-ID of a mail, which names its message, and how a bounce is matched by it.

It carries a proof that the portal made it: otherwise anybody could send a made-up bounce with the number of a message,
and so cut a person off from mail.
"""

import hashlib
import hmac
import re
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings

PATTERN = re.compile(rb"<notification-(\d{1,18})-([0-9a-f]{16})@([^\s<>@]{1,255})>")
MOST_TRIED = 20  # different ids in one mail


def message_id(pk: int) -> str:
    """Return the Message-ID of the message `pk`: the same for each try, so that a repeat is recognizable."""
    return f"<notification-{pk}-{_proof(pk)}@{host_of(settings.SITE_URL)}>"


def message_named_in(text: bytes) -> int | None:
    """Return the key of the first message whose Message-ID stands in `text`, or None: no id, or none made by us."""
    found = dict.fromkeys(PATTERN.findall(text))
    for number, proof, _host_given in list(found)[:MOST_TRIED]:
        if hmac.compare_digest(proof.decode(), _proof(int(number))):
            return int(number)
    return None


def _proof(pk: int) -> str:
    key = hashlib.sha256(b"notifications.message_id" + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, str(pk).encode(), "sha256").hex()[:16]


@cache
def host_of(address: str) -> str | None:
    return urlsplit(address).hostname
