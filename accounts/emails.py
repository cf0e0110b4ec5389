from django.utils import timezone

from accounts.models import Delegate, Physician, User
from notifications import kinds


def physician_bound(notification):
    physician = Physician.objects.filter(pk=notification.context["physician"]).first()
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


def register_kinds():
    kinds.register("physician_bound", context_for=physician_bound)
    kinds.register("delegate_named", context_for=delegate_named)
