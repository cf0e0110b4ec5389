from datetime import date, timedelta

from django.utils import timezone

from accounts.models import Delegate, Physician, Registration, User
from accounts.rules import WARN_BEFORE_END
from notifications import kinds


def physician_bound(notification):
    physician = Physician.objects.filter(pk=notification.context["physician"]).first()
    return physician and {"physician": physician}


def leave_recorded(notification):
    """Dropped when another day was recorded meanwhile."""
    left_date = date.fromisoformat(notification.context["left_date"])
    physician = Physician.objects.filter(pk=notification.context["physician"], left_date=left_date).first()
    return physician and {"physician": physician}


def delegate_named(notification):
    """Dropped when the naming was ended, or taken up, meanwhile. Who has no account is told how to make one."""
    waiting = Delegate.objects.waiting(timezone.localdate()).select_related("physician")
    delegate = waiting.filter(pk=notification.context["delegate"]).first()
    return delegate and {
        "delegate": delegate,
        "physician": delegate.physician,
        "has_account": User.objects.filter(email=delegate.email).exists(),
    }


def registration_ended(notification):
    """Dropped when she has renewed all of them meanwhile."""
    return _registrations(notification, expires_date__lte=timezone.localdate())


def registration_ending(notification):
    today = timezone.localdate()
    return _registrations(notification, expires_date__gt=today, expires_date__lte=today + WARN_BEFORE_END)


def _registrations(notification, **ends):
    still = Registration.objects.filter(pk__in=notification.context["registrations"], **ends).select_related(
        "physician"
    )
    rows = list(still.order_by("expires_date", "pk"))
    if not rows:
        return None
    return {
        "physician": rows[0].physician,
        "registrations": [(row.get_kind_display(), row.expires_date - timedelta(days=1)) for row in rows],
    }


def registrations_rechecked(notification):
    context = notification.context
    read_on = context["roster_read_on"]
    kinds_of = Registration.Kind
    return {
        "day": date.fromisoformat(context["day"]),
        "ended": [(kinds_of(kind).label, count) for kind, count in sorted(context["ended"].items())],
        "total": sum(context["ended"].values()),
        "roster_read_on": read_on and date.fromisoformat(read_on),
    }


def register_kinds():
    for context_for in (leave_recorded, registration_ended, registration_ending, registrations_rechecked):
        kinds.register(context_for.__name__, context_for=context_for)
    kinds.register("physician_bound", context_for=physician_bound)
    kinds.register("delegate_named", context_for=delegate_named)
