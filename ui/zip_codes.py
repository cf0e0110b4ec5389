"""What is known of a ZIP code, without asking anybody."""

import re
from functools import lru_cache

import zipcodes


@lru_cache(maxsize=1000)
def place_of(zip_code: str) -> dict[str, str] | None:
    """State, kind (`zip_code_type`) and coordinates (`lat`, `long`), or None where there is no such code.

    Kept: the list has 42,789, and each search begins at its start.
    """
    if not re.fullmatch(r"[0-9]{5}", zip_code):
        return None
    return next(iter(zipcodes.matching(zip_code)), None)
