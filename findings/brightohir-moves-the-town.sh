#!/usr/bin/env bash
# brightohir 2.1.2 makes CT the city and 06511 the state of an HL7 v2 address in New Haven that has no apartment.
#
# In an address of HL7 v2 (type XAD) the components have fixed places: street, other designation (apartment), city,
# state, ZIP. Most people have no apartment, so the second is empty: 12 OAK ST^^NEW HAVEN^CT^06511. The package leaves
# empty components out and counts what remains, so in the FHIR patient the city is "CT", the state "06511", and there is
# no ZIP. Its result has the right shape, and whoever has an apartment comes out right, so a test with a full address
# shows nothing. A name without a middle name goes the same way: the suffix JR becomes a second given name.
#
# Seen: given names and address of the FHIR patient, with middle name and apartment, then without.
#   RIVERA^ANA^M^JR: given ANA M
#   12 OAK ST^APT 3^NEW HAVEN^CT^06511: line 12 OAK ST, APT 3; city NEW HAVEN; state CT; postalCode 06511
#   RIVERA^ANA^^JR: given ANA JR
#   12 OAK ST^^NEW HAVEN^CT^06511: line 12 OAK ST, NEW HAVEN; city CT; state 06511; postalCode none
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check brightohir==2.1.2 fhir.resources==8.3.0 hl7apy==1.3.5

cat >expected.txt <<'TEXT'
RIVERA^ANA^M^JR: given ANA M
12 OAK ST^APT 3^NEW HAVEN^CT^06511: line 12 OAK ST, APT 3; city NEW HAVEN; state CT; postalCode 06511
RIVERA^ANA^^JR: given ANA JR
12 OAK ST^^NEW HAVEN^CT^06511: line 12 OAK ST, NEW HAVEN; city CT; state 06511; postalCode none
TEXT
venv/bin/python - <<'PYTHON' | tee seen.txt
from brightohir import v2_to_r5


def patient(name, address):
    """Return the FHIR patient of a registration message whose PID segment has this name and address."""
    message = "\r".join([
        r"MSH|^~\&|SHOP|NEW HAVEN|CLINIC|HAMDEN|20260601090000-0400||ADT^A04|1|P|2.5.1",
        "EVN|A04|20260601090000-0400",
        f"PID|1||123^^^SHOP^MR||{name}||19800229|F|||{address}",
        "PV1|1|O",
    ])
    resources = [entry["resource"] for entry in v2_to_r5(message)["entry"]]
    [found] = [resource for resource in resources if resource["resourceType"] == "Patient"]
    return found


for name, address in (("RIVERA^ANA^M^JR", "12 OAK ST^APT 3^NEW HAVEN^CT^06511"),
                      ("RIVERA^ANA^^JR", "12 OAK ST^^NEW HAVEN^CT^06511")):
    found = patient(name, address)
    [named], [place] = found["name"], found["address"]
    print(f"{name}: given {' '.join(named['given'])}")
    print(f"{address}: line {', '.join(place['line'])}; "
          + "; ".join(f"{key} {place.get(key, 'none')}" for key in ("city", "state", "postalCode")))
PYTHON
diff expected.txt seen.txt
