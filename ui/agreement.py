"""Ask before an action has effects that its page does not name, for example before it cancels orders.

The write that has such effects calls `check_agreed` with them when it has made them. In a request that has not agreed
to each of them, `AgreementNeeded` rolls the action back, and the page that asks is shown in its place: so what is
asked is exactly what the action did, at every door. Outside of a request (jobs, commands) nobody can be asked.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

AGREED = "agreed_effects"  # posted with the answers: the keys of the effects to which the person has agreed
NOT_POSTED_AGAIN = {"csrfmiddlewaretoken", AGREED}
_request: ContextVar[HttpRequest | None] = ContextVar("request_that_is_asked", default=None)


@dataclass(frozen=True)
class Effect:
    """An order that would be cancelled: its key, the words that name it, and the reason that its orderer reads."""

    key: str
    words: str
    reason: str


class AgreementNeeded(Exception):
    """The action would have effects to which nobody has agreed. It is no refusal, so no door shows it as an error."""

    def __init__(self, effects: list[Effect]) -> None:
        super().__init__(", ".join(effect.key for effect in effects))
        self.effects = effects


def check_agreed(effects: list[Effect]) -> None:
    """The person of the request has agreed to all of the effects; raises AgreementNeeded."""
    request = _request.get()
    if request is not None and not {effect.key for effect in effects} <= _agreed(request):
        raise AgreementNeeded(effects)


def agreement_to(question: AgreementNeeded, request: HttpRequest) -> str:
    """Return what is posted as AGREED when the person agrees, with all to which the person agreed before."""
    return ",".join(sorted(_agreed(request) | {effect.key for effect in question.effects}))


def _agreed(request: HttpRequest) -> set[str]:
    return {key for key in request.POST.get(AGREED, "").split(",") if key}


class AgreementMiddleware:
    """Answers with a page that names the effects and posts the same answers again, with the agreement."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, AgreementNeeded):
            return None
        answers = [
            (name, value) for name, values in request.POST.lists() if name not in NOT_POSTED_AGAIN for value in values
        ]
        context = {"question": exception, "agreed": agreement_to(exception, request), "answers": answers}
        return render(request, "ui/agreement.html", context)
