"""Search for names by the beginning of any of their words."""

import re
from collections.abc import Callable
from typing import Any

from django.db.models import CharField, Lookup

PLAIN = re.compile("[a-z0-9]+")


@CharField.register_lookup
class BeginsWord(Lookup):
    """`search_name__begins_word="del"`: one of the words, as `ui.text.search_name` writes them, begins so.

    PostgreSQL finds it in the index that `index_words` makes, which knows letters and digits; whatever else a word
    holds is compared with the text itself, as on SQLite.
    """

    lookup_name = "begins_word"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        lhs, params = self.process_lhs(compiler, connection)
        word = connection.ops.prep_for_like_query(self.rhs)
        return rf"({lhs} LIKE %s ESCAPE '\' OR {lhs} LIKE %s ESCAPE '\')", [*params, f"{word}%", *params, f"% {word}%"]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not PLAIN.fullmatch(self.rhs):
            return self.as_sql(compiler, connection)
        lhs, params = self.process_lhs(compiler, connection)
        return f"to_tsvector('simple', {lhs}) @@ to_tsquery('simple', %s)", [*params, f"{self.rhs}:*"]


def index_words(table: str, column: str = "search_name") -> Callable[[Any, Any], None]:
    """Return an operation for a migration's RunPython that makes the lookup's index. SQLite has none."""

    def make(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE INDEX {table}_{column}_words ON {table} USING gin (to_tsvector('simple', {column}))"
            )

    return make


def drop_words_index(table: str, column: str = "search_name") -> Callable[[Any, Any], None]:
    def drop(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP INDEX {table}_{column}_words")

    return drop
