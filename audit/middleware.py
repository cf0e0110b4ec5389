import hashlib
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponseBase
from structlog.contextvars import bind_contextvars, get_contextvars

from audit.context import Origin, origin


class OriginMiddleware:
    """Notes address, session and request id for events, and address and browser for the log.

    The session is a digest, because its key would open it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.session.session_key or ""
        address = get_adapter().get_client_ip(request)
        bind_contextvars(ip=address, user_agent=request.headers.get("User-Agent"))  # for the lines of the log
        token = origin.set(
            Origin(
                address=address,
                session=hashlib.sha256(key.encode()).hexdigest()[:32] if key else "",
                request_id=str(get_contextvars().get("request_id", "")),
            )
        )
        try:
            return self.get_response(request)
        finally:
            origin.reset(token)
