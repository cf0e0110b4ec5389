from typing import Any

from django.core.management.base import BaseCommand

from notifications.actions import send_due


class Command(BaseCommand):
    help = "Send what is due in the outbox."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{send_due(by=None)} sent")
