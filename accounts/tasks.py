from celery import shared_task
from django.utils import timezone

from accounts import actions


@shared_task(name="accounts.purge_ended")
def purge_ended() -> int:
    """Delete sessions and rate limits that have ended; return how many rate limits were deleted."""
    return actions.purge_ended(by=None)


@shared_task(name="accounts.reset_due_mfa")
def reset_due_mfa() -> int:
    """Carry out the resets of second factors whose 24 hours are over; return how many."""
    return actions.reset_due_mfa(by=None)


@shared_task(name="accounts.import_rosters", time_limit=3600, soft_time_limit=3500)
def import_rosters() -> int:
    """Read the uploaded rosters that wait; return how many. A large one takes minutes."""
    return actions.import_uploaded_rosters(by=None)


@shared_task(name="accounts.recheck_registrations")
def recheck_registrations() -> int:
    """Notify people of registrations that end by today (New York); return how many have ended."""
    found = actions.recheck_registrations(today=timezone.localdate(), by=None)
    return sum(found.ended.values())


@shared_task(name="accounts.mail_newest_seal")
def mail_newest_seal() -> int:
    """Mail the newest seal of the audit to the Auditors, once a day; return how many."""
    return actions.mail_newest_seal(today=timezone.localdate(), by=None)
