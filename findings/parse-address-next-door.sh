#!/usr/bin/env bash
# parse-address 1.1.2 makes 7 Elm St of "7 1/2 Elm St", and addresser 1.1.22 makes an apartment of a highway's number.
#
# Half numbers are real house numbers. The first package takes the whole number and drops the half without a trace, so
# a parcel goes next door. At "6th Floor" after a comma it drops all that follows the street, town and ZIP too. The
# second keeps those, but splits "1234 Route 80" into a street "Route" and a second line "80", as if it were a unit.
# Neither says that something is left over.
#
# Seen: number, street and what follows in the one; the one-line address that the other offers as formatted.
#   7 1/2 Elm St, New Haven, CT 06511
#     parse-address: 7 Elm St New Haven CT 06511
#     addresser:     7 1/2 Elm St, New Haven, CT 06511
#   300 George St, 6th Floor, New Haven, CT 06511
#     parse-address: 300 George St
#     addresser:     300 George St, 6th Floor, New Haven, CT 06511
#   1234 Route 80, Guilford, CT 06437
#     parse-address: 1234 Route 80 Guilford CT 06437
#     addresser:     1234 Route, 80, Guilford, CT 06437
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --prefix . parse-address@1.1.2 addresser@1.1.22

cat >expected.txt <<'TEXT'
7 1/2 Elm St, New Haven, CT 06511
  parse-address: 7 Elm St New Haven CT 06511
  addresser:     7 1/2 Elm St, New Haven, CT 06511
300 George St, 6th Floor, New Haven, CT 06511
  parse-address: 300 George St
  addresser:     300 George St, 6th Floor, New Haven, CT 06511
1234 Route 80, Guilford, CT 06437
  parse-address: 1234 Route 80 Guilford CT 06437
  addresser:     1234 Route, 80, Guilford, CT 06437
TEXT
node - <<'JS' | tee seen.txt
const { parseLocation } = require("parse-address");
const { parseAddress } = require("addresser");

for (const address of [
  "7 1/2 Elm St, New Haven, CT 06511",
  "300 George St, 6th Floor, New Haven, CT 06511",
  "1234 Route 80, Guilford, CT 06437",
]) {
  console.log(address);
  console.log(`  parse-address: ${Object.values(parseLocation(address)).filter(Boolean).join(" ")}`);
  console.log(`  addresser:     ${parseAddress(address).formattedAddress}`);
}
JS
diff expected.txt seen.txt
