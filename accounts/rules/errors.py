"""The base of the refusals of this app."""

from ui.errors import PortalError


class AccountsError(PortalError):
    """An expected refusal of this app."""
