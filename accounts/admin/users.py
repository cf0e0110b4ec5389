"""Accounts. Pages of Django's admin and of allauth that would go around our actions are not offered."""

from importlib import import_module
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts.admin.mfa import RESET_MFA
from accounts.models import User
from audit.action_admin import ActionAdmin

# Groups are synced from the code; the other three would show session keys, and change accounts past our actions.
for app in ("django.contrib.auth", "allauth.account", "allauth.mfa", "allauth.usersessions", "allauth.socialaccount"):
    import_module(f"{app}.admin")
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken])


def change_password(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseRedirect:
    """Lead to allauth's page, which counts wrong tries and notifies the owner; the admin's own does neither."""
    return redirect("account_change_password")


def no_autocompletion(request: HttpRequest) -> HttpResponse:
    """Answer 404: no page of the admin completes a name, so that no search term is part of an address."""
    raise Http404


admin.site.password_change = change_password  # type: ignore[method-assign,assignment] # redirects
admin.site.autocomplete_view = no_autocompletion  # type: ignore[method-assign] # refuses


@admin.register(User)
class UserAdmin(ActionAdmin):
    list_display = ["email", "first_name", "groups_held", "is_staff", "is_active", "last_login"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["email", "first_name"]
    ordering = ["email"]
    fields = ["email", "first_name", "is_active", "is_staff", "is_superuser", "groups_held", "last_login", "created_at"]
    action_pages = (RESET_MFA,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("groups"))
    def groups_held(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))
