"""A move from one status to another, by the verb that people use for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Move:
    """From which statuses a verb leads to which status, who may do it, and what follows from it."""

    from_: frozenset[str]
    to: str
    who: str
    then: str = ""
