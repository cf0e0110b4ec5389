"""The one writer of events, and the decorator that every action of the portal wears."""

from functools import partial, wraps

from django.db import OperationalError, connection, models, transaction
from django.utils.translation import gettext as _

from audit.context import origin
from audit.models import Event
from audit.signals import recorded
from ui.errors import PortalError

# PostgreSQL: lock_not_available and deadlock_detected. SQLite says it in words.
RETRIED_CODES = {"55P03", "40P01"}


class Busy(PortalError):
    """Somebody else held the rows too long."""


def record(*, action, by, subject=None, outcome=Event.Outcome.DONE, reason=""):
    """Append one event. `by` is a User or None (the portal itself); `subject` a saved row or None; no personal text."""
    came_from = origin.get()
    event = Event.objects.create(
        actor_id=by.pk if by else None,
        role=by.role if by else "system",
        action=action,
        subject_type=subject._meta.label_lower if subject else "",
        subject_id=subject.pk if subject else None,
        outcome=outcome,
        reason=reason[:500],
        address=came_from.address,
        session=came_from.session,
        request_id=came_from.request_id,
    )
    transaction.on_commit(partial(recorded.send_robust, sender=Event, event=event), robust=True)
    return event


def audited(name, *, atomic=True):
    """Make a function an action: one transaction, and a refusal recorded after the rollback, before it is raised.

    The decorated function gets `by=` (a User, or None for the portal itself). A lock time-out or a deadlock is tried
    once more, then raised as `Busy`. With `atomic=False` the function opens its own transactions, so that what it
    writes about a failed try outlives the error.
    """

    def decorate(function):
        @wraps(function)
        def action(*, by, **arguments):
            subject = next((value for value in arguments.values() if isinstance(value, models.Model)), None)
            try:
                return _run(function, atomic, by=by, **arguments)
            except PortalError as error:
                saved = subject if subject is not None and subject.pk else None
                record(action=name, by=by, subject=saved, outcome=Event.Outcome.REFUSED, reason=type(error).__name__)
                raise

        return action

    return decorate


def _run(function, atomic, **arguments):
    if connection.in_atomic_block:
        return _call(function, atomic, arguments)
    try:
        return _call(function, atomic, arguments)
    except OperationalError as error:
        if not _is_lock_trouble(error):
            raise
    try:
        return _call(function, atomic, arguments)
    except OperationalError as error:
        if not _is_lock_trouble(error):
            raise
        raise Busy(_("Somebody else is changing this right now. Please try again in a moment.")) from error


def _call(function, atomic, arguments):
    if not atomic:
        return function(**arguments)
    with transaction.atomic():
        return function(**arguments)


def _is_lock_trouble(error):
    return getattr(error.__cause__, "pgcode", None) in RETRIED_CODES or "locked" in str(error)
