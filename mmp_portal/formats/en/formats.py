"""How days are written: “November 25, 2026”."""

DAY_FORMAT = "F j, Y"
LONG_DAY_FORMAT = "l, F j, Y"
LONG_MONTH_DAY_FORMAT = "l, F j"
CLOSING_FORMAT = r"P \o\n l, F j"
SHORT_DAY_FORMAT = "D, M j"
