import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pages import demo


class Command(BaseCommand):
    help = "Make the demo people if they are missing, and print a table of them. Refuses unless DEBUG is on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("seed_demo makes people with a public password: it needs DEBUG on.")
        if not demo.is_seeded():
            demo.seed()
        if options["json"]:
            self.stdout.write(json.dumps(demo.rows(), indent=2))
        else:
            self.print_table(demo.rows())

    def print_table(self, rows: list[dict[str, str]]) -> None:
        columns = ["role", "email", "password", "dea_number", "ssn_last_four", "about"]
        titles = dict(zip(columns, ["Role", "E-mail", "Password", "DEA number", "SSN", "About"], strict=True))
        widths = {name: max(len(row[name]) for row in [*rows, titles]) for name in columns}
        for row in [titles, {name: "-" * widths[name] for name in columns}, *rows]:
            self.stdout.write("  ".join(row[name].ljust(widths[name]) for name in columns).rstrip())
