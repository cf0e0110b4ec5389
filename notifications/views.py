"""With DEBUG: the messages that were sent, from the files of Django's file-based mail backend."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

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
