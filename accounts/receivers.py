from accounts.actions import sync_staff_groups
from audit.actions import record


def on_migrated(**_):
    sync_staff_groups(by=None)


def on_signed_in(request, user, **_):
    record(action="user.sign_in", by=user, subject=user)


def on_sign_in_failed(**_):
    record(action="user.sign_in", by=None, outcome="refused")
