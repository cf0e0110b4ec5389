from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pages.actions import reencrypt
from pages.sealed import key_counts
from ui.encryption import keys, newest_key_id


class Command(BaseCommand):
    help = (
        "Seal every encrypted value with the newest key of FIELD_KEYS. It may be stopped and run again at any time. "
        "--check changes nothing and fails while a value needs another key."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only count the values of each key")
        parser.add_argument("--batch", type=int, default=200, metavar="ROWS", help="rows in one transaction (200)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError("--batch must be 1 or more.")
        unreadable = 0
        if not options["check"]:
            unreadable = reencrypt(
                batch=options["batch"], progress=self._progress(options["verbosity"]), by=None
            ).unreadable
        self._report(key_counts(), unreadable)

    def _progress(self, verbosity: int) -> Callable[[str], None]:
        """Return a function that prints a line of progress when the verbosity is above 1."""

        def print_line(line: str) -> None:
            if verbosity > 1:
                self.stdout.write(line)
                self.stdout.flush()

        return print_line

    def _report(self, counts: Mapping[str, Counter[str]], unreadable: int) -> None:
        """Print the number of values of each key; raise CommandError while a value needs an older or missing key."""
        by_key: Counter[str] = sum(counts.values(), Counter())
        for key_id in dict.fromkeys([*keys(), *by_key]):
            self.stdout.write(f"{key_id or 'no key'}: {by_key[key_id]} values{_remark(key_id)}")
        lost = sum(by_key[key_id] for key_id in by_key if key_id not in keys())
        old = by_key.total() - by_key[newest_key_id()] - lost
        if lost or old:
            where = [
                f"  {name}: {_counts_of_other_keys(count)}"
                for name, count in counts.items()
                if _counts_of_other_keys(count)
            ]
            raise CommandError("\n".join([*_sentences(lost, old, unreadable), *where]))
        self.stdout.write(f"Every value is sealed with {newest_key_id()}: you can remove the older keys.")


def _remark(key_id: str) -> str:
    """Return what to print behind the count of a key: whether it is the newest or missing."""
    if key_id == newest_key_id():
        return " (the newest)"
    return "" if key_id in keys() else " (not in FIELD_KEYS)"


def _counts_of_other_keys(counts: Counter[str]) -> str:
    """Return how many values each key but the newest has sealed, as text; "" when there are none."""
    return ", ".join(
        f"{count} by {key_id or 'no key'}" for key_id, count in counts.items() if key_id != newest_key_id()
    )


def _sentences(lost: int, old: int, unreadable: int) -> Iterator[str]:
    """Yield what the operator has to do, one sentence for each kind of problem."""
    if lost:
        yield f"{lost} values are sealed with a key that FIELD_KEYS does not hold. Put that key back behind the newest."
    if unreadable:
        yield f"{unreadable} rows cannot be opened: FIELD_KEYS holds another key under their id. Correct FIELD_KEYS."
    if old:
        yield f"{old} values still need an older key. Run manage.py reencrypt, and keep the key until none is left."
