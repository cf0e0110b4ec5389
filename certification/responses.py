"""The answer with the file of a letter: a download, never shown inside a page of the portal."""

from django.http import HttpResponse

from accounts.models import User
from audit.actions import record
from certification.models import Letter


def letter_response(letter: Letter, *, by: User) -> HttpResponse:
    """Return the file of a letter as a download and record the look. Its content type was found by our own check."""
    record(action="letter.view", by=by, subject=letter)
    return HttpResponse(
        letter.content,
        content_type=letter.content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{letter.file_name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
