"""Every write of accounts, by whom it is about."""

from accounts.actions.delegates import end_delegate, name_delegate
from accounts.actions.physicians import add_physician, identify_physician, set_registration
from accounts.actions.roster import import_roster
from accounts.actions.staff import create_user, purge_ended, sync_staff_groups

__all__ = [
    "add_physician",
    "create_user",
    "end_delegate",
    "identify_physician",
    "import_roster",
    "name_delegate",
    "purge_ended",
    "set_registration",
    "sync_staff_groups",
]
