from celery import shared_task

from accounts import actions


@shared_task(name="accounts.purge_ended")
def purge_ended():
    """Forget ended sessions and rate limits; returns how many rate limits went."""
    return actions.purge_ended(by=None)
