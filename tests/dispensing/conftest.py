from datetime import UTC, datetime

import pytest
import time_machine


@pytest.fixture(autouse=True)
def monday():
    """Stop the clock on Monday, November 23, 2026, 10 a.m. in New York: Wednesday can still be ordered for."""
    with time_machine.travel(datetime(2026, 11, 23, 15, tzinfo=UTC), tick=False) as clock:
        yield clock
