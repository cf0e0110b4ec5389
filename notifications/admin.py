from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage, ReasonForm
from notifications import actions, emails, kinds, recipients
from notifications.kind_pages import KindPages
from notifications.models import Bounce, Notification, NotificationQuerySet
from notifications.presenters import outbox
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


class QueueFilter(admin.SimpleListFilter):
    title = _("queue")
    parameter_name = outbox.WAITS

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, label) for name, label in outbox.MAIL_QUEUES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        if self.value() is None:
            return queryset
        is_bulk = (
            {"priority__gte": Notification.BULK} if self.value() == "bulk" else {"priority__lt": Notification.BULK}
        )
        return cast(NotificationQuerySet, queryset).waiting_mails().filter(**is_bulk)


class FailureFilter(admin.SimpleListFilter):
    title = _("cause of failure, last 7 days")
    parameter_name = outbox.FAILED

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        causes = [failure.cause for failure in outbox.failures(now=timezone.now())]
        return [(outbox.ANY_CAUSE, _("Any cause")), *((cause, cause) for cause in causes)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        if self.value() is None:
            return queryset
        failed = cast(NotificationQuerySet, queryset).failed_since(outbox.failures_count_from(timezone.now()))
        return failed if self.value() == outbox.ANY_CAUSE else failed.filter(last_error=self.value())


@admin.register(Notification)
class NotificationAdmin(ActionAdmin):
    list_display = ["created_at", "kind", "channel", "to", "status", "attempts", "sent_at", "last_error"]
    list_filter = ["status", "channel", QueueFilter, FailureFilter, "kind"]
    search_fields = ["recipient"]
    search_help_text = _("Address or phone, or name or number of the person")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.outbox_view)
        own = [path("outbox/", view, name=self._url_name("outbox"))]
        return [*KindPages(self).urls, *own, *super().get_urls()]

    def list_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        pages = [(_("State of the outbox"), "outbox"), (_("Kinds of messages"), "kinds")]
        return [{"label": label, "url": reverse(f"admin:{self._url_name(name)}")} for label, name in pages]

    def outbox_view(self, request: HttpRequest) -> HttpResponse:
        """Show how many messages wait, and which have failed; it names no recipient."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        shown = outbox.outbox_page(now=timezone.now(), list_url=self.list_address())
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": _("State of the outbox")}
        return TemplateResponse(request, "admin/notifications/outbox.html", {**context, "outbox": shown})

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
    fields = [*list_display, "notification"]
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
