"""The counts and findings of a scan."""

import time
from collections import Counter


class Findings:
    """Counts by name, and findings as (kind, where, what)."""

    def __init__(self):
        self.counts, self.found = Counter(), []
        self.begun = time.monotonic()

    def count(self, what, number=1):
        self.counts[what] += number

    def add(self, kind, where, what):
        if (kind, where, what) not in self.found:
            self.found.append((kind, where, what))

    def of(self, kind):
        return [(where, what) for its_kind, where, what in self.found if its_kind == kind]

    def log(self, words):
        """Print a line of progress with the seconds since the start."""
        print(f"[{time.monotonic() - self.begun:5.0f} s] {words}", flush=True)

    def report(self):
        """Print the counts and the findings; return the exit status."""
        for what, number in sorted(self.counts.items()):
            print(f"  {number:>6} {what}")
        print(f"  {len(self.found):>6} findings")
        for kind, where, what in self.found:
            print(f"    {kind}: {where}\n      {what[:500]}")
        return 1 if self.found else 0
