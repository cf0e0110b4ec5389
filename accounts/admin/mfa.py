"""Resets of lost second factors: asked for on the page of the account, confirmed or cancelled on their own page."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.forms import ResetForm
from accounts.models import MFAReset, User
from accounts.requests import SignedInRequest
from accounts.rules import RESET_MOVES, may_move, numbers_on_file
from audit.action_admin import ActionAdmin, ActionPage, ReasonForm
from ui.templatetags.portal import phone


def _explain_asking(user: User) -> str:
    numbers = ", ".join(phone(number) for number in sorted(numbers_on_file(user)))
    on_file = _("On file: %(numbers)s.") % {"numbers": numbers} if numbers else _("Take the number in the staff list.")
    return "\n".join(
        [
            str(_("Call the owner back first, at the number on file, and make sure that it is the owner who asks.")),
            str(on_file),
            str(_("Every address of the owner gets a message now, with a link to cancel.")),
            str(
                _("Once a second person confirms, or in 24 hours, the second factors are deleted and all sessions end.")
            ),
        ]
    )


def ask(user: User, request: SignedInRequest, **answers: Any) -> None:
    actions.ask_mfa_reset(user=user, by=request.user, **answers)


RESET_MFA = ActionPage(
    name="reset-mfa",
    label=_("Reset lost second factors"),
    permission="accounts.add_mfareset",
    offered=lambda user: user.authenticator_set.exists(),
    explain=_explain_asking,
    perform=ask,
    form_class=ResetForm,
)


def waits(reset: MFAReset) -> bool:
    return may_move(RESET_MOVES["confirm"], reset)


@admin.register(MFAReset)
class MFAResetAdmin(ActionAdmin):
    """The list begins with the resets that wait for a second person."""

    list_display = ["account", "status", "asker", "asked_at", "due_at"]
    list_filter = ["status"]
    list_select_related = ["user", "asked_by"]
    search_fields = ["user__email"]
    ordering = ["-status", "asked_at"]
    fields = [
        "account", "called_number", "reason", "asker", "asked_at", "due_at", "status", "confirmed_by", "done_at",
        "cancelled_by", "cancelled_at",
    ]  # fmt: skip
    action_pages = (
        ActionPage(
            name="confirm",
            label=_("Confirm and reset now"),
            permission="accounts.change_mfareset",
            offered=waits,
            explain=lambda reset: _(
                "The second factors are deleted at once, all sessions end, and the owner gets a message. "
                "You cannot confirm what you asked for yourself."
            ),
            perform=lambda reset, request: actions.confirm_mfa_reset(reset=reset, by=request.user),
        ),
        ActionPage(
            name="cancel",
            label=_("Cancel"),
            permission="accounts.change_mfareset",
            offered=waits,
            explain=lambda reset: _("Nothing is reset. The owner gets a message."),
            perform=lambda reset, request, reason: actions.cancel_mfa_reset(
                reset=reset, reason=reason, by=request.user
            ),
            form_class=ReasonForm,
        ),
    )

    @admin.display(description=_("account"), ordering="user__email")
    def account(self, reset: MFAReset) -> str:
        return reset.user.email

    @admin.display(description=_("asked by"), ordering="asked_by__email")
    def asker(self, reset: MFAReset) -> str:
        return reset.asked_by.email
