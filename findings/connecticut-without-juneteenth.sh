#!/usr/bin/env bash
# workalendar 17.0.0 has no Juneteenth in Connecticut: 19 June is a working day there, and a holiday in holidays 0.109.
#
# Connecticut keeps Juneteenth Independence Day as a legal holiday since 2023 (Public Act 22-128, General Statutes
# section 1-4), and it is a federal holiday since 2021. In the package the day is off for the United States, from which
# all states inherit, and on for the Federal Reserve alone. A closure table that it fills leaves the offices open. All
# other days of the two packages agree for Connecticut.
#
# Seen: the days of 2026 to 2028 that one package alone has for Connecticut.
#   workalendar alone: none
#   holidays alone: 2026-06-19, 2027-06-18, 2027-06-19, 2028-06-19
#   2026-06-19 is a working day in workalendar: True
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check workalendar==17.0.0 holidays==0.109

cat >expected.txt <<'TEXT'
workalendar alone: none
holidays alone: 2026-06-19, 2027-06-18, 2027-06-19, 2028-06-19
2026-06-19 is a working day in workalendar: True
TEXT
venv/bin/python - <<'PYTHON' | tee seen.txt
from datetime import date

import holidays
from workalendar.usa import Connecticut

YEARS = range(2026, 2029)
ours = {day for year in YEARS for day, _name in Connecticut().holidays(year)}
theirs = set(holidays.US(subdiv="CT", years=YEARS))
print("workalendar alone:", ", ".join(map(str, sorted(ours - theirs))) or "none")
print("holidays alone:", ", ".join(map(str, sorted(theirs - ours))))
print("2026-06-19 is a working day in workalendar:", Connecticut().is_working_day(date(2026, 6, 19)))
PYTHON
diff expected.txt seen.txt
