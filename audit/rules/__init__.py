"""What a seal says of the events, and whether the events still agree. Nothing here writes."""

from audit.rules.outside import OutsideError, outside_line, read_outside
from audit.rules.sealing import (
    COLUMNS,
    Ranges,
    awaited_ranges,
    fingerprints_of,
    gaps_between,
    is_awaited,
    packed,
    row_digest,
    rows_digest,
    seal_digest,
    still_awaited,
)
from audit.rules.verification import Problem, Report, verify

__all__ = [
    "COLUMNS",
    "Ranges",
    "OutsideError",
    "Problem",
    "Report",
    "awaited_ranges",
    "fingerprints_of",
    "gaps_between",
    "is_awaited",
    "outside_line",
    "packed",
    "read_outside",
    "row_digest",
    "rows_digest",
    "seal_digest",
    "still_awaited",
    "verify",
]
