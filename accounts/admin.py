from importlib import import_module

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts.models import IdentificationTry, Physician, Registration, User
from audit.action_admin import ActionAdmin
from ui.text import search_name

# Groups are synced from the code; the other three would show session keys, and change accounts past our actions.
for app in ("django.contrib.auth", "allauth.account", "allauth.mfa", "allauth.usersessions"):
    import_module(f"{app}.admin")
import_module("accounts.admin_rosters")
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])


def change_password(request, extra_context=None):
    """allauth's page counts wrong tries and tells the owner by mail; the admin's own does neither."""
    return redirect("account_change_password")


admin.site.password_change = change_password


@admin.register(User)
class UserAdmin(ActionAdmin):
    list_display = ["email", "groups_held", "is_staff", "is_active", "last_login"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["email"]
    ordering = ["email"]
    fields = ["email", "is_active", "is_staff", "is_superuser", "groups_held", "last_login", "created_at"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("groups"))
    def groups_held(self, user):
        return ", ".join(sorted(group.name for group in user.groups.all())) or "-"


class RegistrationInline(admin.TabularInline):
    model = Registration
    fields = [
        "kind", "number", "state", "schedules", "is_active", "is_limited", "expires_date", "verified_at", "source",
    ]  # fmt: skip
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(Physician)
class PhysicianAdmin(ActionAdmin):
    """The digest of the SSN digits stands in no list and in no page."""

    list_display = ["name", "dea_number", "npi", "practice_city", "practice_state", "status", "has_account"]
    list_filter = ["status"]
    search_fields = ["search_name", "=dea_number", "=npi"]
    search_help_text = _("Name, DEA number or NPI")
    ordering = ["search_name"]
    fields = [
        "first_name", "last_name", "dea_number", "npi", "status", "has_account", "email", "phone",
        "practice_name", "practice_street", "practice_city", "practice_state", "practice_zip",
    ]  # fmt: skip
    inlines = [RegistrationInline]

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, search_name(search_term))

    @admin.display(description=_("account"), boolean=True)
    def has_account(self, physician):
        return physician.user_id is not None


@admin.register(IdentificationTry)
class IdentificationTryAdmin(ActionAdmin):
    list_display = ["at", "account", "address", "succeeded"]
    list_filter = ["succeeded"]
    list_select_related = ["user"]
    ordering = ["-at"]
    fields = ["at", "account", "address", "succeeded"]

    @admin.display(description=_("account"), ordering="user__email")
    def account(self, one_try):
        return one_try.user.email
