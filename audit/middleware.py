import hashlib
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponseBase
from structlog.contextvars import get_contextvars

from audit.context import Origin, origin


class OriginMiddleware:
    """Notes address, session and request id for events. The session is a digest, because its key would open it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.session.session_key or ""
        token = origin.set(
            Origin(
                address=get_adapter().get_client_ip(request),
                session=hashlib.sha256(key.encode()).hexdigest()[:32] if key else "",
                request_id=str(get_contextvars().get("request_id", "")),
            )
        )
        try:
            return self.get_response(request)
        finally:
            origin.reset(token)
