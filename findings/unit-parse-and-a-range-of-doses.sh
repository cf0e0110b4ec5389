#!/usr/bin/env bash
# unit-parse 0.1.12 reads "10-20 mg" as 10 to the power of -20 mg, and "1 1/8 oz" as an eighth of an ounce.
#
# The package takes quantities out of free text and reduces a range to its first number, so "5-10 mg" is 5 mg. Where
# the first number is 10, though, it takes the second for an exponent, also when "to" stands between them. Of a whole
# number and a fraction it keeps the fraction alone, or divides the whole: "2 1/2 lb" is 1 lb. "1,5 g" is 15 g. All come
# back as a quantity with a unit, as sound as 3.5 g does, and a check against a limit lets too much pass.
#
# Seen: what it reads in eight texts.
#   3.5 g: 3.5 gram
#   1/8 oz: 0.125 ounce
#   1 1/8 oz: 0.125 ounce
#   2 1/2 lb: 1.0 pound
#   5-10 mg: 5 milligram
#   10-20 mg: 1e-20 milligram
#   10 to 20 mg: 1e-20 milligram
#   1,5 g: 15 gram
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check unit-parse==0.1.12 Pint==0.25.3

cat >expected.txt <<'TEXT'
3.5 g: 3.5 gram
1/8 oz: 0.125 ounce
1 1/8 oz: 0.125 ounce
2 1/2 lb: 1.0 pound
5-10 mg: 5 milligram
10-20 mg: 1e-20 milligram
10 to 20 mg: 1e-20 milligram
1,5 g: 15 gram
TEXT
venv/bin/python - 2>warnings.txt <<'PYTHON' | tee seen.txt
from unit_parse import parser

for text in ("3.5 g", "1/8 oz", "1 1/8 oz", "2 1/2 lb", "5-10 mg", "10-20 mg", "10 to 20 mg", "1,5 g"):
    quantity = parser(text)
    print(f"{text}: {quantity.magnitude} {quantity.units:D}")
PYTHON
diff expected.txt seen.txt
