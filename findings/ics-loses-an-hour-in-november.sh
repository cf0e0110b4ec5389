#!/usr/bin/env bash
# ics 0.7.3 moves a weekly appointment at 9:00 in New York to 8:00 after the clocks change, by reading and writing it.
#
# The package turns each time into UTC but keeps the rule of repetition as it is. DTSTART;TZID=America/New_York at 9:00
# becomes 13:00Z, weekly, which is 9:00 until 1 November and 8:00 from then on. A feed that is merged or filtered with
# it and sent on brings people to a closed door. Where a calendar names no scale, it also adds CALSCALE:GEORGIAN (RFC
# 5545, 3.7.1 knows GREGORIAN alone), for which recurring-ical-events 3.8.2 refuses all of it, so that the lost hour
# shows only to who corrects the word.
#
# Seen: three weeks of the appointment in New York before and after, as recurring-ical-events has them.
#   before: 10-26 09:00, 11-02 09:00, 11-09 09:00
#   after: refused (Only Gregorian calendars are supported.)
#   with GREGORIAN: 10-26 09:00, 11-02 08:00, 11-09 08:00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check ics==0.7.3 icalendar==7.3.2 tzdata==2026.6 \
    recurring-ical-events==3.8.2

cat >expected.txt <<'TEXT'
before: 10-26 09:00, 11-02 09:00, 11-09 09:00
after: refused (Only Gregorian calendars are supported.)
with GREGORIAN: 10-26 09:00, 11-02 08:00, 11-09 08:00
TEXT
venv/bin/python - <<'PYTHON' | tee seen.txt
from datetime import date
from zoneinfo import ZoneInfo

import icalendar
import ics
import recurring_ical_events
from recurring_ical_events.errors import InvalidCalendar

CALENDAR = "\r\n".join([
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", "BEGIN:VEVENT", "UID:1@example.org",
    "DTSTAMP:20261001T000000Z", "DTSTART;TZID=America/New_York:20261026T090000",
    "DTEND;TZID=America/New_York:20261026T093000", "RRULE:FREQ=WEEKLY;COUNT=3", "END:VEVENT", "END:VCALENDAR", "",
])


def weeks(text):
    """Return when the appointment is in New York, in the last quarter of 2026."""
    try:
        query = recurring_ical_events.of(icalendar.Calendar.from_ical(text))
    except InvalidCalendar as error:
        return f"refused ({error})"
    starts = [event["DTSTART"].dt for event in query.between(date(2026, 10, 1), date(2027, 1, 1))]
    return ", ".join(f"{start.astimezone(ZoneInfo('America/New_York')):%m-%d %H:%M}" for start in sorted(starts))


passed_on = ics.Calendar(CALENDAR).serialize()
print("before:", weeks(CALENDAR))
print("after:", weeks(passed_on))
print("with GREGORIAN:", weeks(passed_on.replace("CALSCALE:GEORGIAN", "CALSCALE:GREGORIAN")))
PYTHON
diff expected.txt seen.txt
