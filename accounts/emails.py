from accounts.models import Physician
from notifications import kinds


def physician_bound(notification):
    physician = Physician.objects.filter(pk=notification.context["physician"]).first()
    return physician and {"physician": physician}


def register_kinds():
    kinds.register("physician_bound", context_for=physician_bound)
