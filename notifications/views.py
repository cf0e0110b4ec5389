"""The address to which the provider of texts posts what people text to us, and the mailbox of `make run`."""

import email
import email.policy
import hmac
import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import phonenumbers
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from notifications.actions.texting import receive_text
from ui.rates import is_within

MOST_POSTED = 10_000  # bytes; a text has at most about 1,600 letters
MOST_ID = 120


class Unreadable(ValueError):
    """A post of the provider is not what docs/texts-and-letters.md describes."""


@login_not_required
@csrf_exempt
@require_POST
def text_received(request: HttpRequest) -> HttpResponse:
    """Take a text that somebody sent to us: `from`, `text` and `id` as JSON or as a form, with the provider's token.

    The same id is taken once, so the provider may post again whatever it got no answer to.
    """
    if not settings.SMS_WEBHOOK_TOKEN:
        raise Http404
    if not _is_of_provider(request):
        return _answer(429 if not is_within(request, action="text_refused") else 403, "The token is wrong.")
    if not is_within(request, action="text_received"):
        return _answer(429, "Too many texts at a time: post them again in a minute.")
    if int(request.headers.get("Content-Length") or 0) > MOST_POSTED:
        return _answer(413, "A text is shorter.")
    try:
        phone, text, provider_id = _posted(request)
    except Unreadable as error:
        return _answer(400, str(error))
    is_new = receive_text(provider_id=provider_id, phone=phone, text=text, by=None) is not None
    return _answer(200, "Taken." if is_new else "Taken before.")


def _answer(status: int, words: str) -> JsonResponse:
    return JsonResponse({"detail": words}, status=status)


def _is_of_provider(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").encode()
    return hmac.compare_digest(given, f"Bearer {settings.SMS_WEBHOOK_TOKEN}".encode())


def _posted(request: HttpRequest) -> tuple[str, str, str]:
    """Return the phone number (E.164), the text and the id of a post. Raises Unreadable."""
    fields: Any = request.POST
    if request.content_type == "application/json":
        try:
            fields = json.loads(request.body)
        except (ValueError, RecursionError) as error:
            raise Unreadable("The body is no JSON.") from error
    if not hasattr(fields, "get"):
        raise Unreadable("Post an object with from, text and id.")
    sender, text, provider_id = (fields.get(name) for name in ("from", "text", "id"))
    if not all(isinstance(value, str) for value in (sender, text, provider_id)):
        raise Unreadable("Post from, text and id, each as a text.")
    if not 0 < len(provider_id) <= MOST_ID or not provider_id.isprintable():
        raise Unreadable(f"The id must have 1 to {MOST_ID} printable characters.")
    return _number(sender), text, provider_id


def _number(sender: str) -> str:
    try:
        number = phonenumbers.parse(sender, "US")
    except phonenumbers.NumberParseException as error:
        raise Unreadable("The sender is no phone number.") from error
    if not phonenumbers.is_possible_number(number):
        raise Unreadable("The sender is no phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


SEPARATOR = b"-" * 79  # what the backend writes after each message
NEWEST = 200


@login_not_required
def mailbox(request: HttpRequest) -> HttpResponse:
    messages = [{"name": file.name, "message": _read(file)} for file in _files()[:NEWEST]]
    return render(request, "notifications/mailbox.html", {"messages_sent": messages})


@login_not_required
def mailbox_message(request: HttpRequest, name: str) -> HttpResponse:
    file = next((file for file in _files() if file.name == name), None)
    if file is None:
        raise Http404
    message = _read(file)
    body = message.get_body(preferencelist=("plain",))
    text = body.get_content() if body else ""
    return render(request, "notifications/mailbox_message.html", {"message": message, "text": text})


def _files() -> list[Path]:
    return sorted(Path(settings.MAILBOX_DIR).glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)


def _read(file: Path) -> EmailMessage:
    return email.message_from_bytes(file.read_bytes().partition(SEPARATOR)[0], policy=email.policy.default)
