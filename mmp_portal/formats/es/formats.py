"""How days are written: “25 de noviembre de 2026”. Figures are those of the United States."""

DAY_FORMAT = r"j \d\e F \d\e Y"
LONG_DAY_FORMAT = r"l j \d\e F \d\e Y"
LONG_MONTH_DAY_FORMAT = r"l j \d\e F"
CLOSING_FORMAT = r"P \d\e\l l j \d\e F"
TIME_FORMAT = "P"
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
