from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import recheck_registrations


class Command(BaseCommand):
    help = (
        "Tells physicians and Registrars of registrations that have ended, or soon will. Run again, it changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = recheck_registrations(today=timezone.localdate(), by=None)
        words = _("Registrations ended: %(ended)d; ending within 60 days: %(ending)d; physicians who left: %(left)d.")
        numbers = {"ended": sum(found.ended.values()), "ending": sum(found.ending.values()), "left": found.left}
        self.stdout.write(words % numbers)
