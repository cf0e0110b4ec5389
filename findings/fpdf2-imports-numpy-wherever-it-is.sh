#!/usr/bin/env bash
# fpdf2 imports numpy wherever it is installed, although it neither asks for it nor says so.
#
# Whoever keeps numpy for one job apart, in a process of its own, expects that the other processes stay without it. But
# fpdf2 2.8.9 tries `import numpy` on the way to its images. So one more package in the same environment adds its memory and
# its start to each process that imports fpdf2, each web worker too. Keep it out of their environment: an import inside a
# function, or another process, does not help.
#
# Seen, after `import fpdf`:
#   alone: numpy is not imported
#   with pandas installed beside it: numpy is imported, pandas is not
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv tools
tools/bin/python -m pip install --quiet --disable-pip-version-check fpdf2==2.8.9

seen() {
    tools/bin/python -c 'import sys, fpdf; print(*(f"{name}: {name in sys.modules}" for name in ("numpy", "pandas")))'
}

alone=$(seen)
tools/bin/python -m pip install --quiet --disable-pip-version-check pandas
beside=$(seen)
echo "alone: $alone"
echo "with pandas installed beside it: $beside"
[ "$alone" = "numpy: False pandas: False" ]
[ "$beside" = "numpy: True pandas: False" ]
