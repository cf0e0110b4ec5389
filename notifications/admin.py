from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, Step
from notifications import actions
from notifications.models import Notification


def _is_waiting_call(notification):
    return notification.channel == Notification.Channel.PHONE and notification.status == Notification.Status.QUEUED


@admin.register(Notification)
class NotificationAdmin(ActionAdmin):
    list_display = ["created_at", "kind", "channel", "recipient", "status", "attempts", "sent_at", "last_error"]
    list_filter = ["status", "channel", "kind"]
    search_fields = ["recipient"]
    steps = (
        Step(
            name="called",
            label=_("Record the call"),
            permission="notifications.change_notification",
            offered=_is_waiting_call,
            explain=lambda _notification: _("You have called and told what this message says."),
            perform=lambda notification, request: actions.record_call(notification=notification, by=request.user),
        ),
    )
