#!/usr/bin/env bash
# django-npi-field 0.2.2 refuses every National Provider Identifier whose check digit is 0, about one in ten.
#
# The check digit (45 CFR 162.406: Luhn, with 80840 before the number) is what is missing to the next ten, and 0 where
# nothing is missing. The package computes 10 - sum % 10, which is 10 there and equals no digit. A form that works for
# all who tried it then says to some physicians that their own number is not valid.
#
# Seen: what the validator says of the numbers from 1000000000 to 1000009999 that python-stdnum's Luhn check accepts.
#   accepted: 900 of 1000
#   refused: 100, all with the check digit 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check django-npi-field==0.2.2 Django==5.2.19 python-stdnum==2.2

cat >expected.txt <<'TEXT'
accepted: 900 of 1000
refused: 100, all with the check digit 0
TEXT
venv/bin/python - <<'PYTHON' | tee seen.txt
from django.conf import settings
from django.core.exceptions import ValidationError

settings.configure()
from npi_field.validators import npi_validator
from stdnum import luhn


def is_accepted(number):
    try:
        npi_validator(number)
    except ValidationError:
        return False
    return True


valid = [number for number in map(str, range(1_000_000_000, 1_000_010_000)) if luhn.is_valid(f"80840{number}")]
refused = [number for number in valid if not is_accepted(number)]
print(f"accepted: {len(valid) - len(refused)} of {len(valid)}")
print(f"refused: {len(refused)}, all with the check digit {', '.join(sorted({number[-1] for number in refused}))}")
PYTHON
diff expected.txt seen.txt
