"""The problems of one import, as a CSV to hand on."""

import csv


def write_problems(roster_import, out):
    """Line, column, severity and reason of each problem, into a text file or anything with `write`."""
    writer = csv.writer(out)
    writer.writerow(["line", "column", "severity", "reason"])
    problems = roster_import.problems.order_by("line", "pk").values_list("line", "column", "severity", "reason")
    writer.writerows(problems.iterator())
