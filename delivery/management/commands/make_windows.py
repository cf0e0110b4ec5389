from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from delivery.actions import make_windows


class Command(BaseCommand):
    help = "Make the delivery windows of the next weeks. Windows that exist are left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        count = make_windows(today=timezone.localdate(), by=None)
        self.stdout.write(f"The next weeks have {count} delivery windows.")
