"""SQL that Django has compiled, with places for values; PostgreSQL plans it once a connection (docs/adr/0016)."""

from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from psycopg2.extensions import AsIs  # type: ignore[import-untyped] # has no types

LONGEST_NAME = 56  # of a prepared statement, before its number
_numbers = count(1)
_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()  # by connection of psycopg2: its prepared statements


class NotPreparable(TypeError):
    """The query cannot be compiled once: its SQL, or something in it, depends on the values in another way."""


def numbered(name: str) -> str:
    """Return a name for a prepared statement that no other has."""
    return f"{name[-LONGEST_NAME:]} {next(_numbers)}"


@dataclass(frozen=True)
class Statement:
    """SQL with its parameters. Those at `positions` change with each call; the others are constants.

    `types` are those of PostgreSQL for the values that change; without them it knows them by their columns.
    """

    name: str
    sql: str
    params: tuple[Any, ...]
    positions: tuple[int, ...]
    types: tuple[str, ...] = ()

    def run(self, cursor: Any, connection: Any, values: list[Any]) -> None:
        """Let the cursor execute the statement with these values, in the order of the positions."""
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors:
                self._prepare(connection.connection)
            cursor.execute(self._execute, values)
        else:
            cursor.execute(self.sql, self.filled(values))

    def filled(self, values: list[Any]) -> tuple[Any, ...]:
        """Return the parameters of the SQL, constants too."""
        params = list(self.params)
        for position, value in zip(self.positions, values, strict=True):
            params[position] = value
        return tuple(params)

    def _prepare(self, session: Any) -> None:
        """Prepare the statement, once for each connection to PostgreSQL. A rollback does not undo it."""
        known = _known.setdefault(session, set())
        if self.name in known:
            return
        # Constants stand in the text, so that an index with a condition is found.
        marks = [AsIs(f"${number}") for number in range(1, len(self.positions) + 1)]
        types = f" ({', '.join(self.types)})" if self.types else ""
        with session.cursor() as cursor:
            query = cursor.mogrify(self.sql, self.filled(marks)).decode()
            cursor.execute(f'PREPARE "{self.name}"{types} AS {query}')
        known.add(self.name)

    @cached_property
    def _execute(self) -> str:
        places = ", ".join(["%s"] * len(self.positions))
        return f'EXECUTE "{self.name}"' + (f" ({places})" if places else "")
