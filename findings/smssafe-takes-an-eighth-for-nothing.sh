#!/usr/bin/env bash
# smssafe 0.0.1 deletes the eighths: a text message about "1⅛ oz" arrives as "1 oz", and "1¼ oz" as "11/4 oz".
#
# The package makes text fit for the GSM alphabet of SMS, which has none of these characters. It spells ½, ¼ and ¾ with
# a slash but no space, so a whole number before them becomes part of the fraction: 1¼ is read as eleven quarters. The
# eighths, by which this trade sells, it drops without a word. The message looks sound and names another amount. Of
# three packages that write any text in ASCII, anyascii 0.3.3 and text-unidecode 1.3 have the eleven quarters too, and
# only Unidecode 1.4.0 keeps every amount.
#
# Seen: what each package makes of four amounts.
#   3½ g: smssafe '31/2 g', anyascii '31/2 g', text-unidecode '31/2 g', Unidecode '3 1/2 g'
#   1¼ oz: smssafe '11/4 oz', anyascii '11/4 oz', text-unidecode '11/4 oz', Unidecode '1 1/4 oz'
#   ⅛ oz: smssafe ' oz', anyascii '1/8 oz', text-unidecode ' 1/8  oz', Unidecode ' 1/8  oz'
#   1⅛ oz: smssafe '1 oz', anyascii '11/8 oz', text-unidecode '1 1/8  oz', Unidecode '1 1/8  oz'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check smssafe==0.0.1 anyascii==0.3.3 text-unidecode==1.3 \
    Unidecode==1.4.0

cat >expected.txt <<'TEXT'
3½ g: smssafe '31/2 g', anyascii '31/2 g', text-unidecode '31/2 g', Unidecode '3 1/2 g'
1¼ oz: smssafe '11/4 oz', anyascii '11/4 oz', text-unidecode '11/4 oz', Unidecode '1 1/4 oz'
⅛ oz: smssafe ' oz', anyascii '1/8 oz', text-unidecode ' 1/8  oz', Unidecode ' 1/8  oz'
1⅛ oz: smssafe '1 oz', anyascii '11/8 oz', text-unidecode '1 1/8  oz', Unidecode '1 1/8  oz'
TEXT
PYTHONUTF8=1 venv/bin/python - <<'PYTHON' | tee seen.txt
from anyascii import anyascii
from smssafe import sanitize
from text_unidecode import unidecode as text_unidecode
from unidecode import unidecode

for amount in ("3½ g", "1¼ oz", "⅛ oz", "1⅛ oz"):
    written = {"smssafe": sanitize(amount).sanitized, "anyascii": anyascii(amount),
               "text-unidecode": text_unidecode(amount), "Unidecode": unidecode(amount)}
    print(f"{amount}: " + ", ".join(f"{name} {text!r}" for name, text in written.items()))
PYTHON
diff expected.txt seen.txt
