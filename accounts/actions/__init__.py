"""Every write of accounts, by whom it is about."""

from accounts.actions.delegates import activate_delegations, end_delegate, name_delegate
from accounts.actions.leaving import leave_practice
from accounts.actions.physicians import add_physician, identify_physician, set_registration
from accounts.actions.recheck import recheck_registrations
from accounts.actions.staff import create_user, purge_ended, sync_staff_groups

__all__ = [
    "activate_delegations",
    "add_physician",
    "create_user",
    "end_delegate",
    "identify_physician",
    "leave_practice",
    "name_delegate",
    "purge_ended",
    "recheck_registrations",
    "set_registration",
    "sync_staff_groups",
]
