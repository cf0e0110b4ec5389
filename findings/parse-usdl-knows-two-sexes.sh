#!/usr/bin/env bash
# parse-usdl 3.2.0 calls the holder of a license female when the card says that the sex is not specified.
#
# The AAMVA standard has three values for the sex (element DBC): 1 male, 2 female, 9 not specified. The package knows 1,
# and makes "F" of all else, so a card that leaves the question open comes out as a definite answer. Who copies it into
# a form, or compares it with a physician's record, has a false entry or a mismatch that the holder must explain.
# aamvajs 0.1.1 tells the three apart.
#
# Seen: the sex that each package reads from three cards that differ in this element alone.
#   1: parse-usdl M, aamvajs M
#   2: parse-usdl F, aamvajs F
#   9: parse-usdl F, aamvajs NS
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --prefix . parse-usdl@3.2.0 aamvajs@0.1.1

cat >expected.txt <<'TEXT'
1: parse-usdl M, aamvajs M
2: parse-usdl F, aamvajs F
9: parse-usdl F, aamvajs NS
TEXT
node - <<'JS' | tee seen.txt
const { parse } = require("parse-usdl");
const aamva = require("aamvajs");

// The code of a Connecticut license, version 10 of the standard, with its one subfile DL.
function card(sex) {
  const elements = [
    "DAQ123456789", "DCSRIVERA", "DDEN", "DACALEX", "DDFN", "DADMORGAN", "DDGN", "DCAD", "DCBNONE", "DCDNONE",
    "DBD03012024", "DBB02291980", "DBA02282030", `DBC${sex}`, "DAU064 IN", "DAYBRO", "DAG12 OAK ST", "DAINEW HAVEN",
    "DAJCT", "DAK065110000", "DCF1", "DCGUSA",
  ];
  const subfile = `DL${elements.join("\n")}\r`;
  return `@\n\x1e\rANSI 636006100101DL0031${String(subfile.length).padStart(4, "0")}${subfile}`;
}

for (const sex of ["1", "2", "9"]) {
  console.log(`${sex}: parse-usdl ${parse(card(sex)).sex}, aamvajs ${aamva.raw(card(sex)).data.sex}`);
}
JS
diff expected.txt seen.txt
