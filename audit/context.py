"""Where a request comes from, for the events written while it is served."""

from contextvars import ContextVar
from typing import NamedTuple


class Origin(NamedTuple):
    address: str | None = None
    session: str = ""
    request_id: str = ""


origin: ContextVar[Origin] = ContextVar("origin", default=Origin())
