"""The full names of staff as labels and papers print them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin, ListActionPage
from delivery.presenters.runs import staff_name
from dispensing import actions, rules
from dispensing.models import PaperName
from ui.forms import PortalForm

EXPLAIN = _(
    "First and last name, as in Maria Lopez. Labels, the log and manifests print it; patients and the pages of the "
    "portal keep the first name of the account. What was printed before keeps the name that it has."
)


class NameForm(PortalForm):
    full_name = forms.CharField(label=_("Full name"), max_length=rules.MOST_IN_FULL_NAME)


class StaffField(forms.ModelChoiceField):
    def label_from_instance(self, user: User) -> str:
        return f"{staff_name(user)}, {user.email}" if user.first_name else str(user.email)


class StaffNameForm(NameForm):
    user = StaffField(label=_("Account"), queryset=User.objects.filter(is_staff=True, is_active=True).order_by("email"))
    field_order = ["user", "full_name"]


def _enter_own(request: SignedInRequest, full_name: str) -> PaperName:
    return actions.enter_paper_name(user=request.user, full_name=full_name, by=request.user)


def _enter(request: SignedInRequest, user: User, full_name: str) -> PaperName:
    return actions.enter_paper_name(user=user, full_name=full_name, by=request.user)


@admin.register(PaperName)
class PaperNameAdmin(ActionAdmin):
    """A Manager enters anybody's; others see and enter their own."""

    list_display = ["full_name", "user", "entered_at"]
    list_display_links = ["full_name"]
    list_select_related = ["user"]
    search_fields = ["full_name", "user__email"]
    search_help_text = _("Name or e-mail address")
    ordering = ["full_name", "pk"]
    fields = readonly_fields = ("full_name", "user", "entered_at", "entered_by")
    list_action_pages = (
        ListActionPage(
            name="own", label=_("Enter your full name"), permission=rules.ENTER_OWN, explain=EXPLAIN,
            form_class=NameForm, perform=_enter_own,
        ),
        ListActionPage(
            name="enter", label=_("Enter a full name"), permission=rules.ENTER_ANY, explain=EXPLAIN,
            form_class=StaffNameForm, perform=_enter,
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return all names for who enters or audits them, and the own one for a Pharmacist."""
        names = super().get_queryset(request)
        is_own = request.user.has_perm(rules.ENTER_OWN) and not request.user.has_perm(rules.ENTER_ANY)
        return names.filter(user=request.user.pk) if is_own else names
