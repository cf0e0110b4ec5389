"""The scheduled jobs of this app. Each calls one action."""

import structlog
from celery import shared_task
from django.utils import timezone

from dispensing import actions
from dispensing.gateways import ServerTrouble
from ui.errors import PortalError

log = structlog.get_logger()
SENDS = {"soft_time_limit": 100, "time_limit": 120}  # seconds; less than the lease of a file


@shared_task(name="dispensing.make_papers", time_limit=1800, soft_time_limit=1700)
def make_papers() -> int:
    """Make the long papers that people asked for; returns how many."""
    from dispensing.papers.stored import WRITERS  # heavy: docs/adr/0018

    return actions.make_papers(writers=WRITERS, by=None)


@shared_task(name="dispensing.delete_old_papers")
def delete_old_papers() -> int:
    """Delete the content of papers that are older than a week; returns of how many."""
    return actions.delete_old_papers(now=timezone.now(), by=None)


@shared_task(name="dispensing.ask_assessments")
def ask_assessments() -> int:
    """Ask patients two weeks after their first delivery how well it works; returns how many messages there are."""
    return actions.ask_assessments(now=timezone.now(), by=None)


@shared_task(name="dispensing.remind_recalled")
def remind_recalled() -> int:
    """Remind those who have not answered about a recall two days after they were told; returns how many."""
    return actions.remind_recalled(now=timezone.now(), by=None)


@shared_task(name="dispensing.make_reports")
def make_reports() -> int:
    """Put what waits to be reported into files; return how many."""
    try:
        return len(actions.make_files(now=timezone.now(), by=None))
    except PortalError as error:  # a setting is missing: the page of the reports says which
        log.error("reports_not_made", error=type(error).__name__)
        return 0


@shared_task(name="dispensing.make_zero_reports")
def make_zero_reports() -> int:
    """Make the zero reports of the days before today without dispensing; return how many."""
    try:
        return len(actions.make_zero_reports(today=timezone.localdate(), now=timezone.now(), by=None))
    except PortalError as error:
        log.error("reports_not_made", error=type(error).__name__)
        return 0


@shared_task(name="dispensing.send_reports", **SENDS)
def send_reports() -> int:
    """Upload the files of the monitoring report that are due; return how many the server has taken."""
    return actions.send_reports(by=None)


@shared_task(name="dispensing.fetch_answers", **SENDS)
def fetch_answers() -> int:
    """Read new answers on the server of the monitoring program; return how many."""
    try:
        return actions.fetch_answers(by=None)
    except ServerTrouble as trouble:
        log.warning("answers_not_fetched", reason=str(trouble))
        return 0


@shared_task(name="dispensing.alarm_reports")
def alarm_reports() -> int:
    """Tell staff what is not reported 50 minutes after it happened; return how much."""
    return actions.alarm_late(now=timezone.now(), by=None)
