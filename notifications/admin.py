from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage
from notifications import actions, emails, kinds
from notifications.models import Notification


def _is_waiting_call(notification: Notification) -> bool:
    return notification.channel == Notification.Channel.PHONE and notification.status == Notification.Status.QUEUED


def _what_to_say(notification: Notification) -> str:
    words = kinds.get(notification.kind).context_for(notification)
    if words is None:
        return gettext("This call is not needed any more. The row leaves the list by itself.")
    return "\n\n".join(
        [gettext("Enter the call when you have said this:"), str(emails.build(notification, words).body)]
    )


@admin.register(Notification)
class NotificationAdmin(ActionAdmin):
    list_display = ["created_at", "kind", "channel", "recipient", "status", "attempts", "sent_at", "last_error"]
    list_filter = ["status", "channel", "kind"]
    search_fields = ["recipient"]
    action_pages = (
        ActionPage(
            name="called",
            label=_("Enter the call"),
            permission="notifications.change_notification",
            offered=_is_waiting_call,
            explain=_what_to_say,
            perform=lambda notification, request: actions.enter_call(notification=notification, by=request.user),
        ),
    )
