from django.core.management.base import BaseCommand
from django.utils import timezone

from delivery.actions import make_windows


class Command(BaseCommand):
    help = "Make the delivery windows of the next weeks. Those that stand are left alone."

    def handle(self, **options):
        count = make_windows(today=timezone.localdate(), by=None)
        self.stdout.write(f"{count} delivery windows stand in the next weeks.")
