#!/usr/bin/env bash
# nameparser 2.6.0 makes the surname "DO PARK" of "PARK, JUNE DO", a doctor of osteopathic medicine named June Park.
#
# Lists of licensed physicians often have the surname first and the degree at the end. After a comma the package knows
# the degrees MD, DDS, APRN, PA and D.O. there, but takes DO for a particle of the surname, like "de la", and puts it
# in front. "JUNE PARK DO" and "PARK, JUNE, DO" come out right, so a test with another degree or another order is
# green. The physician is then not found by surname, and is greeted by a wrong name.
#
# Seen: first name, surname and suffix of one person in six spellings.
#   PARK, JUNE MD: JUNE | PARK | MD
#   PARK, JUNE APRN: JUNE | PARK | APRN
#   PARK, JUNE D.O.: JUNE | PARK | D.O.
#   PARK, JUNE DO: JUNE | DO PARK | none
#   PARK, JUNE, DO: JUNE | PARK | DO
#   JUNE PARK DO: JUNE | PARK | DO
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check nameparser==2.6.0

cat >expected.txt <<'TEXT'
PARK, JUNE MD: JUNE | PARK | MD
PARK, JUNE APRN: JUNE | PARK | APRN
PARK, JUNE D.O.: JUNE | PARK | D.O.
PARK, JUNE DO: JUNE | DO PARK | none
PARK, JUNE, DO: JUNE | PARK | DO
JUNE PARK DO: JUNE | PARK | DO
TEXT
venv/bin/python - <<'PYTHON' | tee seen.txt
from nameparser import HumanName

for text in ("PARK, JUNE MD", "PARK, JUNE APRN", "PARK, JUNE D.O.", "PARK, JUNE DO", "PARK, JUNE, DO", "JUNE PARK DO"):
    name = HumanName(text)
    print(f"{text}: {name.first} | {name.last} | {name.suffix or 'none'}")
PYTHON
diff expected.txt seen.txt
