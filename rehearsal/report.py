"""The table of a rehearsal: what was done, what was seen and what was lost."""

import textwrap
import time
from dataclasses import dataclass, field

WIDTHS = (40, 60, 20)


@dataclass(frozen=True)
class Row:
    done: str
    seen: str
    lost: str  # empty when nothing was lost


@dataclass
class Report:
    rows: list[Row] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def add(self, done: str, seen: str, *, lost: str = "") -> None:
        """Add a row, and print it at once, because a rehearsal takes minutes."""
        self.rows.append(Row(done, seen, lost))
        print(f"{self.seconds:5.0f} s  {done}: {seen}{f'  LOST: {lost}' if lost else ''}", flush=True)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def is_whole(self) -> bool:
        return bool(self.rows) and not any(row.lost for row in self.rows)

    def table(self) -> str:
        lines = [*_laid_out("What was done", "What was seen", "Lost"), *_laid_out(*("-" * width for width in WIDTHS))]
        for row in self.rows:
            lines += _laid_out(row.done, row.seen, row.lost or "nothing")
        return "\n".join(lines)


def _laid_out(*cells: str) -> list[str]:
    """Return the lines of a row; a text that is too long for its column continues on the next line."""
    parts = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, WIDTHS, strict=True)]
    height = max(map(len, parts))
    padded = [part + [""] * (height - len(part)) for part in parts]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, WIDTHS, strict=True)).rstrip()
        for line in zip(*padded, strict=True)
    ]
