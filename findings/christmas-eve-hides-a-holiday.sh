#!/usr/bin/env bash
# business-days-js 2.3.0 counts Friday 24 December 2027 as a business day, although its own list has it as a holiday.
#
# In 2027 Christmas falls on a Saturday, so the federal day off is the Friday before (5 U.S.C. 6103(b)). The package's
# getHolidays() says so. Its check(), addDays() and countDays() look at the first entry of the day alone, which is
# "Christmas Eve", optional, and never at the second, the public holiday. An order with "the next business day" is
# promised for a day on which nobody works. The next such years are 2027 and 2032: a test of today's dates is green.
#
# Seen: the weekdays of 2026 to 2032 that getHolidays() lists for Connecticut and check() calls business days.
#   2027-12-24 Christmas Day (substitute day)
#   2032-12-24 Christmas Day (substitute day)
#   the next business day after 2027-12-23: 2027-12-24
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --prefix . business-days-js@2.3.0 date-holidays@3.37.0 dayjs@1.11.23

cat >expected.txt <<'TEXT'
2027-12-24 Christmas Day (substitute day)
2032-12-24 Christmas Day (substitute day)
the next business day after 2027-12-23: 2027-12-24
TEXT
TZ=America/New_York node - <<'JS' | tee seen.txt
const BusinessDays = require("business-days-js");

const days = new BusinessDays({ state: "CT" });
for (let year = 2026; year <= 2032; year += 1) {
  for (const { date, name } of days.getHolidays(year)) {
    const day = date.slice(0, 10);
    const isWeekend = [0, 6].includes(new Date(`${day}T12:00:00`).getDay());
    if (!isWeekend && days.check(day)) console.log(day, name);
  }
}
console.log("the next business day after 2027-12-23:", days.addDays("2027-12-23", 1).format("YYYY-MM-DD"));
JS
diff expected.txt seen.txt
