from django.contrib import admin

from audit.action_admin import ActionAdmin
from audit.models import Event


@admin.register(Event)
class EventAdmin(ActionAdmin):
    list_display = [
        "created_at",
        "actor_id",
        "role",
        "action",
        "subject_type",
        "subject_id",
        "outcome",
        "reason",
        "address",
    ]
    list_filter = ["outcome", "action", "role"]
    list_lookups = ("subject_type", "subject_id")  # of the link "Audit trail" on every page
    search_fields = ["=actor_id", "=subject_id"]
    fields = [*list_display, "session", "request_id"]
