from typing import Any

from django.core.management.base import BaseCommand

from ui import messages


class Command(BaseCommand):
    help = "Writes the words that patients, caregivers and visitors read into the catalog, and says which lack Spanish."

    def handle(self, **_options: Any) -> None:
        catalog = messages.translated()
        catalog.update(messages.collected(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        messages.write(catalog)
        for message in messages.without_translation(catalog):
            self.stdout.write(repr(message.id))
