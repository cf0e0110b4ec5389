"""What the portal knows of a ZIP code without the network."""

import re
from functools import lru_cache

import zipcodes


@lru_cache(maxsize=1000)
def place_of(zip_code: str) -> dict[str, str] | None:
    """Return state, kind (`zip_code_type`) and coordinates (`lat`, `long`), or None for an unknown code.

    Answers are cached: the list has 42,789 codes, and each search begins at its start.
    """
    if not re.fullmatch(r"[0-9]{5}", zip_code):
        return None
    return next(iter(zipcodes.matching(zip_code)), None)
