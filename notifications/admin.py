from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage, ReasonForm
from notifications import actions, emails, kinds, recipients
from notifications.models import Bounce, Notification
from ui.search_terms import SearchTerm
from ui.templatetags.portal import phone

CAN_BE_CANCELLED = (Notification.Status.QUEUED, Notification.Status.FAILED)


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
    list_display = ["created_at", "kind", "channel", "to", "status", "attempts", "sent_at", "last_error"]
    list_filter = ["status", "channel", "kind"]
    search_fields = ["recipient"]
    search_help_text = _("Address or phone, or name or number of the person")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Notification], search_term: str
    ) -> tuple[QuerySet[Notification], bool]:
        """Find a phone in any form, an address, and the addresses and phones of the people whom the apps above find."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if search_term:
            found = found | queryset.filter(recipient__in=recipients.called(search_term))
        for ending in SearchTerm(search_term).phone_endings:
            found = found | queryset.filter(recipient__endswith=ending)
        return found, may_repeat

    @admin.display(description=_("recipient"), ordering="recipient")
    def to(self, notification: Notification) -> str:
        is_call = notification.channel == Notification.Channel.PHONE
        return phone(notification.recipient) if is_call else notification.recipient

    action_pages = (
        ActionPage(
            name="called",
            label=_("Enter the call"),
            permission="notifications.change_notification",
            offered=_is_waiting_call,
            explain=_what_to_say,
            perform=lambda notification, request: actions.enter_call(notification=notification, by=request.user),
        ),
        ActionPage(
            name="resend",
            label=_("Send again"),
            permission="notifications.change_notification",
            offered=lambda notification: notification.status == Notification.Status.FAILED,
            explain=lambda notification: (
                _(
                    "It failed for this cause: %(cause)s. Correct the address first where the address is wrong: this "
                    "message goes to the address that it was written for."
                )
                % {"cause": notification.last_error or "-"}
            ),
            perform=lambda notification, request, reason: actions.resend(
                notification=notification, reason=reason, by=request.user
            ),
            form_class=ReasonForm,
        ),
        ActionPage(
            name="cancel",
            label=_("Cancel the message"),
            permission="notifications.change_notification",
            offered=lambda notification: notification.status in CAN_BE_CANCELLED,
            explain=lambda _notification: _("Nobody gets it, and nobody is called. It cannot be brought back."),
            perform=lambda notification, request, reason: actions.cancel_message(
                notification=notification, reason=reason, by=request.user
            ),
            form_class=ReasonForm,
        ),
    )


@admin.register(Bounce)
class BounceAdmin(ActionAdmin):
    """The addresses from which mail came back: those to which no mail goes now, first."""

    list_display = ["address", "kind", "status_code", "count", "first_at", "last_at", "stopped_at", "cleared_at"]
    list_filter = ["kind", ("stopped_at", admin.EmptyFieldListFilter)]
    search_fields = ["address"]
    search_help_text = _("Address")
    ordering = [models.F("stopped_at").desc(nulls_last=True), "-last_at"]
    fields = [
        "address", "kind", "status_code", "count", "first_at", "last_at", "stopped_at", "cleared_at", "notification",
    ]  # fmt: skip
    action_pages = (
        ActionPage(
            name="clear",
            label=_("Send mail there again"),
            permission="notifications.change_bounce",
            offered=lambda bounce: bounce.cleared_at is None,
            explain=lambda _bounce: _(
                "For an address that works again, for example after a full mailbox was emptied. Messages go there by "
                "mail from now on; those that went by phone meanwhile stay calls. A wrong address is corrected on the "
                "page of the person instead: a new address needs no clearing."
            ),
            perform=lambda bounce, request, reason: actions.clear_bounce(bounce=bounce, reason=reason, by=request.user),
            form_class=ReasonForm,
        ),
    )
