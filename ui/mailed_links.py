"""The page behind a mailed link: its token goes into the session, and the visitor on to a clean address."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@dataclass(frozen=True)
class MailedLink:
    """A kind of link in our messages.

    `find(token)` returns what is stored in the session under `session_key`, or None for a token that is not ours: the
    visitor then gets `template` with status 404, and no session begins, because a flood of them would fill the table.
    Otherwise the visitor is led to the page with the URL name `page`. Opening a link changes nothing: mail scanners
    open it too.
    """

    session_key: str
    page: str
    template: str
    find: Callable[[str], Any]

    def view(self) -> Callable[..., HttpResponse]:
        """Return the view of the link's address, which takes the token."""

        @login_not_required
        @never_cache
        @require_safe
        def open_link(request: HttpRequest, token: str) -> HttpResponse:
            found = self.find(token)
            if found is None:
                return render(request, self.template, status=404)
            request.session[self.session_key] = found
            return redirect(self.page)

        return open_link
