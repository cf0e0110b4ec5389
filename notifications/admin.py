from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, Step
from notifications import actions, emails, kinds
from notifications.models import Notification


def _is_waiting_call(notification: Notification) -> bool:
    return notification.channel == Notification.Channel.PHONE and notification.status == Notification.Status.QUEUED


def _what_to_say(notification: Notification) -> str:
    words = kinds.get(notification.kind).context_for(notification)
    if words is None:
        return gettext("There is nothing to tell any more; the row leaves the list by itself.")
    return "\n\n".join(
        [gettext("Record it when you have told them this:"), str(emails.build(notification, words).body)]
    )


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
            explain=_what_to_say,
            perform=lambda notification, request: actions.record_call(notification=notification, by=request.user),
        ),
    )
