from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Count, F, QuerySet
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage, ReasonForm, RowsInline
from audit.requests import account_of
from notifications import actions, emails, kinds, recipients, rules, texts
from notifications.actions import bounces, calls, texting
from notifications.addressees import addressee_of
from notifications.forms import CallForm
from notifications.kind_pages import KindPages
from notifications.models import Bounce, CallTry, Notification, NotificationQuerySet, TextConsent, TextReceived
from notifications.presenters import outbox
from notifications.reading import record_reading
from ui.search_terms import SearchTerm
from ui.templatetags.portal import phone

CALLED = "called"  # the button of a call, whose page shows what to say
CAN_BE_CANCELLED = (Notification.Status.QUEUED, Notification.Status.FAILED)


def _what_to_say(call: Notification) -> str:
    words = kinds.get(call.kind).context_for(call)
    if words is None:
        return gettext("This call is not needed any more. The row leaves the list by itself.")
    said = str(emails.build(call, words).body).partition("\n\n--\n")[0]  # who calls needs no letterhead
    parts = [gettext("Say this to the person alone:"), said]
    parts += [gettext("If a machine answers, say only this:"), _for_a_mailbox(call, words)]
    if rules.is_letter_offered(call.tries.all()):
        parts.append(gettext("Nobody was reached in three tries: you can send a letter in place of the call."))
    return "\n\n".join(parts)


def _for_a_mailbox(call: Notification, words: dict[str, Any]) -> str:
    person = addressee_of(call, words)
    with translation.override(call.language):
        return texts.mailbox_words(person.name if person else phone(call.recipient))


class CallTryInline(RowsInline):
    """The tries to reach the person by phone."""

    model = CallTry
    fields = readonly_fields = ("created_at", "outcome", "caller", "note")
    verbose_name_plural = _("Calls")
    joined = ("called_by",)

    @admin.display(description=_("called by"))
    def caller(self, made: CallTry) -> str:
        return made.called_by.email if made.called_by else ""


class ToDoFilter(admin.SimpleListFilter):
    """Shows the calls and letters that have waited too long, and the calls that may become letters."""

    title = _("to do")
    parameter_name = "todo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("late", _("Urgent, and not done in 2 hours")), ("letter", _("Nobody reached: send a letter?"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        if self.value() == "late":
            late = Notification.objects.late(rules.late_since(timezone.now()))
            return queryset.filter(pk__in=late.values("pk"))
        if self.value() == "letter":
            days = Count(TruncDate("tries__created_at"), distinct=True)
            tried = Notification.objects.calls_to_make().annotate(many=Count("tries"), days=days)
            enough = tried.filter(many__gte=rules.LETTER_AFTER_TRIES, days__gte=rules.LETTER_AFTER_DAYS)
            return queryset.filter(pk__in=enough.values("pk"))
        return queryset


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
    list_filter = ["status", "channel", ToDoFilter, QueueFilter, FailureFilter, "kind"]
    inlines = [CallTryInline]
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
        bounces_url = reverse("admin:notifications_bounce_changelist")
        shown = outbox.outbox_page(now=timezone.now(), list_url=self.list_address(), bounces_url=bounces_url)
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

    def action_page_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Record the look at the person to whom a call says what its page shows."""
        response = super().action_page_view(request, object_id, name)
        shown = getattr(response, "context_data", None)
        if name == CALLED and shown and shown["explanation"]:
            record_reading([shown["original"]], by=account_of(request))
        return response

    @admin.display(description=_("recipient"), ordering="recipient")
    def to(self, notification: Notification) -> str:
        is_mail = notification.channel == Notification.Channel.EMAIL
        return notification.recipient if is_mail else phone(notification.recipient)

    action_pages = (
        ActionPage(
            name=CALLED,
            label=_("Enter the call"),
            permission="notifications.change_notification",
            offered=rules.is_waiting_call,
            explain=_what_to_say,
            perform=lambda notification, request, **answers: calls.enter_call(
                notification=notification, by=request.user, **answers
            ),
            form_class=CallForm,
        ),
        ActionPage(
            name="letter",
            label=_("Send a letter"),
            permission="notifications.change_notification",
            offered=rules.is_waiting_call,
            explain=lambda _notification: _(
                "The message leaves the call list and is printed with the next letters. A letter takes days: for a "
                "delivery that is near, call again."
            ),
            perform=lambda notification, request: calls.send_as_letter(notification=notification, by=request.user),
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
    fields = (
        "address", "kind", "status_code", "count", "first_at", "last_at", "stopped_at", "cleared_at", "notification",
    )  # fmt: skip
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
            perform=lambda bounce, request, reason: bounces.clear_bounce(bounce=bounce, reason=reason, by=request.user),
            form_class=ReasonForm,
        ),
    )


@admin.register(TextConsent)
class TextConsentAdmin(ActionAdmin):
    """Agreements to texts, each with the words that the person read. Ended ones stay."""

    list_display = ["created_at", "number", "given", "given_by", "ended_at", "ended"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter), "given"]
    list_select_related = ["given_by", "ended_by"]
    search_fields = ["phone"]
    search_help_text = _("Phone number")
    fields = ["created_at", "number", "words", "language", "given", "given_by", "ended_at", "ended", "ended_by"]
    action_pages = (
        ActionPage(
            name="end",
            label=_("End the texts"),
            permission="notifications.change_textconsent",
            offered=lambda consent: consent.ended_at is None,
            explain=lambda _consent: _("The number gets no more texts: mail or a call takes their place at once."),
            perform=lambda consent, request: texting.end_texts(
                phone=consent.phone, ended=TextConsent.Ended.STAFF, by=request.user
            ),
        ),
    )

    @admin.display(description=_("phone"), ordering="phone")
    def number(self, consent: TextConsent) -> str:
        return phone(consent.phone)


@admin.register(TextReceived)
class TextReceivedAdmin(ActionAdmin):
    """Texts that people have sent to us; the list begins with those that nobody has read."""

    list_display = ["created_at", "number", "meaning", "needs_reading", "read_at", "read_by"]
    list_filter = ["needs_reading", ("read_at", admin.EmptyFieldListFilter), "meaning"]
    list_select_related = ["read_by"]
    search_fields = ["phone"]
    search_help_text = _("Phone number")
    ordering = [F("read_at").desc(nulls_first=True), "-needs_reading", "-created_at"]
    fields = ["created_at", "number", "text", "meaning", "needs_reading", "read_at", "read_by"]
    action_pages = (
        ActionPage(
            name="read",
            label=_("Mark as read"),
            permission="notifications.change_textreceived",
            offered=lambda received: received.needs_reading and received.read_at is None,
            explain=lambda _received: _("You have done what the text asks, or called back."),
            perform=lambda received, request: texting.mark_read(received=received, by=request.user),
        ),
        ActionPage(
            name="end",
            label=_("End the texts"),
            permission="notifications.change_textconsent",
            offered=lambda received: texts.is_agreed(received.phone),
            explain=lambda _received: _("The number gets no more texts: mail or a call takes their place at once."),
            perform=lambda received, request: texting.end_texts(
                phone=received.phone, ended=TextConsent.Ended.STAFF, by=request.user
            ),
        ),
    )

    @admin.display(description=_("phone"), ordering="phone")
    def number(self, received: TextReceived) -> str:
        return phone(received.phone)
