"""What staff enter about the calls of the call list, and the letter that follows when nobody is reached."""

from datetime import timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import audited, record
from notifications import kinds, rules
from notifications.addressees import addressee_of
from notifications.models import CallTry, Notification
from notifications.signals import reached
from ui.errors import PortalError

# How long a call moves down the list after a try. It stays on the list, and its age counts from the first moment.
AGAIN_URGENT, AGAIN = timedelta(hours=1), timedelta(days=1)
SAME_TRY = timedelta(minutes=1)  # the same outcome by the same account within it is a second press of the button


class NotOnTheList(PortalError):
    """The call is not on the list any more: it was made, cancelled, or became a letter."""


class NoLetter(PortalError):
    """The message cannot become a letter."""


@audited("notification.call", subject="notification")
def enter_call(
    *, notification: Notification, outcome: str, note: str = "", by: AbstractBaseUser | None
) -> CallTry | None:
    """Enter what came of a call of the call list, a `CallTry.Outcome`; return the try, or None for a second press.

    `reached` closes the call. A message on a mailbox does not: it says only to call back, so the person knows nothing
    yet. Raises NotOnTheList.
    """
    call = _waiting_call(notification)
    now, caller = timezone.now(), by.pk if by else None
    twice = call.tries.filter(outcome=outcome, called_by_id=caller, created_at__gt=now - SAME_TRY)
    if twice.exists():
        return None
    made = CallTry.objects.create(notification=call, outcome=outcome, note=note, called_by_id=caller)
    if outcome == CallTry.Outcome.REACHED:
        call.status, call.sent_at, call.secret = Notification.Status.SENT, now, None
        call.save(update_fields=["status", "sent_at", "secret"])
        reached.send(sender=Notification, notification=call, note=note, by=by)
    else:
        pause = AGAIN_URGENT if call.priority < Notification.BULK else AGAIN
        Notification.objects.filter(pk=call.pk).update(due_at=Now() + pause, attempts=call.attempts + 1)
    record(by=by, subject=call, reason=outcome)
    return made


@audited("notification.letter", subject="notification")
def send_as_letter(*, notification: Notification, by: AbstractBaseUser | None) -> None:
    """Put the message of a waiting call among the letters to print. Raises NotOnTheList and NoLetter."""
    call = _waiting_call(notification)
    words = kinds.get(call.kind).context_for(call)
    if words is None:
        raise NoLetter(_("This message is not needed any more. The row leaves the list by itself."))
    if call.secret is not None:
        raise NoLetter(_("This message has a one-time link, which no letter may hold: print a code in place of it."))
    if addressee_of(call, words) is None:
        raise NoLetter(_("No postal address is known for this message: call again."))
    Notification.objects.filter(pk=call.pk).update(channel=Notification.Channel.LETTER, due_at=Now())
    record(by=by, subject=call)


def _waiting_call(notification: Notification) -> Notification:
    """Return the row, locked. Raises NotOnTheList when it is no call that waits."""
    call = Notification.objects.select_for_update(no_key=True).get(pk=notification.pk)
    if not rules.is_waiting_call(call):
        raise NotOnTheList(_("This call is not on the list any more: somebody has made it, or it became a letter."))
    return call
