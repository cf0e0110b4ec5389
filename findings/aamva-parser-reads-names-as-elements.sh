#!/usr/bin/env bash
# aamva-parser 0.1.2 takes a name that begins with three letters of the AAMVA standard for another element of the card.
#
# In the code of a driver's license each line is an element: three letters that say what it is (DCS the last name, DAC
# the first name, DAI the city, DAJ the state), then its value. The package looks for the three letters anywhere, so
# they are found in the value of an earlier line: Ana Dacosta gets the first name "OSTA", Dajuan lives in the state
# "UAN", and Daisy in the city "SY". Who compares the name on a card with an order finds another person.
#
# Seen: first name, middle name, last name, city and state of four cards that differ in one name alone.
#   ANA MARIA RIVERA: ANA MARIA RIVERA, NEW HAVEN CT
#   ANA MARIA DACOSTA: OSTA MARIA DACOSTA, NEW HAVEN CT
#   DAJUAN MARIA RIVERA: DAJUAN MARIA RIVERA, NEW HAVEN UAN
#   ANA DAISY RIVERA: ANA DAISY RIVERA, SY CT
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check aamva-parser==0.1.2

cat >expected.txt <<'TEXT'
ANA MARIA RIVERA: ANA MARIA RIVERA, NEW HAVEN CT
ANA MARIA DACOSTA: OSTA MARIA DACOSTA, NEW HAVEN CT
DAJUAN MARIA RIVERA: DAJUAN MARIA RIVERA, NEW HAVEN UAN
ANA DAISY RIVERA: ANA DAISY RIVERA, SY CT
TEXT
venv/bin/python - <<'PYTHON' | tee seen.txt
import aamva_parser


def card(first, middle, last):
    """Return the code of a Connecticut license, version 10 of the standard, with its one subfile DL."""
    elements = [
        "DAQ123456789", f"DCS{last}", "DDEN", f"DAC{first}", "DDFN", f"DAD{middle}", "DDGN", "DCAD", "DCBNONE",
        "DCDNONE", "DBD03012024", "DBB02291980", "DBA02282030", "DBC2", "DAU064 IN", "DAYBRO", "DAG12 OAK ST",
        "DAINEW HAVEN", "DAJCT", "DAK065110000", "DCF1", "DCGUSA",
    ]
    subfile = "DL" + "\n".join(elements) + "\r"
    return f"@\n\x1e\rANSI 636006100101DL0031{len(subfile):04}{subfile}"


for names in (("ANA", "MARIA", "RIVERA"), ("ANA", "MARIA", "DACOSTA"), ("DAJUAN", "MARIA", "RIVERA"),
              ("ANA", "DAISY", "RIVERA")):
    found = aamva_parser.parse(card(*names))
    print(f"{' '.join(names)}: {found.first_name} {found.middle_name} {found.last_name}, {found.city} {found.state}")
PYTHON
diff expected.txt seen.txt
