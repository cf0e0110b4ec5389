from typing import Any

from django.contrib import admin
from django.db.models import Count, F, QuerySet
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage, ReasonForm, RowsInline
from notifications import actions, emails, kinds, recipients, rules, texts
from notifications.actions import calls, texting
from notifications.addressees import addressee_of
from notifications.forms import CallForm
from notifications.models import CallTry, Notification, TextConsent, TextReceived
from ui.search_terms import SearchTerm
from ui.templatetags.portal import phone

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
    fields = readonly_fields = ["created_at", "outcome", "caller", "note"]
    verbose_name_plural = _("Calls")
    joined = ("called_by",)

    @admin.display(description=_("called by"))
    def caller(self, made: CallTry) -> str:
        return made.called_by.email if made.called_by else "-"


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


@admin.register(Notification)
class NotificationAdmin(ActionAdmin):
    list_display = ["created_at", "kind", "channel", "to", "status", "attempts", "sent_at", "last_error"]
    list_filter = ["status", "channel", ToDoFilter, "kind"]
    inlines = [CallTryInline]
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
        is_mail = notification.channel == Notification.Channel.EMAIL
        return notification.recipient if is_mail else phone(notification.recipient)

    action_pages = (
        ActionPage(
            name="called",
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


@admin.register(TextConsent)
class TextConsentAdmin(ActionAdmin):
    """Who has agreed to texts, with the words that they read. Ended ones stay."""

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
    """What people have texted to us; the list begins with what nobody has read."""

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
