from typing import Any

from django.core.management.base import BaseCommand

from accounts.actions import sync_staff_groups
from certification.actions import sync_conditions
from certification.reference import ALLOTMENT_LIMITS, CONDITIONS
from delivery.actions import sync_policies
from delivery.reference import POLICIES


class Command(BaseCommand):
    help = (
        "Write the staff groups, conditions, limits and first delivery terms into the database. "
        "Running it again changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        sync_staff_groups(by=None)
        sync_conditions(conditions=CONDITIONS, limits=ALLOTMENT_LIMITS, by=None)
        sync_policies(policies=POLICIES, by=None)
