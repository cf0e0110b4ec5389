from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.action_admin import ActionAdmin, ActionPage
from delivery.rules import only_drives
from pages import actions
from pages.context_processors import bar_of
from pages.forms import MESSAGE_MAX_LENGTH
from pages.models import ContactAnswer, ContactMessage
from pages.presenters import thread_of
from pages.rules import staff_name
from pages.staff_start import staff_start
from ui.forms import PortalForm

index_of_lists = admin.site.index


def start_page(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Show the next delivery day and what waits, above the index of all lists; lead a driver to the own runs.

    The bar over the page and its body need the groups of the reader: the bar reads them, once for both.
    """
    user = cast(User, request.user)
    if only_drives(user):  # no list is open to them: the page would be empty
        return redirect("delivery:run-list")
    bar = bar_of(user)
    start = staff_start(user, bar.groups, now=timezone.now())
    return index_of_lists(request, {**(extra_context or {}), "staff_bar": bar, "start": start})


admin.site.index = start_page  # type: ignore[method-assign, assignment] # it may redirect


class AnswerForm(PortalForm):
    text = forms.CharField(
        label=_("Your answer"),
        max_length=MESSAGE_MAX_LENGTH,
        help_text=_("It leaves by email, which others may read: no medical details, no order, no condition."),
        widget=forms.Textarea(attrs={"rows": 10}),
        error_messages={"required": _("Write your answer.")},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    def clean_seen(self) -> int:
        return self.cleaned_data["seen"] or 0


class PhoneAnswerForm(AnswerForm):
    text = forms.CharField(
        label=_("What you said"),
        max_length=MESSAGE_MAX_LENGTH,
        help_text=_("Only staff read it."),
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Enter in a few words what you said.")},
    )


class NoteForm(PortalForm):
    text = forms.CharField(
        label=_("Note"),
        max_length=MESSAGE_MAX_LENGTH,
        help_text=_("Only staff read it. Nobody can change it."),
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write a note.")},
    )


class OwnerFilter(admin.SimpleListFilter):
    """Shows the messages that the reader has taken, or those that nobody has."""

    title = _("who has it")
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("Mine")), ("nobody", _("Nobody’s"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ContactMessage]) -> QuerySet[ContactMessage]:
        if self.value() == "mine":
            return queryset.filter(owner=cast(User, request.user))
        return queryset.filter(owner__isnull=True) if self.value() == "nobody" else queryset


def _explain_answer(message: ContactMessage) -> str:
    words = {"email": message.email, "name": message.name}
    if message.is_open:
        return (
            gettext("Your answer is mailed to %(name)s, %(email)s, and kept here. Replies go to our mailbox.") % words
        )
    return (
        gettext(
            "This message has an answer, which stands on this page. What you write is mailed to %(name)s, %(email)s, "
            "as a further answer."
        )
        % words
    )


def _answers(message: ContactMessage) -> dict[str, Any]:
    return {"seen": message.answers.count()}


def _answer(way: str) -> Callable[..., object]:
    return lambda message, request, text, seen: actions.answer_message(
        message=message, text=text, way=way, seen=seen, by=request.user
    )


CHANGE = "pages.change_contactmessage"


@admin.register(ContactMessage)
class ContactMessageAdmin(ActionAdmin):
    """Messages of the contact form; the list begins with the one that has waited longest for an answer."""

    change_form_template = "admin/pages/contactmessage/change_form.html"
    list_display = ["number", "created_at", "name", "email", "owner", "answered_at", "answered_by"]
    list_filter = [("answered_at", admin.EmptyFieldListFilter), OwnerFilter]
    list_select_related = ["answered_by", "owner"]
    search_fields = ["number", "name", "email"]
    search_help_text = _("Number, name or email address")
    ordering = [F("answered_at").desc(nulls_first=True), "created_at"]
    fields = ["number", "owner", "answered_at", "answered_by"]
    action_pages = (
        ActionPage(
            name="answer",
            label=_("Write an answer"),
            permission=CHANGE,
            offered=lambda _message: True,
            explain=_explain_answer,
            perform=_answer(ContactAnswer.Way.EMAIL),
            form_class=AnswerForm,
            initial=_answers,
        ),
        ActionPage(
            name="answered",
            label=_("Enter an answer by phone"),
            permission=CHANGE,
            offered=lambda _message: True,
            explain=lambda _message: _(
                "You have answered by phone. The message then counts as answered; no mail is sent."
            ),
            perform=_answer(ContactAnswer.Way.PHONE),
            form_class=PhoneAnswerForm,
            initial=_answers,
        ),
        ActionPage(
            name="note",
            label=_("Add a note"),
            permission=CHANGE,
            offered=lambda _message: True,
            explain=lambda _message: _(
                "The note stands beside the message for everybody of the staff who may read it."
            ),
            perform=lambda message, request, text: actions.add_note(message=message, text=text, by=request.user),
            form_class=NoteForm,
        ),
        ActionPage(
            name="take",
            label=_("Take it"),
            permission=CHANGE,
            offered=lambda message: message.owner_id is None,
            explain=lambda _message: _("The message is then yours: others see that you see to the answer."),
            perform=lambda message, request: actions.take_message(message=message, by=request.user),
        ),
        ActionPage(
            name="give-back",
            label=_("Give it back"),
            permission=CHANGE,
            offered=lambda message: message.owner_id is not None,
            explain=lambda message: (
                gettext("%(who)s has this message now. Then nobody has it, and anybody can take it.")
                % {"who": staff_name(message.owner)}
            ),
            perform=lambda message, request: actions.give_back_message(message=message, by=request.user),
        ),
    )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context = {**context, "thread": thread_of(obj)}
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def action_page_response(
        self, request: HttpRequest, form: forms.Form, *, template: str = "", **context: Any
    ) -> HttpResponse:
        """Show the message and all answers beside the form. After a refusal the form counts the answers shown now."""
        thread = thread_of(context["original"])
        if form.is_bound and "seen" in form.fields:
            form.data = {**form.data.dict(), "seen": len(thread.answers)}  # type: ignore[attr-defined] # a QueryDict
        template = "admin/pages/contactmessage/step.html"
        return super().action_page_response(request, form, template=template, thread=thread, **context)
