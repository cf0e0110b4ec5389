from typing import Any, cast

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.action_admin import ActionAdmin, ActionPage
from pages import actions
from pages.models import ContactMessage
from pages.staff_start import staff_start

index_of_lists = admin.site.index


def start_page(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
    """Show the next delivery day and what waits, above the index of all lists."""
    start = staff_start(cast(User, request.user), now=timezone.now())
    return index_of_lists(request, {**(extra_context or {}), "start": start})


admin.site.index = start_page  # type: ignore[method-assign] # the index with more context


@admin.register(ContactMessage)
class ContactMessageAdmin(ActionAdmin):
    """Messages of the contact form; the list begins with the one that has waited longest for an answer."""

    list_display = ["number", "created_at", "name", "email", "answered_at", "answered_by"]
    list_filter = [("answered_at", admin.EmptyFieldListFilter)]
    list_select_related = ["answered_by"]
    search_fields = ["number", "name", "email"]
    search_help_text = _("Number, name or email address")
    ordering = [F("answered_at").desc(nulls_first=True), "created_at"]
    fields = ["number", "created_at", "name", "email", "message", "answered_at", "answered_by"]
    action_pages = (
        ActionPage(
            name="answered",
            label=_("Mark as answered"),
            permission="pages.change_contactmessage",
            offered=lambda message: message.is_open,
            explain=lambda _message: _("You have answered by email or phone. The message then counts as answered."),
            perform=lambda message, request: actions.answer_message(message=message, by=request.user),
        ),
    )
