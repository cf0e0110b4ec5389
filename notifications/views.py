"""With DEBUG: what was sent, read from the files of the file-based mail backend."""

import email
import email.policy
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import render


@login_not_required
def mailbox(request):
    messages = [{"name": file.name, "message": _read(file)} for file in _files()]
    return render(request, "notifications/mailbox.html", {"messages_sent": messages})


@login_not_required
def mailbox_message(request, name):
    file = next((file for file in _files() if file.name == name), None)
    if file is None:
        raise Http404
    message = _read(file)
    body = message.get_body(preferencelist=("plain",))
    return render(
        request, "notifications/mailbox_message.html", {"message": message, "text": body.get_content() if body else ""}
    )


def _files():
    return sorted(Path(settings.MAILBOX_DIR).glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)[:200]


def _read(file):
    return email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
