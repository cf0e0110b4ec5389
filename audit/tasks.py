import structlog
from celery import shared_task
from django.conf import settings

from audit import actions

MOST_SEALS = 10  # of 10,000 events each: within the time limit of a task; the next minute goes on
log = structlog.get_logger()


@shared_task(name="audit.seal")
def seal() -> int:
    """Seal the events of the last minute, and keep the newest digest outside; return how many seals were made."""
    made = actions.seal(by=None, most=MOST_SEALS)
    if settings.AUDIT_SEAL_FILE:
        try:
            actions.keep_seal_outside(path=settings.AUDIT_SEAL_FILE, by=None)
        except OSError as error:  # the next minute tries again
            log.error("seal_not_kept_outside", error=type(error).__name__)
    return made
