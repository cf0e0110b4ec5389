"""Files that are handed out: never shown inside a page of ours, and each look recorded."""

from django.http import HttpResponse

from accounts.models import User
from audit.actions import record
from certification.models import Letter


def letter_response(letter: Letter, *, by: User) -> HttpResponse:
    """The file of a letter as a download; what it claims to be is what we found it to be."""
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
