from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import factors, review
from certification import rules as certification_rules
from delivery import rules as delivery_rules

FILE = settings.BASE_DIR / "docs" / "states.md"
MACHINES: dict[str, Mapping[Any, Iterable[Any]]] = {
    "Physician": review.PHYSICIAN_TRANSITIONS,
    "Reset of second factors": factors.RESET_TRANSITIONS,
    "Certification": certification_rules.ALLOWED_TRANSITIONS,
    "Order": delivery_rules.ALLOWED_TRANSITIONS,
}


class Command(BaseCommand):
    help = "Print docs/states.md from the tables of transitions; --check compares, --write writes the file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--write", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        text = states()
        if options["write"]:
            FILE.write_text(text)
        elif not options["check"]:
            self.stdout.write(text, ending="")
        elif not FILE.exists() or FILE.read_text() != text:
            raise CommandError("docs/states.md is not what the code says: run manage.py print_states --write.")


def states() -> str:
    parts = ["# States\n\nPrinted from the code by `manage.py print_states --write`. No other move is possible.\n"]
    for name, transitions in MACHINES.items():
        parts.append(f"\n## {name}\n\n| from | to |\n| --- | --- |\n")
        for state, following in transitions.items():
            parts.append(f"| {state.value} | {', '.join(sorted(one.value for one in following)) or 'the end'} |\n")
    return "".join(parts)
