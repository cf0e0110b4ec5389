from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import ngettext

from certification.actions import queue_renewal_reminders


class Command(BaseCommand):
    help = "Queues the renewal reminders of today. A second run changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        count = queue_renewal_reminders(today=timezone.localdate(), by=None)
        words = ngettext(
            "%(count)d certification has a reminder due.", "%(count)d certifications have a reminder due.", count
        )
        self.stdout.write(words % {"count": count})
