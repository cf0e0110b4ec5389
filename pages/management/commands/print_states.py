from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import rules as accounts_rules
from certification import rules as certification_rules
from delivery import rules as delivery_rules
from ui.moves import Move

FILE = settings.BASE_DIR / "docs" / "states.md"
MACHINES = {
    "Physician": accounts_rules.PHYSICIAN_MOVES,
    "Reset of second factors": accounts_rules.RESET_MOVES,
    "Certification": certification_rules.ALLOWED_TRANSITIONS,
    "Order": delivery_rules.ALLOWED_TRANSITIONS,
}


class Command(BaseCommand):
    help = "Print docs/states.md from the tables of moves; --check compares, --write writes the file."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--write", action="store_true")

    def handle(self, *args, **options):
        text = states()
        if options["write"]:
            FILE.write_text(text)
        elif not options["check"]:
            self.stdout.write(text, ending="")
        elif not FILE.exists() or FILE.read_text() != text:
            raise CommandError("docs/states.md is not what the code says: run manage.py print_states --write.")


def states():
    parts = ["# States\n\nPrinted from the code by `manage.py print_states --write`. No other move is possible.\n"]
    parts += [f"\n## {name}\n\n{_table(moves)}" for name, moves in MACHINES.items()]
    return "".join(parts)


def _table(moves):
    """Return a table by verb where the app names its verbs (`Move`), or else a table by status."""
    if all(isinstance(move, Move) for move in moves.values()):
        return _verbs(moves)
    rows = [f"| {state.value} | {_values(following) or 'the end'} |" for state, following in moves.items()]
    return "\n".join(["| from | to |", "| --- | --- |", *rows, ""])


def _verbs(moves):
    rows = [
        f"| {verb} | {_values(move.from_)} | {move.to.value} | {move.who} | {move.then} |"
        for verb, move in moves.items()
    ]
    return "\n".join(["| verb | from | to | who may | what follows |", "| --- | --- | --- | --- | --- |", *rows, ""])


def _values(statuses):
    return ", ".join(sorted(status.value for status in statuses))
