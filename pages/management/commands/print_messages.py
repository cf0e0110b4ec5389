from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from notifications.previews import document

FILE = settings.BASE_DIR / "docs" / "messages.md"


class Command(BaseCommand):
    help = "Print docs/messages.md, the table of all kinds of messages; --write writes the file. A test compares it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write"]:
            FILE.write_text(document())
        else:
            self.stdout.write(document(), ending="")
