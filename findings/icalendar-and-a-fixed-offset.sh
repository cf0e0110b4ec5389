#!/usr/bin/env bash
# icalendar 7.3.2 writes a fixed offset as a zone that nobody knows, and ical 14.3.1 then refuses the whole calendar.
#
# datetime.fromisoformat("2026-06-01T09:00:00-04:00") has the time zone UTC-04:00. The package writes it as
# DTSTART;TZID="UTC-04:00":20260601T090000, a name of no time zone database, and gives no VTIMEZONE for it (RFC 5545,
# 3.2.19 asks for one), not even when add_missing_timezones() is called, which raises nothing. So the offset is lost:
# the package itself reads the time back without a zone, and ical refuses the file, with all other appointments in it.
# One appointment that came by way of JSON takes a whole feed away. With ZoneInfo("America/New_York") all is well.
#
# Seen: calendars with one appointment at 9:00 in New York, by offset and by zone, and one at 15:00 in UTC.
#   DTSTART;TZID="UTC-04:00":20260601T090000
#     0 VTIMEZONE, icalendar reads 09:00 without zone, 15:00 UTC; ical refuses the calendar
#   DTSTART;TZID=America/New_York:20260601T090000
#     1 VTIMEZONE, icalendar reads 13:00 UTC, 15:00 UTC; ical reads 13:00 UTC, 15:00 UTC
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check icalendar==7.3.2 ical==14.3.1 tzdata==2026.6

cat >expected.txt <<'TEXT'
DTSTART;TZID="UTC-04:00":20260601T090000
  0 VTIMEZONE, icalendar reads 09:00 without zone, 15:00 UTC; ical refuses the calendar
DTSTART;TZID=America/New_York:20260601T090000
  1 VTIMEZONE, icalendar reads 13:00 UTC, 15:00 UTC; ical reads 13:00 UTC, 15:00 UTC
TEXT
venv/bin/python - <<'PYTHON' | tee seen.txt
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from ical.calendar_stream import IcsCalendarStream
from ical.exceptions import CalendarParseError
from icalendar import Calendar, Event


def times(moments):
    """Return the times of day in UTC, or as they stand where no zone is known."""
    return ", ".join(f"{moment:%H:%M} without zone" if moment.tzinfo is None
                     else f"{moment.astimezone(timezone.utc):%H:%M} UTC" for moment in moments)


def seen_by_ical(text):
    try:
        return "reads " + times(event.dtstart for event in IcsCalendarStream.calendar_from_ics(text).events)
    except CalendarParseError:
        return "refuses the calendar"


for start in (datetime.fromisoformat("2026-06-01T09:00:00-04:00"),
              datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("America/New_York"))):
    calendar = Calendar()
    calendar.add("prodid", "-//Example//EN")
    calendar.add("version", "2.0")
    for number, moment in enumerate((start, datetime(2026, 6, 1, 15, tzinfo=timezone.utc)), 1):
        event = Event()
        event.add("uid", f"{number}@example.org")
        event.add("dtstamp", datetime(2026, 5, 1, tzinfo=timezone.utc))
        event.add("dtstart", moment)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    text = calendar.to_ical().decode()
    print(next(line for line in text.splitlines() if line.endswith(":20260601T090000")))
    own = times(event["dtstart"].dt for event in Calendar.from_ical(text).walk("VEVENT"))
    print(f"  {text.count('BEGIN:VTIMEZONE')} VTIMEZONE, icalendar reads {own}; ical {seen_by_ical(text)}")
PYTHON
diff expected.txt seen.txt
