from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import rules as accounts_rules
from certification import rules as certification_rules
from delivery import rules as delivery_rules
from ui.moves import Move

FILE = settings.BASE_DIR / "docs" / "states.md"
MACHINES: dict[str, dict[str, Move]] = {
    "Physician": accounts_rules.PHYSICIAN_MOVES,
    "Reset of second factors": accounts_rules.RESET_MOVES,
    "Certification": certification_rules.MOVES,
    "Patient": certification_rules.PATIENT_MOVES,
    "Patient's request": certification_rules.REQUEST_MOVES,
    "Order": delivery_rules.MOVES,
}


class Command(BaseCommand):
    help = "Print docs/states.md from the tables of moves; --check compares, --write writes the file."

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
    parts += [f"\n## {name}\n\n{_table_of_moves(moves)}" for name, moves in MACHINES.items()]
    return "".join(parts)


def _table_of_moves(moves: dict[str, Move]) -> str:
    """Return one line for each verb."""
    lines = ["| verb | from | to | who may | what follows |", "| --- | --- | --- | --- | --- |"]
    for verb, move in moves.items():
        lines.append(f"| {verb} | {', '.join(sorted(map(str, move.from_)))} | {move.to} | {move.who} | {move.then} |")
    return "\n".join(lines) + "\n"
